"""Files as they are called: names that are safe everywhere, and media types that are true."""

import mimetypes
import re
import unicodedata

NAME_MOST = 150
"""Characters of a name, its extension included."""
UNNAMED = "file"
UNKNOWN = "application/octet-stream"

_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Controls (also those that turn the direction of writing), halves of characters, line ends."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_SAYS_NOTHING = {
    UNKNOWN,
    "binary/octet-stream",
    "application/unknown",
    "application/force-download",
}

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb".{4}ftypM4A ", re.DOTALL), "audio/mp4"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"OggS"), "audio/ogg"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_ZIPPED = {
    "docx": f"{_OPEN_XML}wordprocessingml.document",
    "xlsx": f"{_OPEN_XML}spreadsheetml.sheet",
    "pptx": f"{_OPEN_XML}presentationml.presentation",
    "odt": f"{_OPEN_DOCUMENT}text",
    "ods": f"{_OPEN_DOCUMENT}spreadsheet",
    "odp": f"{_OPEN_DOCUMENT}presentation",
    "epub": "application/epub+zip",
}
"""Documents that are archives: only their names tell them apart."""


def safe_name(name: str) -> str:
    """A name without path, control characters and length that could do harm; never empty."""
    name = "".join(char for char in name if unicodedata.category(char) not in _UNWANTED)
    name = unicodedata.normalize("NFC", name)
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1].strip(" .")
    return _shortened(name) or UNNAMED


def _shortened(name: str) -> str:
    if len(name) <= NAME_MOST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 10:
        return name[:NAME_MOST].strip(" .")
    return stem[: NAME_MOST - len(extension) - 1].strip(" .") + dot + extension


def media_type(declared: str, name: str, data: bytes) -> str:
    """What a file is: as declared, or by its first bytes and its name when that says nothing."""
    declared = declared.partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(declared) and declared not in _SAYS_NOTHING:
        return declared
    return _by_bytes(name, data) or mimetypes.guess_type(name)[0] or UNKNOWN


def _by_bytes(name: str, data: bytes) -> str:
    if data.startswith(_ZIP):
        extension = name.rpartition(".")[2].lower()
        return _ZIPPED.get(extension, "application/zip")
    return next((found for pattern, found in _SIGNATURES if pattern.match(data)), "")
