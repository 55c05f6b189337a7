"""A page's side of the wire, as thin as possible: its own cost is measured with everything else."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from benchmarks.child import Failed

ANSWER_SECONDS = 30.0
_ASKED = re.compile(rb"a(\d+)@(\w+)")
_TOKEN = re.compile(rb"t(\d{6,})")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Answer:
    """One answer on one stream. Times in ns; a token is when it left and when it was heard."""

    asked: int = 0
    by: str = ""
    tokens: list[tuple[int, int]] = field(default_factory=list)
    last: int = 0
    """When the last token left, whether it was heard by itself or in the end only."""
    ended: int = 0


class Connection(asyncio.Protocol):
    """One HTTP connection that stays open."""

    def __init__(self, address: str) -> None:
        self._origin = address
        self._host = urlsplit(address).netloc
        self._transport: Any = None

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connect."""
        url = urlsplit(address)
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(lambda: cls(address), url.hostname, url.port)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = transport

    def send(self, path: str, body: dict[str, object]) -> int:
        """Post a command; when it was sent."""
        data = msgspec.json.encode(body)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nOrigin: {self._origin}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        request = head.encode() + data
        now = time.monotonic_ns()
        self._transport.write(request)
        return now

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()


class Commands(Connection):
    """Commands, each with one JSON reply."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._rest = b""
        self._reply: asyncio.Future[Any] | None = None

    async def call(self, path: str, body: dict[str, object]) -> tuple[int, Any]:
        """Post a command; when it was sent, and the reply."""
        self._rest = b""
        self._reply = asyncio.get_running_loop().create_future()
        sent = self.send(path, body)
        async with asyncio.timeout(ANSWER_SECONDS):
            return sent, await self._reply

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not (end and length and len(body) >= int(length[1])) or not self._reply:
            return
        if head.split()[1].startswith(b"2"):
            self._reply.set_result(msgspec.json.decode(body))
        else:
            self._reply.set_exception(Failed(f"{head[:60]!r}: {body[:200]!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        if self._reply and not self._reply.done():
            self._reply.set_exception(Failed(f"connection lost: {error}"))


class Stream(Connection):
    """An event stream, of the gateway or of the floor."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.lost = False
        self._rest = b""
        self._answer = Answer()
        self._ended: asyncio.Future[Answer] | None = None

    def expect(self) -> "asyncio.Future[Answer]":
        """The next answer. Only one at a time."""
        self._answer = Answer()
        self._ended = asyncio.get_running_loop().create_future()
        return self._ended

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        now = time.monotonic_ns()
        *events, self._rest = (self._rest + data).split(b"\n\n")
        if events and not self.opened.done():
            self._open(events[0], now)
        for event in events:
            self._take(event, now)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        self.lost = True
        for waiting in (self.opened, self._ended):
            if waiting and not waiting.done():
                waiting.set_exception(Failed(f"stream lost: {error} {self._rest[:300]!r}"))
                waiting.exception()

    def _open(self, event: bytes, now: int) -> None:
        if event.split()[1] == b"200":
            self.opened.set_result(now)
        else:
            self.opened.set_exception(Failed(f"no stream: {event[:60]!r}"))

    def _take(self, event: bytes, now: int) -> None:
        # What the gateway calls delta and end are ClickAI's own events on the floor.
        if b"event: delta" in event or b'"event":"message"' in event:
            if asked := _ASKED.search(event):
                self._answer.asked, self._answer.by = int(asked[1]), asked[2].decode()
            self._answer.tokens += [(int(left), now) for left in _TOKEN.findall(event)]
        elif b"event: end" in event or b'"event":"message_end"' in event:
            # The gateway's end repeats the whole text, the floor's has none.
            stamps = _TOKEN.findall(event) or [left for left, _ in self._answer.tokens[-1:]]
            self._answer.last, self._answer.ended = int(stamps[-1]), now
            if self._ended and not self._ended.done():
                self._ended.set_result(self._answer)
