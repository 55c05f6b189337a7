"""PDF, page by page."""

import logging
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from gateway.knowledge.model import Document, Section
from gateway.knowledge.readers.text import paragraphs, sound
from gateway.knowledge.readers.unreadable import Unreadable

PAGES_MOST = 5000

# Its warnings are about faults of the file, and quote it.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(data: bytes) -> Document:
    """A section for each page that has text, with its number as ``page``, from 1.

    Raises Unreadable for what is encrypted, broken, too long, or has no text but pictures of it.
    """
    try:
        return _read(PdfReader(BytesIO(data)))
    except PyPdfError:
        raise Unreadable("it is no PDF, or a broken one") from None


def _read(pdf: PdfReader) -> Document:
    if pdf.is_encrypted and not pdf.decrypt(""):
        raise Unreadable("it is encrypted")
    if len(pdf.pages) > PAGES_MOST:
        raise Unreadable(f"it has more than {PAGES_MOST} pages")
    sections = (_section(number, page.extract_text()) for number, page in enumerate(pdf.pages, 1))
    found = tuple(section for section in sections if section.blocks)
    if not found:
        raise Unreadable("it has no text: it may be scanned")
    title = (pdf.metadata.title if pdf.metadata else "") or ""
    return Document(" ".join(sound(str(title)).split())[:300], found)


def _section(number: int, text: str) -> Section:
    return Section("", paragraphs(sound(text)), {"page": (float(number),)})
