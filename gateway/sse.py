"""Server-Sent Events, read and written as the WHATWG HTML standard says. No I/O."""

import re

from msgspec import Struct

MAX_LINE = 4 * 1024 * 1024
MAX_EVENT = 8 * 1024 * 1024

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Event(Struct, frozen=True):
    """One dispatched event. ``id`` is the last id the stream has named, empty if none."""

    event: str
    data: str
    id: str = ""


class TooLarge(Exception):
    """A line or an event is larger than the parser takes. The parser is of no further use."""


class Parser:
    """Turns the bytes of an event stream, however they are cut, into events.

    ``max_line`` and ``max_event`` are in bytes; an event's size is that of its data lines. An
    event without data, such as a bare ``event: ping``, is not dispatched: a caller that waits for
    signs of life must take the bytes themselves as one. ``retry`` has no effect, for the gateway
    never reopens a stream. What is unfinished when the stream ends is discarded.
    """

    def __init__(self, max_line: int = MAX_LINE, max_event: int = MAX_EVENT) -> None:
        self._max_line = max_line
        self._max_event = max_event
        self._line = bytearray()
        self._first = True
        self._after_cr = False
        self._event = ""
        self._data: list[str] = []
        self._size = 0
        self._id = ""

    def feed(self, data: bytes) -> list[Event]:
        """Take more bytes; return the events they complete.

        Raises TooLarge, and then loses the events that these very bytes had completed before.
        """
        if not data:
            return []
        start = 1 if self._after_cr and data.startswith(b"\n") else 0
        events: list[Event] = []
        for end in _LINE_END.finditer(data, start):
            self._gather(data, start, end.start())
            start = end.end()
            self._finish_line(events)
        self._gather(data, start, len(data))
        self._after_cr = data.endswith(b"\r")
        return events

    def _gather(self, data: bytes, start: int, end: int) -> None:
        if len(self._line) + end - start > self._max_line:
            raise TooLarge(f"a line is longer than {self._max_line} bytes")
        self._line += memoryview(data)[start:end]

    def _finish_line(self, events: list[Event]) -> None:
        line = bytes(self._line)
        self._line.clear()
        if self._first:
            line = line.removeprefix(_BOM)
            self._first = False
        if line:
            self._take(line)
        else:
            self._dispatch(events)

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._add_data(value)
        elif name == b"event":
            self._event = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")

    def _add_data(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._max_event:
            raise TooLarge(f"an event is larger than {self._max_event} bytes")
        self._data.append(value.decode(errors="replace"))

    def _dispatch(self, events: list[Event]) -> None:
        if self._data:
            events.append(Event(self._event or "message", "\n".join(self._data), self._id))
        self._event, self._data, self._size = "", [], 0


def encode(event: str, data: str | bytes, id: str = "") -> bytes:  # noqa: A002 - the field's name
    """One event as bytes. An empty ``event`` or ``id`` is left out.

    Every line end in ``data`` reaches the reader as a line feed. Raises ValueError when ``event``
    or ``id`` holds what the format cannot carry.
    """
    raw = data.encode() if isinstance(data, str) else data
    lines = [b"data: " + line for line in _LINE_END.split(raw)]
    if event:
        lines.insert(0, b"event: " + _field(event))
    if id:
        lines.insert(0, b"id: " + _field(id))
    return b"\n".join(lines) + b"\n\n"


def _field(value: str) -> bytes:
    raw = value.encode()
    if _LINE_END.search(raw) or b"\0" in raw:
        raise ValueError("a field of an event stream is one line without NUL")
    return raw
