"""Validation errors in plain words."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.problems import NOTHING, Findings, Location, suggestion
from gateway.config.secrets import inner_model, is_secret

_PLAIN = {
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "finite_number": "Write a number.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "string_type": "Write text; a number or a word like yes needs quotes to be text.",
    "list_type": "Write a list, such as [one, two].",
    "tuple_type": "Write a list, such as [one, two].",
    "dict_type": "Write `key: value` lines, indented.",
    "model_type": "Write `key: value` lines, indented.",
    "greater_than": "Write a number above {gt:g}.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than": "Write a number below {lt:g}.",
    "less_than_equal": "Write {le} or less.",
    "string_too_short": "Write at least {min_length} characters.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_pattern_mismatch": "Write it in the form {pattern}",
}


def explain(
    error: ValidationError,
    model: type[BaseModel],
    section: Any,
    at: Location,
    findings: Findings,
) -> None:
    """Note every mistake of a section; ``at`` is where the section is."""
    places: dict[Location, ErrorDetails] = {}
    for detail in error.errors(include_url=False):
        # A value of several possible types fails once per type: one sentence is enough.
        places.setdefault(_place(detail, section), detail)
    for inside, detail in places.items():
        # A list whose items are wrong counts as too short as well.
        if not any(inside == other[: len(inside)] for other in places if other != inside):
            _note(detail, model, inside, (*at, *inside), findings)


def _note(
    detail: ErrorDetails, model: type[BaseModel], inside: Location, at: Location, findings: Findings
) -> None:
    if detail["type"] == "missing":
        findings.mistake(at, NOTHING, _required(model, inside))
    elif detail["type"] == "extra_forbidden":
        findings.mistake(at, "an unknown key", suggestion(str(at[-1]), _keys(model, inside)))
    else:
        fix = findings.masked(at, _fix(detail))
        findings.mistake(at, findings.shown(at, detail["input"]), fix)


def _place(detail: ErrorDetails, value: Any) -> Location:
    """Where the file is wrong: a location without what only the validator knows of."""
    place: list[str | int] = []
    for part in detail["loc"]:
        if isinstance(value, dict) and (part in value or detail["type"] == "missing"):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            break
        place.append(part)
    return tuple(place)


def _fix(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return _sentence(detail["msg"].split("error, ", 1)[-1])
    if kind in {"enum", "literal_error"}:
        words = re.findall(r"'([^']*)'", str(context["expected"]))
        return suggestion(str(detail["input"]), words)
    if kind == "too_short":
        return _too_short(detail["input"], context["min_length"])
    if kind in _PLAIN:
        return _PLAIN[kind].format(**context)
    return _sentence(detail["msg"].replace("Input should", "it should", 1))


def _too_short(value: object, least: int) -> str:
    unit = "characters" if isinstance(value, str) else "items"
    if least == 1:
        return "It must not be empty."
    return f"Write at least {least} {unit}."


def _sentence(text: str) -> str:
    if text.startswith("must "):
        text = f"It {text}"
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _required(model: type[BaseModel], inside: Location) -> str:
    name = str(inside[-1])
    field = _owner(model, inside).model_fields[name]
    way = f"{name}, or {name}_file with the path of a file" if is_secret(field) else name
    about = f" {field.description}" if field.description else ""
    return f"Write {way}; it is required.{about}"


def _keys(model: type[BaseModel], inside: Location) -> Mapping[str, Any]:
    return _owner(model, inside).model_fields


def _owner(model: type[BaseModel], inside: Location) -> type[BaseModel]:
    """The section that the last key of a location belongs to."""
    for part in inside[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        model = (inner_model(field.annotation) if field else None) or model
    return model
