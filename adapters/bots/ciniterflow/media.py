"""Media types, and the names that go with them. No I/O."""

import codecs
import mimetypes
import re
from pathlib import PurePosixPath

from gateway.model import Attachment

OF_ANY_KIND = "application/octet-stream"

_LONGEST_STEM = 80
# A quotation mark would end the name where the flow puts it before the question.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\"'<>|:*?]")
_WELL_FORMED = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_SAME = {
    "image/jpg": "image/jpeg",
    "audio/oga": "audio/ogg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDINGS = {
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "text/plain": "txt",
    "text/csv": "csv",
    "text/css": "css",
    "text/html": "html",
    "text/javascript": "js",
    "text/markdown": "md",
    "text/x-markdown": "md",
    "text/xml": "xml",
    "text/yaml": "yaml",
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/xml": "xml",
    "application/x-yaml": "yaml",
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
}
_TYPES = {ending: media_type for media_type, ending in reversed(_ENDINGS.items())}
_TEXTS = frozenset(
    media_type
    for media_type, ending in _ENDINGS.items()
    if ending in {"json", "jsonl", "xml", "yaml"}
)


def type_of(attachment: Attachment) -> str:
    """The media type of a file, without parameters; by its name when none is told."""
    told = attachment.media_type.partition(";")[0].strip().lower()
    known = _SAME.get(told, told)
    is_told = known != OF_ANY_KIND and _WELL_FORMED.fullmatch(known)
    return known if is_told else type_of_name(attachment.name)


def type_of_name(name: str) -> str:
    """The media type that a name's ending stands for."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    return _TYPES.get(ending) or mimetypes.guess_type(f"x.{ending}")[0] or OF_ANY_KIND


def fitting(name: str, media_type: str = "") -> str:
    """A name without a path and without odd characters, and with the ending of the media type."""
    path = PurePosixPath(_UNFIT.sub("_", name.replace("\\", "/")))
    stem = path.stem[:_LONGEST_STEM].strip(" .") or "file"
    ending = _ENDINGS.get(media_type)
    return f"{stem}.{ending}" if ending else f"{stem}{path.suffix[:_LONGEST_STEM]}"


def is_text(media_type: str) -> bool:
    """Whether such a file is plain text, of whatever format."""
    return media_type.startswith("text/") or media_type in _TEXTS


def text_of(data: bytes) -> str:
    """What stands in a plain text; empty when the file is none after all."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        return ""
    return "" if "\x00" in text else text
