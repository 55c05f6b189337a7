"""Filters are a part of the search, and pass what the conditions pass."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.knowledge import facts
from gateway.knowledge.conditions import Condition, Filter
from gateway.knowledge.fields import Field, written
from gateway.knowledge.index import Generation, Writer
from gateway.knowledge.model import Chunk, Date, Metadata, Query, Record, Value

VALUES: tuple[Value, ...] = (
    *("red", "Red wine", "", "10", "1e1", "a, b", "a", "ả"),
    *(10.0, -2.5, -1e300, 0.0, 1e-9, 11.0, 3.0),
    *(Date(-1.5), Date(0), Date(0.5), Date(43200), Date(86400), Date(1e9)),
)
Make = Callable[..., Generation]


def described(number: int, metadata: Metadata, content: str = "wine") -> Chunk:
    return Chunk(str(number), "T", "", content, {"document_id": (str(number),), **metadata})


def found(generation: Generation, text: str, top_k: int = 10, **keys: object) -> list[Record]:
    return generation.search(Query(text, top_k, **keys))  # type: ignore[arg-type]


def test_filters_come_before_the_best_are_taken(make: Make) -> None:
    better = [described(n, {"kind": ("b",)}, "wine wine wine") for n in range(50)]
    generation = make(*better, described(99, {"kind": ("a",)}, "wine and a lot of other words"))
    only = Filter(True, (Condition("kind", "is", "a"),))
    (record,) = found(generation, "wine", top_k=1, filter=only)
    assert record.metadata["document_id"] == "99"


def test_a_filter_leaves_the_scores_alone(make: Make) -> None:
    generation = make(described(1, {"kind": ("a",)}), described(2, {"kind": ("b",)}))
    free = found(generation, "wine")
    within = found(generation, "wine", filter=Filter(True, (Condition("kind", "is", "a"),)))
    assert within == free[:1]


def test_fields_with_names_that_begin_alike(make: Make) -> None:
    generation = make(described(1, {"a": ("x",)}), described(2, {"ab": ("x",)}))
    only = Filter(True, (Condition("a", "is", "x"),))
    assert [r.metadata["document_id"] for r in found(generation, "wine", filter=only)] == ["1"]
    assert generation.values("ab") == ["x"]
    assert generation.values("none") == []


def test_conditions_are_remembered_within_bounds(make: Make) -> None:
    generation = make(described(1, {"n": (5.0,)}))
    for number in range(3 * facts.KEPT):
        less = Filter(True, (Condition("n", "<", number % 50),))
        assert len(found(generation, "wine", filter=less)) == (number % 50 > 5)
    assert len(generation._facts._queries) == facts.KEPT


OPERATORS: Sequence[tuple[str, object]] = [
    *((operator, value) for operator in ("contains", "not contains") for value in ("Red", "1")),
    *((operator, "Red") for operator in ("start with", "end with")),
    *((operator, value) for operator in ("is", "is not") for value in ("red", "10", 10, "a, b")),
    *((operator, "1970-01-01") for operator in ("is", "is not", "in", "not in", "contains")),
    *((operator, "a, 1e1,11") for operator in ("in", "not in")),
    *(
        (operator, value)
        for operator in (">", "≤")
        for value in (0, "-2.5", "1970-01-01T00:00:00Z")
    ),
    *((operator, value) for operator in ("before", "after") for value in (0, 43200.0)),
    *((operator, value) for operator in ("in", "not in") for value in (["red", "10"], [], "red,x")),
    *((operator, 10) for operator in ("=", "≠", ">", "<", "≥", "≤")),
    ("before", "1970-01-02"),
    ("after", "1970-01-01"),
    ("empty", None),
    ("not empty", None),
]
conditions = st.sampled_from(OPERATORS).map(lambda it: Condition("f", *it))
fields = st.lists(st.sampled_from(VALUES), max_size=2, unique=True).map(tuple)


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_kept_as_it_is(value: Value) -> None:
    assert Field([written(value)]).values == [value]
    assert type(Field([written(value)]).values[0]) is type(value)


def test_values_have_their_order() -> None:
    numbers = sorted(value for value in VALUES if isinstance(value, float))
    assert [
        value for value in Field(map(written, VALUES)).values if type(value) is float
    ] == numbers
    assert written(-0.0) == written(0.0)


def test_few_of_many_values_are_tried() -> None:
    field = Field(written(float(number)) for number in range(100_000))
    tried = 0

    class Counting(Condition):
        def accepts(self, value: Value | None) -> bool:
            nonlocal tried
            tried += 1
            return super().accepts(value)

    for operator, chosen in {">": 49_999, "≤": 50_001, "=": 1, "≠": 1, "in": 1}.items():
        assert len(field.chosen(Counting("f", operator, 50_000))) == chosen
    assert tried < 100


def passes(values: tuple[Value, ...], condition: Condition) -> bool:
    """What a condition means for several values of a field, said once more."""
    if not values:
        return condition.accepts(None)
    every = condition.operator in ("not contains", "is not", "not in", "≠", "empty")
    return (all if every else any)(condition.accepts(value) for value in values)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(fields, min_size=1, max_size=8), st.lists(conditions, min_size=1, max_size=3),
       st.booleans())  # fmt: skip
def test_the_index_passes_what_the_conditions_pass(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[Value, ...]],
    chosen: list[Condition],
    all_of: bool,
) -> None:
    folder = tmp_path_factory.mktemp("index")
    writer = Writer(folder)
    writer.add(described(n, {"f": row} if row else {}) for n, row in enumerate(rows))
    writer.finish()
    records = found(Generation(folder), "wine", filter=Filter(all_of, tuple(chosen)))
    expected = {
        str(n)
        for n, row in enumerate(rows)
        if (all if all_of else any)(passes(row, each) for each in chosen)
    }
    assert {record.metadata["document_id"] for record in records} == expected
    assert all(math.isfinite(record.score) for record in records)
