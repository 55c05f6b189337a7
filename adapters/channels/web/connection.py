"""A client's connection, taken from the HTTP server for an answer that does not end.

For as long as a request is being answered the server keeps all that it came with. A stream that
waits for hours needs none of it, and without it there is room for several times as many.
"""

import asyncio
from collections.abc import Coroutine

from aiohttp import web
from aiohttp.http import HttpVersion11

STALLED_SECONDS = 60.0


class Connection(asyncio.Protocol):
    """The rest of an answer whose headers have been sent."""

    __slots__ = ("_chunked", "_drained", "_transport", "_work")

    def __init__(self, transport: asyncio.Transport, *, chunked: bool) -> None:
        self._transport = transport
        self._chunked = chunked
        self._drained: asyncio.Future[None] | None = None
        self._work: asyncio.Task[None] | None = None

    def carry(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Do what writes to it, until the client leaves: then it is cancelled."""
        self._work = asyncio.create_task(work)
        return self._work

    async def write(self, data: bytes) -> None:
        """Send; waits while the client does not take what was sent before.

        Raises ConnectionResetError when the client has left or takes nothing for a minute.
        """
        if self._transport.is_closing():
            raise ConnectionResetError("the client has left")
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        if self._drained:
            try:
                async with asyncio.timeout(STALLED_SECONDS):
                    await self._drained
            except TimeoutError:
                self._transport.abort()
                raise ConnectionResetError("the client does not read") from None

    def close(self) -> None:
        """Say that the answer is complete. What was written still arrives."""
        if not self._transport.is_closing():
            self._transport.write(b"0\r\n\r\n" if self._chunked else b"")
            self._transport.close()

    def pause_writing(self) -> None:
        """The client does not read as fast as is written."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._drained and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client has left, or is told that this was all."""
        if self._work:
            self._work.cancel()


def take_over(request: web.Request) -> Connection:
    """Take the connection of a request whose answer is prepared, chunked if it can be.

    To the server it is lost from now on, and the task that handles the request is cancelled: the
    handler returns without waiting for anything. Raises ConnectionResetError when it is lost.
    """
    server, transport = request.protocol, request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client has left")
    connection = Connection(transport, chunked=request.version >= HttpVersion11)
    transport.set_protocol(connection)
    # It would close what is not its own any more.
    server.transport = None
    server.connection_lost(None)
    return connection
