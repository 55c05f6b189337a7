"""What comes with an answer besides words: files, and texts that a tool has made. No I/O."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct

from adapters.bots.ciniterflow import media, wire

_MOST = 20
_LONGEST_TEXT = 8_000
_STORED = "FILE-STORAGE::"
_ADDRESS = re.compile(r"(?:https?://|/api/)\S+")
_INLINE = re.compile(r"data:(?P<type>[\w.+/-]*)(?:;[\w=.+-]+)*?(?P<base64>;base64)?,", re.ASCII)
_SHORTEST_FILE = 16
"""Characters of base64: a shorter one is a name."""
_TYPES = {
    "json": "application/json",
    "latex": "application/x-latex",
    "markdown": "text/markdown",
    "text": "text/plain",
}
_SHOWN = frozenset(_TYPES)
"""The formats that a person reads as part of the answer, unless they are long."""
_FENCED = frozenset({"json", "latex"})
_ENDINGS = {
    "jpeg": "jpg",
    "markdown": "md",
    "latex": "tex",
    "text": "txt",
    "javascript": "js",
}


class Stored(Struct, frozen=True):
    """A file that the server keeps for the chat, under the name ``key``."""

    name: str
    key: str


class Linked(Struct, frozen=True):
    """A file at an address, which may be relative to the server's."""

    name: str
    url: str


class Inline(Struct, frozen=True):
    """A file whose bytes are here."""

    name: str
    media_type: str
    data: bytes


Made = Stored | Linked | Inline


class Artifacts:
    """Tells of each thing that came with one answer once, and of so many at most."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def found(self, event: wire.Artifacts | wire.FileAnnotations) -> Iterator[Made | str]:
        """What is new with ``event``: files, and texts that belong to the answer."""
        match event:
            case wire.Artifacts(data=list(artifacts)):
                made = [_made(each) for each in artifacts if each]
            case wire.FileAnnotations(data=list(files)):
                made = [_referred(each) for each in files if each]
            case _:
                made = []
        yield from (each for each in made if each and self._is_new(each))

    def _is_new(self, found: Made | str) -> bool:
        mark = hash(found.key if isinstance(found, Stored) else found)
        if mark in self._seen or len(self._seen) >= _MOST:
            return False
        self._seen.add(mark)
        return True


def _made(artifact: wire.Artifact) -> Made | str | None:
    kind = (artifact.type or "").lower().rpartition("/")[2]
    data, name = artifact.data, artifact.name or f"artifact.{_ENDINGS.get(kind, kind)}"
    if kind == "json" and data is not None and not isinstance(data, str):
        data = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
    if not kind or not isinstance(data, str) or not data.strip():
        return None
    if data.startswith(_STORED):
        key = data.removeprefix(_STORED)
        return Stored(media.fitting(key), key)
    return _text(kind, data, name) if kind in _SHOWN else _file(data, name)


def _referred(file: wire.FileAnnotation) -> Stored | None:
    path, name = file.file_path or "", file.file_name or ""
    key = path.removeprefix(_STORED) if path.startswith(_STORED) else name
    return Stored(media.fitting(name or key), key) if key else None


def _text(kind: str, data: str, name: str) -> Inline | str:
    if len(data) > _LONGEST_TEXT:
        return Inline(media.fitting(name), _TYPES[kind], data.encode())
    if kind not in _FENCED:
        return data.strip()
    fence = "````" if "```" in data else "```"
    return f"{fence}{kind}\n{data.strip()}\n{fence}"


def _file(data: str, name: str) -> Made | None:
    if _ADDRESS.fullmatch(data):
        return Linked(media.fitting(name), data)
    if found := _INLINE.match(data):
        return _inline(found, name)
    media_type = media.type_of_name(name)
    if media.is_text(media_type) or data.lstrip().startswith("<"):
        return Inline(media.fitting(name), media_type, data.encode())
    if content := _from_base64(data):
        return Inline(media.fitting(name), media_type, content)
    # Where the file is on the server's disk is nobody's business, but its name is the key.
    key = PurePosixPath(data.replace("\\", "/")).name
    return Stored(media.fitting(key), key)


def _inline(found: re.Match[str], name: str) -> Inline | None:
    raw = found.string[found.end() :]
    content = _from_base64(raw) if found["base64"] else unquote_to_bytes(raw)
    media_type = found["type"].lower() or "text/plain"
    return Inline(media.fitting(name, media_type), media_type, content) if content else None


def _from_base64(data: str) -> bytes:
    try:
        return b64decode(data, validate=True) if len(data) >= _SHORTEST_FILE else b""
    except binascii.Error:
        return b""
