"""Word documents (DOCX)."""

import re
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph

from gateway.knowledge.model import Document
from gateway.knowledge.readers.headings import Outline
from gateway.knowledge.readers.unreadable import Unreadable
from gateway.knowledge.values import metadata

UNPACKED_MOST = 200_000_000
"""Bytes of all parts."""
RATIO_MOST = 200
"""Of unpacked to packed: text does not come near it."""
PARTS_MOST = 10_000

_LEVEL = re.compile(r"Heading ([1-9])")


def read(data: bytes) -> Document:
    """Its sections; rows of tables are lines. Raises Unreadable for what is broken or a bomb."""
    _check(data)
    try:
        word = docx.Document(BytesIO(data))
    except (OpcError, KeyError, ValueError, BadZipFile):
        raise Unreadable("it is no DOCX, or a broken one") from None
    outline = Outline()
    for part in word.iter_inner_content():
        _add(outline, part)
    core = word.core_properties
    # What the document says of its time is better than the file's, which may be a copy.
    known: dict[object, object] = {"author": core.author, "keywords": core.keywords}
    fields = metadata({**known, "modified": core.modified})
    return Document((core.title or "").strip()[:300] or outline.first, outline.sections(), fields)


def _check(data: bytes) -> None:
    # Before anything is unpacked: by what the archive says of itself, which unpacking then heeds.
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
    except (BadZipFile, ValueError, OSError):
        raise Unreadable("it is no DOCX, or a broken one") from None
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > UNPACKED_MOST or len(parts) > PARTS_MOST:
        raise Unreadable("it is too large when it is unpacked")
    if unpacked > RATIO_MOST * min(packed, len(data)) + 1_000_000:
        raise Unreadable("it unpacks to far more than it is")


def _add(outline: Outline, part: Paragraph | Table) -> None:
    if isinstance(part, Table):
        for row in part.rows:
            # A merged cell is there once for each column it spans.
            cells = {cell._tc: " ".join(cell.text.split()) for cell in row.cells}.values()
            if text := " | ".join(filter(None, cells)):
                outline.add(text)
        return
    text, style = part.text.strip(), (part.style.name or "") if part.style else ""
    if level := _LEVEL.fullmatch(style):
        outline.enter(int(level[1]) + 1, text)
    elif style == "Title":
        outline.enter(1, text)
    elif text:
        outline.add(f"- {text}" if style.startswith("List") else f"{text}\n")
