"""Values of metadata: the types they are given when they are indexed, and how they are shown."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time

from gateway.knowledge.model import Date, Metadata, Value

FIELDS_MOST = 100
VALUES_MOST = 100
NAME_MOST = 100
TEXT_MOST = 2000
"""Characters of a value; what is longer is cut."""
OURS = ("document_id", "path", "heading")
"""What every record says of itself, whatever a document's own fields are called."""

_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d{1,15})?")
"""Not 007: a number that begins with a nought is a name."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?")


def metadata(written: Mapping[object, object]) -> Metadata:
    """The fields of a front matter with their types. What has no value, or is nested, is left."""
    fields: Metadata = {}
    for name, value in list(written.items())[:FIELDS_MOST]:
        values = _values(value)
        if (plain := field_name(str(name))) and values and plain not in OURS:
            fields[plain] = values
    return fields


def field_name(name: str) -> str:
    """A name that can be searched for; empty when nothing is left of it."""
    kept = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    return unicodedata.normalize("NFC", kept).strip()[:NAME_MOST]


def _values(value: object) -> tuple[Value, ...]:
    each = value[:VALUES_MOST] if isinstance(value, list) else [value]
    found = (_value(item) for item in each)
    return tuple(dict.fromkeys(item for item in found if item is not None))


def _value(value: object) -> Value | None:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return _number(value)
        case datetime():
            return instant(value)
        case date():
            return instant(datetime.combine(value, time()))
        case str():
            return text(value) if (moment := iso_date(value)) is None else moment
    return None


def _number(value: float) -> Value:
    try:
        number = float(value)
    except OverflowError:
        return str(value)[:TEXT_MOST]
    return number if math.isfinite(number) else str(number)


def text(value: str) -> str | None:
    """A string as a value; None when it is empty."""
    whole = value.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", whole.strip())[:TEXT_MOST] or None


def column(cells: Iterable[str]) -> type[str] | type[float] | type[Date]:
    """The type of a column: numbers or dates when all its filled cells are, else strings."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if filled and all(_NUMBER.fullmatch(cell) for cell in filled):
        return float
    if filled and all(iso_date(cell) is not None for cell in filled):
        return Date
    return str


def cell(written: str, kind: type[str] | type[float] | type[Date]) -> Value | None:
    """One cell of a column of that type; None when it is empty."""
    if not written.strip():
        return None
    if kind is float:
        return float(written)
    return iso_date(written) if kind is Date else text(written)


def iso_date(written: str) -> Date | None:
    """An ISO 8601 date, or date and time (UTC where it names no zone); None for anything else."""
    written = written.strip()
    if not _DATE.fullmatch(written):
        return None
    try:
        return instant(datetime.fromisoformat(written))
    except ValueError:
        return None


def instant(moment: datetime) -> Date:
    """A time as a value; one without a zone is in UTC."""
    return Date((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def shown(values: Iterable[Value]) -> str | float:
    """A field as an answer has it: a lone number stays one, dates are ISO 8601, lists are text."""
    listed = list(values)
    if len(listed) == 1 and isinstance(listed[0], float):
        return listed[0]
    return ", ".join(_text(value) for value in listed)


def _text(value: Value) -> str:
    if isinstance(value, Date):
        moment = datetime.fromtimestamp(value.seconds, UTC)
        midnight = not (moment.hour or moment.minute or moment.second or moment.microsecond)
        return moment.date().isoformat() if midnight else moment.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value
