"""Plain text, in whatever encoding it was written."""

import codecs
import re
import unicodedata

from gateway.knowledge.model import Document, Section
from gateway.knowledge.readers.unreadable import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TONES = re.compile("[aeiouyâêôăơư][\u0300\u0301\u0303\u0309\u0323]", re.IGNORECASE)
_VIETNAMESE = re.compile("[đơư]", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")


def read(data: bytes) -> Document:
    """Its paragraphs. Raises Unreadable for what is no text."""
    return Document("", (Section("", paragraphs(decoded(data))),))


def decoded(data: bytes, declared: str = "") -> str:
    """Text of bytes, composed (NFC), with plain line ends. Raises Unreadable for what is binary.

    Without a byte order mark it is what is ``declared``, else UTF-8, else a guess that never fails.
    """
    text = _decoded(data, declared)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return sound(text)


def sound(text: str) -> str:
    """Text without controls and halves of characters, composed (NFC)."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", _CONTROLS.sub(" ", text))


def _decoded(data: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data[:65536]:
        raise Unreadable("it is binary")
    for encoding in filter(None, ("utf-8", declared)):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return _guessed(data)


def _guessed(data: bytes) -> str:
    vietnamese = data.decode("cp1258", "replace")
    if len(_TONES.findall(vietnamese)) >= 2 and _VIETNAMESE.search(vietnamese):
        return vietnamese
    return data.decode("cp1252", "replace")


def paragraphs(text: str) -> tuple[str, ...]:
    """The blocks of a text between blank lines."""
    return tuple(f"{each.rstrip()}\n" for each in _BLANK.split(text.strip()) if each.strip())
