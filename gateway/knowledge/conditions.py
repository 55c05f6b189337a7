"""Conditions on metadata: what each operator means for each type of value. Pure.

Text is compared as it is written, upper and lower case apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from gateway.knowledge import values
from gateway.knowledge.model import Date, Value
from gateway.knowledge.operands import Operand, as_text, operand

VALUES_MOST = 1000
"""Values of one list."""


class Operator(StrEnum):
    """The operators, as they are named on the wire."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not contains"
    START_WITH = "start with"
    END_WITH = "end with"
    IS = "is"
    IS_NOT = "is not"
    IN = "in"
    NOT_IN = "not in"
    EMPTY = "empty"
    NOT_EMPTY = "not empty"
    EQUAL = "="
    NOT_EQUAL = "≠"
    GREATER = ">"
    LESS = "<"
    AT_LEAST = "≥"
    AT_MOST = "≤"
    BEFORE = "before"
    AFTER = "after"


_NEGATED = {
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.EMPTY: Operator.NOT_EMPTY,
}
_VALUELESS = {Operator.EMPTY, Operator.NOT_EMPTY}
_LISTS = {Operator.IN, Operator.NOT_IN}
_EQUALS = {Operator.IS, Operator.EQUAL, Operator.IN}
_ORDERS = {
    Operator.LESS: {-1},
    Operator.BEFORE: {-1},
    Operator.AT_MOST: {-1, 0},
    Operator.AT_LEAST: {0, 1},
    Operator.GREATER: {1},
    Operator.AFTER: {1},
}


class InvalidCondition(ValueError):
    """A condition that cannot be evaluated; the text says what to write, and quotes nothing."""


@dataclass(frozen=True)
class Condition:
    """One condition. Raises InvalidCondition when its value does not fit its operator.

    ``value`` is a text, a number, for ``in`` and ``not in`` also a list of them, and None where
    the operator needs none. Where a field has several values, an operator holds when it holds for
    any of them; one that is ``negated`` when it holds for all.
    """

    name: str
    operator: str
    value: object = None
    _positive: Operator = field(init=False, repr=False, compare=False)
    _operands: tuple[Operand, ...] = field(init=False, repr=False, compare=False)
    _equals: frozenset[Value] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        operator = _known(self.name, self.operator)
        operands = _operands(operator, self.value)
        texts = [each.text for each in operands]
        numbers = [each.number.first for each in operands if each.number]
        self._keep("name", values.field_name(self.name))
        self._keep("_positive", _NEGATED.get(operator, operator))
        self._keep("_operands", operands)
        self._keep("_equals", frozenset([*texts, *numbers]))

    @property
    def negated(self) -> bool:
        """Whether it says what must not be, and so holds for a document without the field."""
        return self._positive != self.operator

    def accepts(self, value: Value | None) -> bool:
        """Whether it holds for one value of the field; None is a document without the field."""
        return (value is not None and self._holds(value)) != self.negated

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _holds(self, value: Value) -> bool:
        operator = self._positive
        if operator is Operator.NOT_EMPTY:
            return value != ""
        if operator in _EQUALS:
            return self._is_among(value)
        (operand,) = self._operands
        if operator in _ORDERS:
            return operand.order(value) in _ORDERS[operator]
        return _is_part(operator, operand.text, as_text(value))

    def _is_among(self, value: Value) -> bool:
        if isinstance(value, Date):
            return any(each.order(value) == 0 for each in self._operands)
        return value in self._equals


class Filter(Struct, frozen=True):
    """Conditions of which all must hold, or any; there is at least one."""

    all_of: bool
    conditions: tuple[Condition, ...]


def _known(name: str, operator: str) -> Operator:
    if not values.field_name(name):
        raise InvalidCondition("Write the name of a metadata field.")
    try:
        return Operator(operator)
    except ValueError:
        known = ", ".join(Operator)
        raise InvalidCondition(f"Write one of the operators {known}.") from None


def _operands(operator: Operator, value: object) -> tuple[Operand, ...]:
    if operator in _VALUELESS:
        return ()
    if value is None:
        raise InvalidCondition(f"Write a value; {operator} needs one.")
    if operator in _LISTS:
        return _listed(operator, value)
    found = operand(value)
    if found is None:
        raise InvalidCondition(f"Write a text or a number for {operator}.")
    if operator in _ORDERS and not found.is_ordered:
        raise InvalidCondition(f"Write a number, or a date such as 2026-01-31, for {operator}.")
    return (found,)


def _listed(operator: Operator, value: object) -> tuple[Operand, ...]:
    items = _items(value)
    if len(items) > VALUES_MOST:
        raise InvalidCondition(f"Write at most {VALUES_MOST} values for {operator}.")
    found = tuple(each for each in map(operand, items) if each)
    if len(found) < len(items):
        raise InvalidCondition(f"Write texts or numbers for {operator}.")
    return found


def _items(value: object) -> Sequence[object]:
    if isinstance(value, str):
        return [word for part in value.split(",") if (word := part.strip())]
    if isinstance(value, list | tuple):
        return [item for item in value if item is not None]
    return [value]


def _is_part(operator: Operator, part: str, text: str) -> bool:
    if operator is Operator.START_WITH:
        return text.startswith(part)
    if operator is Operator.END_WITH:
        return text.endswith(part)
    return part in text
