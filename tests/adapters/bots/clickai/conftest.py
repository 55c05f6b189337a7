"""A stand-in for ClickAI that sends recorded bytes, and a bot that talks to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from support.handed import Handed

from adapters.bots.clickai import Bot, Config
from gateway.model import Ask, Attachment, Conversation, ReplyEvent

CAPTURES = Path(__file__).parents[3] / "captures" / "clickai"


@dataclass
class Reply:
    """What the stand-in sends: a body in pieces, then one of several ends.

    ``end`` is ``eof``, ``cut`` (the connection breaks) or ``open`` (nothing more comes).
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(
        default_factory=lambda: {"Content-Type": "text/event-stream; charset=utf-8"}
    )
    piece: int = 1 << 20
    end: str = "eof"
    every: float | None = None
    """Seconds after which the body is sent again, over and over."""
    headerless: bool = False


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the client has let go of the connection."""

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Upstream:
    """Answers each request with the next of ``replies``."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.requests.append(request)
                reply = self.replies.pop(0)
                await _send(writer, reply)
                if reply.end != "eof":
                    await _end(reader, writer, reply)
                    request.closed.set()
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.requests[-1].closed.set()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {k.title(): v for k, _, v in (line.partition(": ") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if not reply.headerless:
        head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        writer.write(
            f"HTTP/1.1 {reply.status} X\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
    while True:
        for start in range(0, len(reply.body), reply.piece):
            piece = reply.body[start : start + reply.piece]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0)
        if reply.every is None:
            break
        await asyncio.sleep(reply.every)
    if reply.end == "eof":
        writer.write(b"0\r\n\r\n")


async def _end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.end == "cut":
        await writer.drain()
        writer.transport.abort()
        return
    await reader.read()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    stand_in, tasks = Upstream(), set[asyncio.Task[None]]()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(stand_in.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    yield stand_in
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _capture(name: str, **changes: object) -> Reply:
    raw = next(CAPTURES.glob(f"{name}*.http")).read_bytes()
    raw = raw[raw.index(b"###\nHTTP/1.1") + 4 :]
    head, _, body = raw.partition(b"\n\n") if b"\r\n\r\n" not in raw else raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    kept = {name: headers[name] for name in ("Content-Type",)}
    reply = Reply(body, int(first.split()[1]), kept)
    for key, value in changes.items():
        setattr(reply, key, value)
    return reply


@pytest.fixture
def capture() -> Callable[..., Reply]:
    """A recorded answer, by the beginning of its file's name."""
    return _capture


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


@pytest.fixture
def handed(http: aiohttp.ClientSession) -> Handed:
    """What the bots of a test are handed."""
    return Handed(http)


@pytest.fixture
def make_bot(upstream: Upstream, handed: Handed) -> Callable[..., Awaitable[Bot]]:
    """A started bot; limits are generous unless given."""

    async def make(**config: object) -> Bot:
        # Which kind an app is of, and what it suggests, would be asked beside each test's own.
        told = {"kind": "clickai", "base_url": upstream.url, "api_key": "app-SECRET"}
        values = {**told, "mode": "chat", "suggestions": False, **config}
        bot = Bot("helper", Config.model_validate(values))
        await bot.start(handed)
        return bot

    return make


@pytest.fixture
async def bot(make_bot: Callable[..., Awaitable[Bot]]) -> Bot:
    return await make_bot()


@pytest.fixture
def make_ask() -> Callable[..., Ask]:
    def make(
        text: str = "hello",
        reference: str = "",
        attachments: tuple[Attachment, ...] = (),
        **more: object,
    ) -> Ask:
        return Ask(
            turn="turn-1",
            text=text,
            user="u1",
            conversation=Conversation(reference, **more),
            attachments=attachments,
        )

    return make


@pytest.fixture
def answer_of(make_ask: Callable[..., Ask]) -> Callable[..., Awaitable[list[ReplyEvent]]]:
    """All events of one answer."""

    async def ask(bot: Bot, *args: str, **more: object) -> list[ReplyEvent]:
        return [event async for event in bot.answer(make_ask(*args, **more))]

    return ask
