"""The values that one field has in a generation, in order, so that few of them need be tried."""

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from gateway.knowledge.conditions import Condition, Operator
from gateway.knowledge.model import Date, Value
from gateway.knowledge.operands import operand

_NUMBER, _DATE, _TEXT = "n", "d", "s"
_RISING = {Operator.GREATER, Operator.AT_LEAST, Operator.AFTER}
_FALLING = {Operator.LESS, Operator.AT_MOST, Operator.BEFORE}
_EQUALS = {
    *(Operator.IS, Operator.IS_NOT, Operator.IN, Operator.NOT_IN),
    *(Operator.EQUAL, Operator.NOT_EQUAL),
}
_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def written(value: Value) -> str:
    """A value as the end of a term: numbers and dates have the order of such texts."""
    match value:
        case Date():
            return f"{_DATE}{_ordered(value.seconds)}"
        case float() | int():
            return f"{_NUMBER}{_ordered(value)}"
    return f"{_TEXT}{value}"


def _ordered(number: float) -> str:
    # What is below nought has the sign's bit and the wrong order; nought itself has two forms.
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    return f"{bits ^ (_ALL if bits & _SIGN else _SIGN):016x}"


def _read(text: str) -> Value:
    kind, rest = text[0], text[1:]
    if kind == _TEXT:
        return rest
    bits = int(rest, 16)
    (number,) = struct.unpack(">d", struct.pack(">Q", bits ^ (_SIGN if bits & _SIGN else _ALL)))
    return Date(number) if kind == _DATE else float(number)


class Field:
    """The distinct values of a field, from what ``written`` made of them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted(texts)
        self.values = [_read(text) for text in self.texts]
        self._numbers = self._of(_NUMBER)
        self._dates = self._of(_DATE)
        self._places = {value: place for place, value in enumerate(self.values)}

    def __len__(self) -> int:
        return len(self.texts)

    def chosen(self, condition: Condition) -> list[int]:
        """The places of the values that a condition names; those it refuses when it holds for
        what is not there."""
        refusing = condition.accepts(None)

        def named(place: int) -> bool:
            return condition.accepts(self.values[place]) is not refusing

        if condition.operator in _RISING | _FALLING:
            rising = condition.operator in _RISING
            return [
                place
                for places in (self._dates, self._numbers)
                for place in (_after if rising else _before)(places, named)
            ]
        if condition.operator in _EQUALS:
            return sorted(filter(named, {*self._alike(condition.value), *self._dates}))
        return list(filter(named, range(len(self))))

    def _of(self, kind: str) -> range:
        begin = bisect_left(self.texts, kind)
        return range(begin, bisect_left(self.texts, chr(ord(kind) + 1)))

    def _alike(self, value: object) -> Iterator[int]:
        """The places of texts and numbers that a value can be equal to, and maybe of others."""
        for each in _items(value):
            if found := operand(each):
                alike: list[Value] = [found.text]
                if found.number:
                    alike.append(found.number.first)
                yield from (self._places[like] for like in alike if like in self._places)


def _after(places: range, named: Callable[[int], bool]) -> range:
    """The end of what is in order, from the first that is named."""
    return places[bisect_left(places, True, key=named) :]


def _before(places: range, named: Callable[[int], bool]) -> range:
    return places[: bisect_left(places, True, key=lambda place: not named(place))]


def _items(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        yield from value
        return
    yield value
    if isinstance(value, str):
        yield from (part.strip() for part in value.split(","))
