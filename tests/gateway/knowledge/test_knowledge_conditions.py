"""Every operator, on every type of field, with every type of value, against a naive reference."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.filtering import OPERATORS, Refused, reference

from gateway.knowledge.conditions import Condition, InvalidCondition, Operator
from gateway.knowledge.model import Date

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FIELDS = [
    *("", "guide", "Guide", "user guide", "hướng dẫn", "3", "2026-01-31", "a,b"),
    *(0.0, 3.0, -2.5, 1e9),
    Date(NOON.timestamp()),
    Date(datetime(2026, 1, 31, tzinfo=UTC).timestamp()),
    Date(datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC).timestamp()),
    Date(datetime(2026, 2, 1, tzinfo=UTC).timestamp()),
    Date(0.0),
    None,
]
VALUES: list[Any] = [
    *("", "guide", "Guide", "user", "dẫn", "3", "3.0", " 3 ", "-2.5", "1e9", "a, guide,3", "nan"),
    *("2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31T12:00", "2026-01-31 14:00:00+02:00"),
    *("2026-13-41", "31.01.2026", "inf", "2026-"),
    *(0, 3, 3.0, -2.5, NOON.timestamp(), int(NOON.timestamp()), 10**400),
    *([], ["guide", "3"], ["2026-01-31"], [3, None], [None], ["guide", []], ["guide", True]),
    *(None, True, {}, {"a": 1}),
]
ANY = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates().map(str)),
    st.lists(st.one_of(st.none(), st.text(), st.integers(), st.booleans())),
)


@pytest.mark.parametrize("operator", OPERATORS)
def test_it_is_as_the_reference_says(operator: str) -> None:
    for field, value in product(FIELDS, VALUES):
        try:
            expected = reference(operator, field, value)
        except Refused:
            with pytest.raises(InvalidCondition):
                Condition("f", operator, value)
        else:
            accepted = Condition("f", operator, value).accepts(field)  # type: ignore[arg-type]
            assert accepted is expected, (field, operator, value)


def test_the_reference_knows_every_operator() -> None:
    assert set(OPERATORS) == set(map(str, Operator))
    assert len(OPERATORS) == 18


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_negation_says_so_and_holds_without_the_field(operator: str) -> None:
    condition = Condition("f", operator, "3")
    assert condition.negated is condition.accepts(None)
    assert condition.negated is (operator in ("is not", "≠", "not contains", "not in", "empty"))


@pytest.mark.parametrize(
    ("operator", "field", "value", "holds"),
    [
        ("after", "2026-01-31T23:59:59", "2026-01-31", False),
        ("after", "2026-02-01T00:00:00", "2026-01-31", True),
        ("before", "2026-01-30T23:59:59", "2026-01-31", True),
        ("is", "2026-01-31T23:59:59", "2026-01-31", True),
        ("is", "2026-01-31T12:00:00", "2026-01-31T19:00:00+07:00", True),
        ("is", "2026-01-31T12:00:00", NOON.timestamp(), True),
        ("before", "2026-01-31T12:00:00", str(int(NOON.timestamp()) + 1), True),
    ],
)
def test_dates_are_moments_and_a_bare_one_is_its_day(
    operator: str, field: str, value: Any, holds: bool
) -> None:
    date = Date(datetime.fromisoformat(f"{field}+00:00").timestamp())
    assert Condition("modified", operator, value).accepts(date) is holds


def test_text_is_the_same_however_it_is_composed() -> None:
    assert Condition("f", "is", "hu\u031bo\u031b\u0301ng").accepts("hướng")
    assert Condition("tie\u0302u", "is", "x").name == "tiêu"


@pytest.mark.parametrize(
    ("name", "operator", "value", "words"),
    [
        ("", "is", "x", "name of a metadata field"),
        (" \n", "is", "x", "name of a metadata field"),
        ("f", "like", "x", "one of the operators contains, "),
        ("f", "IS", "x", "one of the operators"),
        ("f", "is", None, "is needs one"),
        ("f", "in", ["x"] * 1001, "at most 1000 values"),
        ("f", "≥", "soon", "such as 2026-01-31, for ≥"),
    ],
)
def test_it_says_what_to_write(name: str, operator: str, value: Any, words: str) -> None:
    with pytest.raises(InvalidCondition, match=words):
        Condition(name, operator, value)


@given(st.sampled_from(OPERATORS), ANY, st.one_of(st.none(), st.text(), st.floats()))
def test_any_value_is_decided_or_refused(operator: str, value: Any, field: Any) -> None:
    try:
        condition = Condition("f", operator, value)
    except InvalidCondition:
        return
    assert condition.accepts(field) in (True, False)
