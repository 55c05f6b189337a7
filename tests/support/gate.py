"""A gate in front of a server: it can be shut with every connection left open."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Gate:
    """Forwards connections while it is open."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._shut = False
        self._passing: set[asyncio.Task[None]] = set()
        self.port = 0

    def fall_silent(self) -> None:
        """Nothing passes any more on the connections there are, and nobody is told."""
        self._silent = set(self._writers)

    def shut(self) -> None:
        """Cut all connections, and refuse new ones until it is opened."""
        self._shut = True
        for writer in list(self._writers):
            writer.close()

    def open(self) -> None:
        """Let new connections pass."""
        self._shut = False

    def lead_to(self, port: int) -> None:
        """New connections go to another server."""
        self._server_port = port

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A new connection; it is refused when nobody listens."""
        try:
            if self._shut:
                raise ConnectionRefusedError
            inner, outer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, outer}
        for passing in (self._pass(reader, outer), self._pass(inner, writer)):
            self._passing.add(asyncio.create_task(passing))

    async def end(self) -> None:
        """Cut all connections for good."""
        self.shut()
        await asyncio.gather(*self._passing)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if writer not in self._silent:
                    writer.write(data)
        writer.close()
        self._writers.discard(writer)


@contextlib.asynccontextmanager
async def gate(port: int) -> AsyncIterator[Gate]:
    """A gate to a local port."""
    gate = Gate(port)
    server = await asyncio.start_server(gate.take, "127.0.0.1", 0)
    gate.port = server.sockets[0].getsockname()[1]
    try:
        yield gate
    finally:
        await gate.end()
        server.close()
        await server.wait_closed()
