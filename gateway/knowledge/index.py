"""One generation of an index on disk: writing it, and searching it with filters inside."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct
from tantivy import Document, Index, Occur, Schema, SchemaBuilder
from tantivy import Query as Engine

from gateway.knowledge import analysis
from gateway.knowledge.facts import Facts, terms
from gateway.knowledge.model import Chunk, Query, Record, Value
from gateway.knowledge.ranking import Ranking
from gateway.knowledge.values import shown

VERSION = 1
"""Of what is on disk: another number means that it is built anew."""
TOP_MOST = 200
"""Records in one answer, whatever is asked for."""
HEAP = 64_000_000
"""Bytes the writer fills before it writes a segment."""


class Stored(Struct, frozen=True):
    """What an answer needs of a chunk."""

    content: str
    title: str
    metadata: dict[str, str | float]


_decode = msgspec.msgpack.Decoder(Stored).decode
_encode = msgspec.msgpack.Encoder().encode


@lru_cache
def schema() -> Schema:
    """The fields of a chunk. ``head`` is its title and its heading."""
    builder = SchemaBuilder()
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("folded", tokenizer_name="folded")
    builder.add_text_field("exact", tokenizer_name="exact", index_option="freq")
    builder.add_text_field("head", tokenizer_name="folded", index_option="freq")
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


class Writer:
    """Writes a generation into a folder, from what is there already. For one process at a time."""

    def __init__(self, folder: Path) -> None:
        index = Index(schema(), str(folder), reuse=True)
        analysis.register(index)
        # One thread: the gateway beside it needs the processor more.
        self._writer = index.writer(HEAP, 1)

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Add the chunks of a document. Raises ValueError or OSError."""
        for chunk in chunks:
            self._writer.add_document(_document(chunk))

    def remove(self, document_id: str) -> None:
        """Take out all chunks of a document that were there before."""
        self._writer.delete_documents_by_term("document", document_id)

    def finish(self) -> None:
        """Have all of it on disk. The writer is of no use afterwards."""
        self._writer.commit()
        self._writer.wait_merging_threads()


def _document(chunk: Chunk) -> Document:
    metadata = {name: shown(values) for name, values in chunk.metadata.items()}
    stored = Stored(chunk.content, chunk.title, metadata)
    return Document.from_dict(
        {
            "document": chunk.document_id,
            "facts": terms(chunk.metadata),
            "folded": chunk.content,
            "exact": chunk.content,
            "head": f"{chunk.title}\n{chunk.heading}",
            "stored": _encode(stored),
        },
        schema(),
    )


class Generation:
    """A finished index, open for searching, from any thread."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError or OSError when there is no whole index in the folder."""
        index = Index.open(str(folder))
        analysis.register(index)
        index.reload()
        self._searcher = index.searcher()
        self._facts = Facts(self._searcher, index.schema)
        self._ranking = Ranking(self._searcher, index.schema)

    @property
    def chunks(self) -> int:
        """How many there are."""
        return self._searcher.num_docs

    @property
    def asked(self) -> list[str]:
        """The fields that filters were about."""
        return self._facts.asked

    def values(self, name: str) -> list[Value]:
        """The distinct values of a field."""
        return self._facts.values(name)

    def search(self, query: Query) -> list[Record]:
        """The best chunks, best first. Blocks for as long as it takes, which is milliseconds."""
        asked = self._ranking.query(query.text)
        limit = min(query.top_k, TOP_MOST)
        if asked is None or limit <= 0:
            return []
        engine = asked.engine
        if query.filter is not None and query.filter.conditions:
            within = Engine.const_score_query(self._facts.within(query.filter), 0.0)
            engine = Engine.boolean_query([(Occur.Must, engine), (Occur.Must, within)])
        found = self._searcher.search(engine, limit, count=False).hits
        scored = ((asked.score(score), address) for score, address in found)
        return [
            _record(self._searcher.doc(address).get_first("stored"), score)
            for score, address in scored
            if score >= query.score_threshold
        ]


def _record(stored: bytes | None, score: float) -> Record:
    known = _decode(stored or b"")
    return Record(known.content, score, known.title, known.metadata)
