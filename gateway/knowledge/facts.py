"""The fields of chunks as terms of the index, so that a filter is part of the search.

A condition is tried on the distinct values of its field, and those that pass become a set of terms:
the cost is that of the values there are, not of the chunks.
"""

from collections import OrderedDict
from threading import Lock

from tantivy import Occur, Query, Schema, Searcher

from gateway.knowledge.conditions import Condition, Filter
from gateway.knowledge.fields import Field, written
from gateway.knowledge.model import Metadata, Value

FIELD = "facts"
KEPT = 32
"""How many conditions a generation remembers the query of."""
KEPT_CHARS = 1000
"""A condition that is longer is not remembered."""

_END = "\0"
"""Behind a field's name, which has no such character; alone, it says that the field is there."""


def terms(metadata: Metadata) -> list[str]:
    """The terms of a chunk: each of its fields, and each value of it."""
    found: list[str] = []
    for name, values in metadata.items():
        found += [f"{name}{_END}", *(f"{name}{_END}{written(value)}" for value in values)]
    return found


class Facts:
    """What the chunks of one generation have in their fields. For any thread."""

    def __init__(self, searcher: Searcher, schema: Schema) -> None:
        self._searcher = searcher
        self._schema = schema
        self._fields: dict[str, Field] = {}
        self._queries: OrderedDict[str, Query] = OrderedDict()
        self._lock = Lock()
        self._making = Lock()

    @property
    def asked(self) -> list[str]:
        """The fields that filters were about."""
        with self._lock:
            return list(self._fields)

    def values(self, name: str) -> list[Value]:
        """The distinct values of a field."""
        return list(self._field(name).values)

    def within(self, conditions: Filter) -> Query:
        """The query that the chunks pass which a filter lets through."""
        occur = Occur.Must if conditions.all_of else Occur.Should
        return Query.boolean_query([(occur, self._query(each)) for each in conditions.conditions])

    def _query(self, condition: Condition) -> Query:
        key = repr(condition)
        if known := self._known(key):
            return known
        # One at a time: several would only compete for the interpreter.
        with self._making:
            query = self._known(key) or self._made(condition)
            if len(key) <= KEPT_CHARS:
                self._keep(key, query)
        return query

    def _known(self, key: str) -> Query | None:
        with self._lock:
            if known := self._queries.get(key):
                self._queries.move_to_end(key)
            return known

    def _keep(self, key: str, query: Query) -> None:
        with self._lock:
            self._queries[key] = query
            if len(self._queries) > KEPT:
                self._queries.popitem(last=False)

    def _made(self, condition: Condition) -> Query:
        named = self._named(condition.name, self._field(condition.name), condition)
        # What a chunk without the field passes is a negation: then none of the values may fail.
        # All others hold when they hold for one value.
        if not condition.accepts(None):
            return named
        return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, named)])

    def _named(self, name: str, field: Field, condition: Condition) -> Query:
        """The chunks that have one of the values a condition names."""
        chosen = field.chosen(condition)
        if not chosen:
            return Query.empty_query()
        if len(chosen) == len(field):
            return Query.term_query(self._schema, FIELD, f"{name}{_END}", "basic")
        terms = [f"{name}{_END}{field.texts[place]}" for place in chosen]
        return Query.term_set_query(self._schema, FIELD, terms)

    def _field(self, name: str) -> Field:
        with self._lock:
            if (known := self._fields.get(name)) is not None:
                return known
        begin = f"{name}{_END}"
        found = self._searcher.terms_with_prefix(FIELD, begin)
        field = Field(term[len(begin) :] for term, _ in found if len(term) > len(begin))
        # A field nobody has is not kept: there is no end of names that can be asked for.
        if field.texts:
            with self._lock:
                self._fields[name] = field
        return field
