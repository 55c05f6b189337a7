"""What the operators of the External Knowledge API mean, written down naively: a reference."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.knowledge.model import Date

OPERATORS = [
    *("contains", "not contains", "start with", "end with", "is", "is not", "in", "not in"),
    *("empty", "not empty", "=", "≠", ">", "<", "≥", "≤", "before", "after"),
]


class Refused(Exception):
    """The reference would not evaluate this."""


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def numeric(value: Any) -> float | None:
    """The number that a value from the wire can be read as."""
    if is_number(value):
        return float(value)
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number - number == 0 else None


def period(value: Any) -> tuple[datetime, datetime] | None:
    """The first moment and the one behind the last, that a value can be read as."""
    number = numeric(value)
    if number is not None:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=number)
        return moment, moment + timedelta(microseconds=1)
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z"):
        try:
            moment = datetime.strptime(value, form)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        length = timedelta(days=1) if form == "%Y-%m-%d" else timedelta(microseconds=1)
        return moment, moment + length
    return None


def plain(field: Any) -> str:
    if isinstance(field, Date):
        moment = datetime.fromtimestamp(field.seconds, UTC)
        return moment.isoformat() if moment.time() != datetime.min.time() else f"{moment:%Y-%m-%d}"
    if isinstance(field, str):
        return field
    return f"{field:.0f}" if field == round(field) else str(field)


def same(field: Any, value: Any) -> bool:
    if isinstance(field, Date):
        at, when = datetime.fromtimestamp(field.seconds, UTC), period(value)
        return when is not None and when[0] <= at < when[1]
    if isinstance(field, str):
        return field == (value if isinstance(value, str) else plain(float(value)))
    return numeric(value) == field


def reference(operator: str, field: Any, value: Any) -> bool:
    """What the documentation says, operator by operator."""
    if operator == "empty":
        return field is None or field == ""
    if operator == "not empty":
        return not reference("empty", field, None)
    check(operator, value)
    if operator in ("not contains", "not in"):
        return not reference(operator.removeprefix("not "), field, value)
    if operator in ("is not", "≠"):
        return not reference("is", field, value)
    if field is None:
        return False
    if operator in ("is", "="):
        return same(field, value)
    if operator == "in":
        return any(same(field, each) for each in listed(value))
    if operator in ("contains", "start with", "end with"):
        text, part = plain(field), value if isinstance(value, str) else plain(float(value))
        at = {"contains": part in text, "start with": text[: len(part)] == part}
        return at.get(operator, text[len(text) - len(part) :] == part and len(part) <= len(text))
    return compared(operator, field, value)


def listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()]
    return [each for each in value if each is not None] if isinstance(value, list) else [value]


def compared(operator: str, field: Any, value: Any) -> bool:
    first: Any
    last: Any
    if isinstance(field, str):
        return False
    if isinstance(field, Date):
        when = period(value)
        if when is None:
            return False
        at: Any = datetime.fromtimestamp(field.seconds, UTC)
        first, last = when[0], when[1] - timedelta(microseconds=1)
    else:
        at, first, last = field, numeric(value), numeric(value)
        if first is None:
            return False
    if operator in ("<", "before"):
        return bool(at < first)
    if operator in (">", "after"):
        return bool(at > last)
    return bool(at <= last) if operator == "≤" else bool(at >= first)


def check(operator: str, value: Any) -> None:
    """Raises Refused for what a request is refused for."""
    if value is None or isinstance(value, bool | dict):
        raise Refused
    if isinstance(value, list):
        if operator not in ("in", "not in"):
            raise Refused
        if not all(isinstance(each, str) or is_number(each) for each in listed(value)):
            raise Refused
    elif is_number(value) and value > 1e308:
        raise Refused
    ordering = operator in ("<", ">", "≤", "≥", "before", "after")
    if ordering and numeric(value) is None and period(value) is None:
        raise Refused
