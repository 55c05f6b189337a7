"""What knowledge is said in: documents, the chunks they are cut into, and what a search gives."""

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from gateway.knowledge.conditions import Filter


class Date(Struct, frozen=True, order=True):
    """An instant in metadata, in unix seconds; a day without a time is its midnight, UTC."""

    seconds: float


Value = str | float | Date
"""One typed value of metadata. A whole number is a float too."""
Metadata = dict[str, tuple[Value, ...]]
"""The fields of a document; one that was written as a list has several values."""


class Section(Struct, frozen=True):
    """A part of a document under one heading, such as "Install > Docker"; empty at the top.

    A block is what should stay together: a paragraph, a list item, a table row, a piece of code.
    """

    heading: str
    blocks: tuple[str, ...]
    metadata: Metadata = {}


class Document(Struct, frozen=True):
    """A file as a reader understood it. ``title`` is empty when the file has none of its own."""

    title: str
    sections: tuple[Section, ...]
    metadata: Metadata = {}


class Chunk(Struct, frozen=True):
    """What is indexed, found and answered as one piece."""

    document_id: str
    title: str
    heading: str
    content: str
    metadata: Metadata


class Query(Struct, frozen=True):
    """A search. ``text`` is words and never syntax; ``score_threshold`` is from 0 to 1."""

    text: str
    top_k: int
    score_threshold: float = 0.0
    filter: "Filter | None" = None


class Record(Struct, frozen=True):
    """A chunk that was found, with its score from 0 to 1.

    ``metadata`` always has ``document_id``, ``path`` and ``modified``, and ``heading`` where there
    is one. Dates are ISO 8601 in UTC; several values of a field are joined with ", ".
    """

    content: str
    score: float
    title: str
    metadata: dict[str, str | float]


class Skipped(Struct, frozen=True):
    """A file that is not in the index, and why; the reason quotes nothing of its text."""

    path: str
    reason: str


class Stats(Struct, frozen=True):
    """What a knowledge has. ``built`` is in unix seconds, ``bytes`` is what it takes on disk."""

    documents: int = 0
    chunks: int = 0
    bytes: int = 0
    built: float = 0.0
    generation: int = 0
    fields: dict[str, int] = {}
    skipped: tuple[Skipped, ...] = ()


class NotReady(Exception):
    """There is no index to search yet: the first one is still being built."""
