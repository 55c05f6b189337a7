"""Cutting documents into chunks, along their structure."""

import re
from collections.abc import Iterator

from gateway.knowledge.model import Chunk, Document, Metadata, Section

_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n")
_SPACE = re.compile(r"\s")


def cut(document: Document, id_: str, fields: Metadata, chars: int, overlap: int) -> list[Chunk]:
    """The chunks of a document, of about ``chars`` characters, none of two sections.

    A chunk begins with the heading it stands under, then with up to ``overlap`` characters of the
    one before it in its section. ``fields`` are what the file itself says; a field of the document
    or of a section takes the place of one with the same name. A block is cut only where it does
    not fit in a chunk.
    """
    return [
        _chunk(document, id_, section, fields, text)
        for section in document.sections
        for text in _texts(section.blocks, chars, overlap)
    ]


def _chunk(document: Document, id_: str, section: Section, fields: Metadata, text: str) -> Chunk:
    heading = {"heading": (section.heading,)} if section.heading else {}
    return Chunk(
        document_id=id_,
        title=document.title,
        heading=section.heading,
        content=f"{section.heading}\n\n{text}" if section.heading else text,
        metadata={**fields, **document.metadata, **section.metadata, **heading},
    )


def _texts(blocks: tuple[str, ...], chars: int, overlap: int) -> Iterator[str]:
    taken: list[str] = []
    new = size = 0
    for piece in (piece for block in blocks for piece in _pieces(block, chars - overlap)):
        if new and size + len(piece) > chars:
            yield "\n".join(taken).strip()
            taken = _tail("\n".join(taken), overlap)
            new, size = 0, sum(map(len, taken))
        taken.append(piece)
        new, size = new + 1, size + len(piece) + 1
    if new and (text := "\n".join(taken).strip()):
        yield text


def _tail(text: str, overlap: int) -> list[str]:
    """The end of a text, from where a sentence begins, else a word."""
    if not overlap or len(text) <= overlap:
        return []
    end = text[-overlap:]
    begin = _SENTENCE.search(end) or _SPACE.search(end)
    rest = end[begin.end() :] if begin else end
    return [rest] if rest.strip() else []


def _pieces(block: str, most: int) -> Iterator[str]:
    """A block, or parts of it where it is too long: at a line or sentence, a word, or anywhere."""
    while len(block) > most:
        at = _last(_SENTENCE, block, most) or _last(_SPACE, block, most) or most
        if block[:at].strip():
            yield block[:at].rstrip()
        block = block[at:]
    if block.strip():
        yield block


def _last(pattern: re.Pattern[str], text: str, most: int) -> int:
    """Where the last match within ``most`` characters ends; 0 when there is none beyond a third."""
    ends = [found.end() for found in pattern.finditer(text, 0, most)]
    return ends[-1] if ends and ends[-1] > most // 3 else 0
