"""The connection of an event stream, byte by byte: how it begins, how it ends, what it keeps."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from support.servers import eventually
from support.widget import Widget

from adapters.channels.web import connection
from gateway.ports import LogEntry
from gateway.service import Service

END = b"\r\n\r\n"
HEARTBEAT = b"3\r\n:\n\n\r\n"


class Asked:
    """A raw connection on which a visitor has asked for events, after the answer's headers."""

    def __init__(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.head = head.decode().lower()
        self.reader = reader
        self._writer = writer

    def stop_reading(self) -> None:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    async def leave(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


Ask = Callable[..., Awaitable[Asked]]


@pytest.fixture
async def ask(quiet: Widget, gateway: Service) -> AsyncIterator[Ask]:
    """Asks for events of the quiet visitor; ``room`` is how much is kept before it is read."""
    async with AsyncExitStack() as stack:

        async def ask(version: str = "1.1", room: int = 0) -> Asked:
            raw = socket.socket()
            if room:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            raw.setblocking(False)
            port = int(gateway.url.rsplit(":", 1)[1])
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=raw, limit=2**24)
            writer.write(request(quiet, gateway.url, version))
            asked = Asked(await reader.readuntil(END), reader, writer)
            stack.push_async_callback(asked.leave)
            return asked

        yield ask


def request(widget: Widget, url: str, version: str) -> bytes:
    """The request for a visitor's events."""
    body = json.dumps({"token": widget.token, "cursor": widget.cursor})
    lines = (
        f"POST /w/v1/pk_test/events HTTP/{version}",
        f"Host: {url.removeprefix('http://')}",
        f"Origin: {url}",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*lines, "", body]).encode()


@pytest.fixture
async def quiet(gateway: Service, http: aiohttp.ClientSession) -> Widget:
    """A visitor who does not read."""
    widget = Widget(http, gateway.url)
    await widget.open(lang="en")
    return widget


async def test_it_is_sent_in_chunks_and_complete_in_the_end(ask: Ask, gateway: Service) -> None:
    asked = await ask()
    assert "transfer-encoding: chunked" in asked.head
    assert "connection: close" in asked.head
    assert await asked.reader.readexactly(len(HEARTBEAT)) == HEARTBEAT
    gateway._hub.farewell()
    text = b"event: bye\ndata: {}\n\n"
    assert await asked.reader.read() == b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)


async def test_an_old_client_gets_it_without_chunks(ask: Ask, gateway: Service) -> None:
    asked = await ask(version="1.0")
    assert "transfer-encoding" not in asked.head
    assert await asked.reader.readexactly(3) == b":\n\n"
    gateway._hub.farewell()
    assert await asked.reader.read() == b"event: bye\ndata: {}\n\n"


async def test_the_server_keeps_nothing_of_its_request(ask: Ask, gateway: Service) -> None:
    server = gateway._runner.server
    assert server
    before = len(server.connections)
    asked = await ask()
    await asked.reader.readexactly(len(HEARTBEAT))
    assert gateway._hub.open == 1
    assert len(server.connections) == before


async def test_who_leaves_is_gone(ask: Ask, gateway: Service) -> None:
    for _ in range(3):
        asked = await ask()
        await asked.reader.readexactly(len(HEARTBEAT))
        assert gateway._hub.open == 1
        await asked.leave()
        await eventually(lambda: not gateway._hub.open)


async def test_who_leaves_before_the_answer_is_gone(
    quiet: Widget, gateway: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    join, joined, gone = gateway._hub.join, asyncio.Event(), asyncio.Event()

    async def slow(*given: Any) -> None:
        await join(*given)
        joined.set()
        await gone.wait()

    monkeypatch.setattr(gateway._hub, "join", slow)
    quiet.read()
    await joined.wait()
    assert gateway._hub.open == 1
    await quiet.leave()
    gone.set()
    await eventually(lambda: not gateway._hub.open)


async def test_who_does_not_read_is_cut(
    ask: Ask, gateway: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.2)
    asked = await ask(room=4096)
    asked.stop_reading()
    (lane,) = gateway._hub._readers
    piece = LogEntry("typing", json.dumps("x" * 100_000).encode())
    for _ in range(200):
        gateway._hub.show(lane, (piece,))
        await asyncio.sleep(0)
    await eventually(lambda: not gateway._hub.open)


async def test_who_reads_slowly_gets_all_of_it(ask: Ask, gateway: Service) -> None:
    asked = await ask(room=4096)
    (lane,) = gateway._hub._readers
    for number in range(100):
        gateway._hub.show(lane, (LogEntry("typing", json.dumps([number] * 9000).encode()),))
    gateway._hub.show(lane, (LogEntry("last", b"{}"),))
    text = await asked.reader.readuntil(b"event: last")
    assert [text.count(b"[%d, " % number) for number in range(100)] == [1] * 100
