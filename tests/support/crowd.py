"""A crowd of visitors, each with an event stream on a socket of its own."""

import asyncio
import json
import resource
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from gateway.sse import Parser
from support.widget import Widget

AT_ONCE = 64
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@contextmanager
def room_for(sockets: int) -> Iterator[None]:
    """So many may be open, in this process and in those that it starts meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, sockets), hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Member(Widget):
    """One of them."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    def vanish(self) -> None:
        """Be gone, without a farewell."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if self._reading:
            self._reading.cancel()
        self._writer.transport.abort()

    async def follow(self) -> None:
        """Open the event stream; returns when it is open."""
        place = urlsplit(self._base)
        self._reader, self._writer = await asyncio.open_connection(place.hostname, place.port)
        body = json.dumps({"token": self.token, "cursor": self.cursor}).encode()
        self._writer.write(
            f"POST {place.path}/events HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Origin: {self._origin}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.split()[1] == b"200", head
        assert b"chunked" in head
        self.read()

    async def over(self) -> None:
        """Wait until the stream has ended as it should."""
        assert self._reading
        await self._reading

    async def _read(self) -> None:
        parser = Parser()
        try:
            while chunk := await self._chunk():
                for event in parser.feed(chunk):
                    self._take(event.event, json.loads(event.data), event.id)
        finally:
            self._writer.close()

    async def _chunk(self) -> bytes:
        size = int(await self._reader.readline(), 16)
        return (await self._reader.readexactly(size + 2))[:-2]


async def each(crowd: Sequence[Member], act: Callable[[Member], Awaitable[object]]) -> None:
    """All do the same, some at a time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(member: Member) -> None:
        async with room:
            await act(member)

    await asyncio.gather(*map(one, crowd))
