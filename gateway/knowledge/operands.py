"""What a field is compared with: a value as the text it is, and what else it can be read as. Pure.

Dates are instants; one without a time stands for all of that day, one without a zone is in UTC.
"""

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gateway.knowledge import values
from gateway.knowledge.model import Date, Value

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NUMBER_MOST = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EPOCH = datetime.fromtimestamp(0, UTC)
_DAY = timedelta(days=1).total_seconds()


class Span(Struct, frozen=True):
    """All numbers, or seconds, from ``first`` to ``last``."""

    first: float
    last: float

    def order(self, number: float) -> int | None:
        """-1 for what lies before, 0 within, 1 behind; None for what is not a number."""
        if number < self.first:
            return -1
        if number > self.last:
            return 1
        return 0 if number == number else None


class Operand(Struct, frozen=True):
    """A value to compare with. ``number`` and ``time`` are None where it cannot be read so."""

    text: str
    number: Span | None = None
    time: Span | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether anything can be more or less than it."""
        return self.number is not None or self.time is not None

    def order(self, value: Value) -> int | None:
        """-1 when the value is before or below it, 0 when it is the same, 1 when it is behind;
        None when the two have no order, as text has none."""
        if isinstance(value, Date):
            return self.time.order(value.seconds) if self.time else None
        if isinstance(value, str) or self.number is None:
            return None
        return self.number.order(value)


def operand(value: object) -> Operand | None:
    """A text or a finite number as an operand; None for anything else."""
    if isinstance(value, str):
        number = _number(value)
        return Operand(unicodedata.normalize("NFC", value), number, _time(value) or number)
    if isinstance(value, int | float) and not isinstance(value, bool):
        span = _exactly(value)
        return Operand(as_text(span.first), span, span) if span else None
    return None


def as_text(value: Value) -> str:
    """A value as text operators see it: numbers without a useless point, dates as they are
    answered."""
    if isinstance(value, Date):
        return str(values.shown((value,)))
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _exactly(number: float | str) -> Span | None:
    try:
        exact = float(number)
    except OverflowError:
        return None
    return Span(exact, exact) if math.isfinite(exact) else None


def _number(text: str) -> Span | None:
    text = text.strip()
    is_number = len(text) <= _NUMBER_MOST and _NUMBER.fullmatch(text)
    return _exactly(text) if is_number else None


def _time(text: str) -> Span | None:
    text = text.strip()
    if not _DATE.match(text):
        return None
    try:
        first = _seconds(datetime.fromisoformat(text))
    except ValueError:
        return None
    is_day = _DATE.fullmatch(text)
    return Span(first, math.nextafter(first + _DAY, -math.inf) if is_day else first)


def _seconds(moment: datetime) -> float:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - _EPOCH).total_seconds()
