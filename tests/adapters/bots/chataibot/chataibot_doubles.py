"""A stand-in for ChatAIBot that says what a test tells it, and a small gateway."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from support.handed import Handed

from gateway.model import ReplyEvent
from gateway.ports import Handler, Refusal, StoreUnavailable

SECRET = "a-webhook-secret-of-tests"
TOKEN = "token-of-tests-1234567890"
STARTED = {
    "ok": True,
    "conversation": {
        "id": "conv-1",
        "created_at": "2025-02-10 20:21:03.913000",
        "assignee": {"id": "bot-user", "to": "bot@example.com"},
    },
    "contact": {
        "name": "User Name",
        "email": "example@domain.com",
        "phone": "9999999999",
        "visitor_key": "visitor-1_4711",
    },
}
SENT = {"ok": True, "message_id": "6HRBshHEcV8P103039226478taGDJQxC"}


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Vendor:
    """Answers each request with the next of ``replies``: a status and a body.

    A status of 0 cuts the connection, and one of -1 says nothing for as long as it stands.
    """

    replies: list[tuple[int, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    look: Callable[[], object] = lambda: None
    """Asked with each request; what it says is ``seen``."""
    seen: list[object] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens before a request is answered."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(self.look())
        headers = dict(request.headers)
        self.requests.append(Request(request.path, headers, await request.json()))
        if self.meanwhile:
            await self.meanwhile()
        status, body = self.replies.pop(0)
        if status == 0:
            assert request.transport
            request.transport.abort()
        if status == -1:
            await asyncio.Event().wait()
        if isinstance(body, str):
            return web.Response(text=body, status=status or 200, headers=self.headers)
        return web.json_response(body, status=status or 200, headers=self.headers)


@dataclass
class Push:
    alias: str
    name: str
    events: tuple[ReplyEvent, ...]


class Gateway(Handed):
    """What a bot is handed. It knows the aliases that References told it, and can lose its store.

    Two bots with one gateway are two replicas.
    """

    pushes: list[Push]

    def __init__(self, http: aiohttp.ClientSession) -> None:
        super().__init__(http)
        self.public_url = "https://chat.example.com"
        self.tried: list[str] = []
        self.repeats: list[str] = []
        self.unavailable = False
        self.url = ""
        self._changed = asyncio.Event()

    async def push(self, bot: Any, alias: str, name: str, events: Sequence[ReplyEvent]) -> bool:
        self.tried.append(alias)
        self._changed.set()
        self._check_store()
        if alias not in self.known:
            return False
        if name in {push.name for push in self.pushes}:
            self.repeats.append(name)
        else:
            self.pushes.append(Push(alias, name, tuple(events)))
        return True

    async def remember(self, bot: Any, key: str, value: bytes, seconds: int) -> None:
        self._check_store()
        await super().remember(bot, key, value, seconds)

    async def recall(self, bot: Any, key: str) -> bytes | None:
        self._check_store()
        return await super().recall(bot, key)

    def _check_store(self) -> None:
        if self.unavailable:
            raise StoreUnavailable

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a push has made ``condition`` true."""
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[_explain], client_max_size=1 << 20)
        for (method, path), handler in self.handlers.items():
            app.router.add_route(method, path, handler)
        app.router.add_get("/files/{content}", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["content"]])


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response({"error": refusal.code}, status=refusal.status)
