"""The form before the first message: what is asked, and whether an answer fits. No I/O."""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from gateway.model import Field, FieldKind
from gateway.ports import Refusal

VALUE_LONGEST = 2000
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@]{2,}")
_NUMBER = re.compile(r"[+-]?\d{1,30}([.,]\d{1,30})?")
_TEL = re.compile(r"\+?[\d\s()./-]{3,30}")
Say = Callable[..., str]


def answers(fields: Sequence[Field], inputs: Mapping[str, str], say: Say) -> dict[str, str]:
    """What was answered, by field; empty answers are left out. Raises Refusal.

    ``say`` makes a sentence in the visitor's language.
    """
    unknown = set(inputs) - {field.name for field in fields}
    if unknown:
        raise _refused("", "inputs has a name that is no field of the form.")
    given = {field.name: _answer(field, inputs.get(field.name, ""), say) for field in fields}
    return {name: value for name, value in given.items() if value}


def _answer(field: Field, value: str, say: Say) -> str:
    value = value.strip()
    if not value or (field.kind is FieldKind.CHECKBOX and value != "yes"):
        if field.required:
            raise _refused(field.name, say("web.form.missing", label=field.label))
        return "no" if field.kind is FieldKind.CHECKBOX else ""
    most = field.max or VALUE_LONGEST
    if len(value) > most:
        raise _refused(field.name, say("web.form.too_long", label=field.label, limit=most))
    if not fits(field, value):
        raise _refused(field.name, say("web.form.unfit", label=field.label))
    return value


def fits(field: Field, value: str) -> bool:
    """Whether a value is of the field's kind."""
    match field.kind:
        case FieldKind.SELECT:
            return value in field.options
        case FieldKind.EMAIL:
            return bool(_EMAIL.fullmatch(value))
        case FieldKind.NUMBER:
            return bool(_NUMBER.fullmatch(value))
        case FieldKind.TEL:
            return bool(_TEL.fullmatch(value))
        case FieldKind.URL:
            return value.startswith(("https://", "http://")) and _is_address(value)
        case FieldKind.TEXT:
            return "\n" not in value
    return True


def _is_address(value: str) -> bool:
    try:
        return bool(urlsplit(value).hostname) and not re.search(r"\s", value)
    except ValueError:
        return False


def _refused(name: str, message: str) -> Refusal:
    refusal = Refusal(400, "bad_inputs", message)
    if name:
        refusal.details["field"] = name
    return refusal
