"""The sandbox's ClickAI, which says what a test lets it say and notes what it hears."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.sandbox import clickai_speaking
from gateway.sandbox.answers import Answer, Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.delivery import Delivery
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

HELD = 3600.0
"""The pace of an answer that goes on when a test says so."""


class Heard(NamedTuple):
    """A request that the bot was sent."""

    method: str
    path: str
    body: dict[str, Any]


class Bot:
    """The sandbox's ClickAI, with what it heard and whatever a test lets it say."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[Heard] = []
        self.answered: list[str] = []
        self.says: dict[str, Answer] = {}
        self.memory = Memory()
        self.words = asyncio.Semaphore(0)
        self.stops = 0
        self._answers = Answers("# Chat Gateway\n")

    def answer(self, query: str, earlier: Sequence[str]) -> Answer:
        """What it says."""
        return self.says.get(query) or self._answers.answer(query, earlier)

    def holds(self, query: str, text: str, words: int = 2) -> None:
        """Answer ``query`` with so many words, and with the rest of ``text`` when it may go on."""
        self.says[query] = Answer(text, pace=HELD)
        self.words = asyncio.Semaphore(words)

    def goes_on(self, words: int = 1000) -> None:
        """Say some words that were held, or all."""
        for _ in range(words):
            self.words.release()

    def forget(self) -> None:
        """Forget what was heard so far."""
        self.heard.clear()
        self.answered.clear()
        self.stops = 0

    def delivery(self, request: web.Request, interval: float, *, lasts: bool = False) -> Delivery:
        """What an answer is said by."""
        return Hesitant(self, request, interval, lasts=lasts)

    def asked(self) -> list[str]:
        """The questions."""
        return [str(body["query"]) for body in self.bodies("/chat-messages")]

    def bodies(self, ending: str, method: str = "POST") -> list[dict[str, Any]]:
        """What was sent to an address."""
        return [body for verb, path, body in self.heard if verb == method and path.endswith(ending)]

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Write down a request."""
        is_json = request.content_type == "application/json" and request.can_read_body
        body = await request.json() if is_json else {}
        self.heard.append(Heard(request.method, request.path, body))
        response = await handler(request)
        if query := body.get("query"):
            self.answered.append(query)
        return response


class Hesitant(Delivery):
    """Says the next word of an answer that is held when it may."""

    def __init__(self, bot: Bot, request: web.Request, interval: float, *, lasts: bool) -> None:
        super().__init__(request, interval, lasts=lasts)
        self._bot = bot

    async def pause(self, seconds: float) -> bool:
        """Wait. False as soon as the answer was stopped."""
        if seconds != HELD:
            return await super().pause(seconds)
        going = asyncio.ensure_future(self._bot.words.acquire())
        stopped = asyncio.ensure_future(self.stopped.wait())
        await asyncio.wait((going, stopped), return_when=asyncio.FIRST_COMPLETED)
        going.cancel()
        stopped.cancel()
        self._bot.stops += self.stopped.is_set()
        return not self.stopped.is_set()


@contextlib.asynccontextmanager
async def open_bot() -> AsyncIterator[Bot]:
    """A bot that listens."""
    bot = Bot()
    app = ClickAI(bot.answer, bot.memory, pace=0.002).application()
    app.middlewares.insert(0, bot.note)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clickai_speaking, "Delivery", bot.delivery)
        async with serving(app, "127.0.0.1", 0) as port:
            bot.url = f"http://127.0.0.1:{port}/v1"
            yield bot
