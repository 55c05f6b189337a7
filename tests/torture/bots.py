"""The bots of the run: the sandbox's servers with answers that name their question."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar

from aiohttp import web
from msgspec import Struct

from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving
from torture.plan import Manner

WORDS = (
    "the",
    "answer",
    "không",
    "phải",
    "cũng",
    "🙂",
    "comes",
    "—",
    "‘it’",
    "👩‍🚀",
    "whole,",
    "ok",
)
ENDINGS = {
    Manner.WHOLE: Ending.WHOLE,
    Manner.FAIL: Ending.FAILURE,
    Manner.MIDWAY: Ending.FAILURE,
    Manner.CUT: Ending.CUT,
    Manner.HANG: Ending.SILENCE,
}

_caller: ContextVar["Caller"] = ContextVar("caller")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Asked(Struct, frozen=True):
    """A question that reached a bot. ``earlier`` are the tokens of its conversation there."""

    at: float
    token: str
    replica: str
    earlier: tuple[str, ...]


class Caller(Struct):
    """A request to a bot that is not over yet."""

    replica: str
    token: str = ""


class Bots:
    """Answers every question in the manner it asks for, and remembers who asked what."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._open: list[Caller] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[dict[str, str]]:
        """Serve both; the address of each."""
        apis = {
            "clickai": ClickAI(self._answer, Memory()),
            "ciniterflow": CiniterFlow(self._answer),
        }
        async with AsyncExitStack() as stack:
            urls = {}
            for name, api in apis.items():
                app = api.application()
                app.middlewares.append(self._notice)
                port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
                urls[name] = f"http://127.0.0.1:{port}"
            yield urls

    def running(self, replica: str) -> list[str]:
        """The tokens of the questions whose answers a replica is listening to."""
        return [caller.token for caller in self._open if caller.replica == replica]

    @web.middleware
    async def _notice(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        # Each replica has a key of its own: it is how a bot knows who asks.
        caller = Caller(request.headers.get("Authorization", "").removeprefix("Bearer "))
        _caller.set(caller)
        self._open.append(caller)
        try:
            return await handler(request)
        finally:
            self._open.remove(caller)

    def _answer(self, query: str, earlier: Sequence[str]) -> Answer:
        token, manner, _, pace = query.split()
        caller = _caller.get()
        caller.token = token
        tokens = tuple(each.split()[0] for each in earlier)
        self.asked.append(Asked(time.monotonic(), token, caller.replica, tokens))
        return Answer(said(query), ENDINGS[Manner(manner)], int(pace) / 1000)


def said(query: str) -> str:
    """All that a bot says to a question."""
    token, manner, length, _ = query.split()
    if manner == Manner.FAIL:
        return ""
    dice = random.Random(token)
    return " ".join([f"[{token}]", *(dice.choice(WORDS) for _ in range(int(length))), "[end]"])
