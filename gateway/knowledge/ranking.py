"""Which chunk is better: the weights of the search, and what a score of 0 to 1 means."""

import math
from itertools import islice, pairwise

from msgspec import Struct
from tantivy import Occur, Query, Schema, Searcher

from gateway.knowledge import analysis

FOLDED, EXACT, HEAD, PHRASE = 1.0, 0.6, 1.0, 0.7
"""The weight of a word in the text, of its exact form there, of a word in the title or heading, and
of two words that stand side by side as in the query. Measured: benchmarks/knowledge.py."""
PAIRS_MOST = 12
"""Pairs of words that are looked for: they cost most of a search, and who writes a long question
says enough with its words."""
HALF = 0.5
"""Which part of the most a query can expect is worth a score of one half."""


class Asked(Struct, frozen=True):
    """A query for the engine. ``expected`` is what a chunk has in which each word is once."""

    engine: Query
    expected: float

    def score(self, raw: float) -> float:
        """The engine's score, mapped to 0.0–1.0. It keeps the order.

        A chunk of usual length with each of the words once has about two thirds; half of their
        weight (rare words weigh more) is one half. So a threshold means the same for short and
        long queries, and for few and many documents.
        """
        share = max(0.0, raw) / self.expected
        return share / (share + HALF)


class Ranking:
    """Makes queries for one generation. For any thread."""

    def __init__(self, searcher: Searcher, schema: Schema) -> None:
        self._searcher = searcher
        self._schema = schema

    def query(self, text: str) -> Asked | None:
        """The query for a text, of which nothing is syntax; None when it has no words."""
        words = analysis.words(text)
        if not words:
            return None
        folded = {word: analysis.folded(word) for word in words}
        parts, expected = self._words(folded)
        pairs = dict.fromkeys(pairwise(folded[word] for word in words))
        parts += [self._phrase(*pair) for pair in islice(pairs, PAIRS_MOST)]
        return Asked(Query.boolean_query([(Occur.Should, part) for part in parts]), expected)

    def _words(self, folded: dict[str, str]) -> tuple[list[Query], float]:
        parts, expected = [], 0.0
        for form in dict.fromkeys(folded.values()):
            parts += [self._term("folded", form, FOLDED), self._term("head", form, HEAD)]
            expected += FOLDED * self._weight("folded", form)
        for word in filter(analysis.has_marks, folded):
            parts.append(self._term("exact", word, EXACT))
            expected += EXACT * self._weight("exact", word)
        return parts, expected

    def _term(self, field: str, term: str, weight: float) -> Query:
        query = Query.term_query(self._schema, field, term, "freq")
        return Query.boost_query(query, weight)

    def _phrase(self, first: str, second: str) -> Query:
        query = Query.phrase_query(self._schema, "folded", [first, second])
        return Query.boost_query(query, PHRASE)

    def _weight(self, field: str, term: str) -> float:
        """How much a term says, as the engine has it: the fewer chunks have it, the more."""
        having = self._searcher.doc_freq(field, term)
        return math.log(1 + (max(0, self._searcher.num_docs - having) + 0.5) / (having + 0.5))
