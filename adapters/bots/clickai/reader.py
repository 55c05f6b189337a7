"""The reading of one answer, from its first event to what follows the last word."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from msgspec import Struct

from adapters.bots.clickai import wire
from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.app import App
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.collector import Collector
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.kinds import Kind
from adapters.bots.errors import BrokenOff, ClientError
from gateway.model import Ask, Done, ReplyEvent, Suggestions
from gateway.ports import Bot, GatewayForBots

_LINGER = 2.0
"""Seconds in which an answer whose text is whole may still be ended by its own event."""
_SPEAKING = 10.0
"""Seconds between two pieces of its speech."""
_SUGGESTING = 5.0

Reply = AsyncGenerator[ReplyEvent]
Events = AsyncGenerator[wire.AppEvent | wire.Unknown]

log = structlog.get_logger()


class Desk(Struct, frozen=True):
    """What all exchanges of one bot work with. ``running`` are the answers being read."""

    bot: Bot
    config: Config
    gateway: GatewayForBots
    client: ClickAI
    app: App
    running: set[Answer]


class Reader:
    """Reads what is answered to ``ask``, and fetches what belongs to it."""

    def __init__(self, desk: Desk, ask: Ask) -> None:
        self._desk = desk
        self._ask = ask
        self._files = Collector(desk.gateway, desk.client)

    async def read(self, kind: Kind, answer: Answer, stream: Events) -> Reply:
        """All of ``answer``, with its Done or Failed.

        Raises the ClientError that ended it before that was settled.
        """
        try:
            async with aclosing(self._follow(answer, stream)) as events:
                async for event in events:
                    yield event
        except ClientError:
            # Letting go of the connection may fail too, when all has been said.
            if not answer.settled:
                raise
        ending = self._ask_person(answer) if answer.paused else self._conclude(kind, answer)
        async with aclosing(ending) as events:
            async for event in events:
                yield event

    async def _follow(self, answer: Answer, stream: Events) -> Reply:
        self._desk.running.add(answer)
        try:
            async with aclosing(stream):
                while not answer.over:
                    async for said in self._take(answer, await _next(stream, answer)):
                        yield said
        finally:
            self._desk.running.discard(answer)

    async def _take(self, answer: Answer, event: wire.AppEvent | wire.Unknown) -> Reply:
        if isinstance(event, wire.Unknown):
            self._desk.gateway.ignored(self._desk.bot, event.kind)
            return
        for said in answer.translate(event):
            yield said
        for file in await self._files.collect(answer.new_files()):
            if text := await self._files.text(file):
                for said in answer.add(text):
                    yield said
            else:
                yield answer.attach(file)

    async def _conclude(self, kind: Kind, answer: Answer) -> Reply:
        """What follows the last word, and the end."""
        if speech := answer.speech and answer.speech.whole():
            file = await self._desk.gateway.keep("answer.mp3", "audio/mpeg", speech)
            yield answer.attach(file)
        last = answer.end()
        if isinstance(last, Done) and not answer.stopped:
            async for said in self._suggest(kind, answer.message):
                yield said
        yield last

    async def _ask_person(self, answer: Answer) -> Reply:
        token = (answer.paused and answer.paused.form_token) or ""
        forms, user = self._desk.client.forms, self._ask.user
        for said in answer.ask_person(bool(token) and await forms.offered(token, user)):
            yield said

    async def _suggest(self, kind: Kind, message: str) -> Reply:
        desk = self._desk
        try:
            async with asyncio.timeout(_SUGGESTING):
                if not (message and await desk.app.suggests(kind)):
                    return
                found = await desk.client.messages.suggested(message, self._ask.user)
        except (ClientError, TimeoutError) as error:
            reason = str(error) or f"no answer within {_SUGGESTING:g} s"
            log.warning("clickai.suggestions_failed", bot=desk.bot.name, error=reason)
            return
        if questions := tuple(filter(str.strip, found)):
            yield Suggestions(questions)


async def _next(stream: Events, answer: Answer) -> wire.AppEvent | wire.Unknown:
    patience = _SPEAKING if answer.speech else _LINGER
    try:
        async with asyncio.timeout(patience if answer.whole else None):
            return await anext(stream)
    except (StopAsyncIteration, TimeoutError):
        raise BrokenOff("the stream ended before the answer") from None
