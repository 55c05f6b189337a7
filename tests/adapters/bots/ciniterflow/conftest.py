"""A stand-in for CiniterFlow that sends recorded bytes, and a bot that talks to it."""

import ast
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import pytest
from support.handed import Handed

from adapters.bots.ciniterflow import Bot, Config
from gateway.model import Ask, Conversation, ReplyEvent
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving

CAPTURES = Path(__file__).parents[3] / "captures" / "ciniterflow"
FLOW = "066d3c15-a19e-4f92-9f43-b910551a9232"


@dataclass
class Reply:
    """What the stand-in sends: a body in pieces, then one of several ends.

    ``end`` is ``eof``, ``cut`` (the connection breaks) or ``open`` (nothing more comes).
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    piece: int = 1 << 20
    end: str = "eof"
    every: float | None = None
    """Seconds after which the body is sent again, over and over."""
    headerless: bool = False
    """Nothing of HTTP is sent, only ``raw``."""
    raw: bytes = b""
    after: float = 0
    """Seconds before anything is sent."""


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
    """Answers what is asked about the flow with ``facts``, and all else with ``replies``."""

    def __init__(self, facts: dict[str, Reply]) -> None:
        self.facts = facts
        self.replies: list[Reply] = []
        self.inquiries: list[Request] = []
        self.requests: list[Request] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: Request | None = None
        try:
            while request := await _read(reader):
                reply = self._reply(request)
                await _send(writer, reply)
                if reply.end != "eof":
                    await _end(reader, writer, reply)
                    request.closed.set()
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            if request:
                request.closed.set()
        finally:
            writer.close()

    def _reply(self, request: Request) -> Reply:
        about = request.path.split("/")[3]
        if about in self.facts:
            self.inquiries.append(request)
            return self.facts[about]
        self.requests.append(request)
        return self.replies.pop(0)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {k.title(): v for k, _, v in (line.partition(": ") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    await asyncio.sleep(reply.after)
    if reply.headerless:
        writer.write(reply.raw)
    else:
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
async def upstream(capture: Callable[..., Reply]) -> AsyncIterator[Upstream]:
    """By default a flow that streams and has no form."""
    names = {
        "chatflows-streaming": "82_",
        "chatflows-uploads": "83_",
        "public-chatbotConfig": "84_",
    }
    facts = {about: capture(name) for about, name in names.items()}
    stand_in, tasks = Upstream(facts), set[asyncio.Task[None]]()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(stand_in.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield stand_in
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _capture(name: str, **changes: object) -> Reply:
    (file,) = CAPTURES.glob(f"{name}*")
    raw = file.read_bytes()
    if file.name.endswith("_TIMED.txt"):
        return replace(Reply(_unchunked(raw)), **changes)
    head, _, body = raw[raw.index(b"###\nHTTP/1.1") + 4 :].partition(b"\r\n\r\n")
    first, *lines = head.decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    kept = {each: headers[each] for each in ("Content-Type", "Retry-After") if each in headers}
    return replace(Reply(body, int(first.split()[1]), kept), **changes)


def _unchunked(raw: bytes) -> bytes:
    pieces = [ast.literal_eval(line.split(maxsplit=1)[1]) for line in raw.decode().splitlines()]
    chunked = b"".join(pieces).partition(b"\r\n\r\n")[2]
    body = b""
    while chunked:
        size, _, rest = chunked.partition(b"\r\n")
        body += rest[: int(size, 16)]
        chunked = rest[int(size, 16) + 2 :]
    return body


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
def gateway(http: aiohttp.ClientSession) -> Handed:
    return Handed(http)


@pytest.fixture
async def start_bot(gateway: Handed) -> AsyncIterator[Callable[..., Awaitable[Bot]]]:
    """A started bot; limits are generous unless given."""
    started: list[Bot] = []

    async def start(url: str, flow: str = FLOW, **config: object) -> Bot:
        values = {"kind": "ciniterflow", "base_url": url, "flow_id": flow, **config}
        bot = Bot("helper", Config.model_validate(values))
        await bot.start(gateway)
        started.append(bot)
        return bot

    yield start
    for bot in started:
        await bot.stop()


@pytest.fixture
def make_bot(
    upstream: Upstream, start_bot: Callable[..., Awaitable[Bot]]
) -> Callable[..., Awaitable[Bot]]:
    async def make(**config: object) -> Bot:
        return await start_bot(upstream.url, **{"api_key": "key-SECRET", **config})

    return make


@pytest.fixture
async def bot(make_bot: Callable[..., Awaitable[Bot]]) -> Bot:
    return await make_bot()


@pytest.fixture
def make_ask() -> Callable[..., Ask]:
    def make(text: str = "hello", reference: str = "", **more: object) -> Ask:
        conversation = Conversation(reference)
        return Ask(turn="turn-1", text=text, user="u1", conversation=conversation, **more)

    return make


@pytest.fixture
def answer_of(make_ask: Callable[..., Ask]) -> Callable[..., Awaitable[list[ReplyEvent]]]:
    """All events of one answer."""

    async def ask(bot: Bot, *args: str, **more: object) -> list[ReplyEvent]:
        return [event async for event in bot.answer(make_ask(*args, **more))]

    return ask


@pytest.fixture
async def sandbox() -> AsyncIterator[str]:
    """The address of a sandbox that answers from no README."""
    api = CiniterFlow(Answers("# Chat Gateway\n").answer, pace=0)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def asked_of(http: aiohttp.ClientSession) -> Callable[[str], Awaitable[dict[str, object]]]:
    """What a sandbox was asked last."""

    async def last(url: str) -> dict[str, object]:
        async with http.get(f"{url}/sandbox/asked") as response:
            found = await response.json()
            return found["asked"][-1]

    return last
