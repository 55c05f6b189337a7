"""Readers of documents: one module for each kind, each with ``read(data) -> Document``.

They may need any time and memory for what was made to harm: they run in a process of their own
(``gateway.knowledge.reading``), never in the gateway.
"""

from importlib import import_module
from pathlib import PurePath

from gateway.knowledge.model import Document
from gateway.knowledge.readers.unreadable import Unreadable

CHARS_MOST = 20_000_000
"""Of text in one document."""
SECTIONS_MOST = 200_000

KINDS = {
    ".csv": "csv",
    ".docx": "docx",
    ".htm": "html",
    ".html": "html",
    ".log": "text",
    ".markdown": "markdown",
    ".md": "markdown",
    ".pdf": "pdf",
    ".text": "text",
    ".tsv": "csv",
    ".txt": "text",
    ".xhtml": "html",
}
"""By the end of the name, in lower case."""

__all__ = ["KINDS", "Unreadable", "kind_of", "read"]


def kind_of(name: str) -> str:
    """The reader for a file of that name; empty when there is none."""
    return KINDS.get(PurePath(name).suffix.lower(), "")


def read(kind: str, data: bytes) -> Document:
    """A document by the reader of ``kind``, one of those in KINDS.

    Raises Unreadable with the reason; what else it raises is a fault of the document too.
    """
    document: Document = import_module(f"gateway.knowledge.readers.{kind}").read(data)
    if len(document.sections) > SECTIONS_MOST:
        raise Unreadable("it has too many sections or rows")
    chars = sum(len(block) for section in document.sections for block in section.blocks)
    if not chars:
        raise Unreadable("it has no text")
    if chars > CHARS_MOST:
        raise Unreadable("it has too much text")
    return document
