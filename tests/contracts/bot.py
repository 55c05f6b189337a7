"""The contract of a bot, whatever vendor is behind it.

A subclass provides ``make``: a bot with an address and a key; ``url``: where the vendor's server
(or its stand-in) answers; ``slow`` and ``plain``: a question that takes seconds, and one that does
not; ``bad_key``: a key the server refuses.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import ClassVar

import aiohttp
import pytest
from support.handed import Handed
from support.servers import free_port

from gateway.model import (
    Ask,
    Conversation,
    Done,
    Failed,
    Failure,
    Forgotten,
    Introduction,
    Reference,
    ReplyEvent,
    TextDelta,
)
from gateway.ports import Bot, CanIntroduce, CanStop

Make = Callable[..., Bot]


class BotContract:
    """What holds for every bot."""

    plain = "My name is Sarah"
    slow = "count slowly to 50"
    good_key = "key-of-a-contract-test"
    bad_key = "bad-key-of-a-contract-test"
    unknown_conversation: ClassVar[str]

    def make(self, url: str, key: str) -> Bot:
        raise NotImplementedError

    @pytest.fixture
    async def start(self, http: aiohttp.ClientSession) -> AsyncIterator[Make]:
        started: list[Bot] = []

        async def start(url: str, key: str = "") -> Bot:
            bot = self.make(url, key or self.good_key)
            await bot.start(Handed(http))
            started.append(bot)
            return bot

        yield start
        for bot in started:
            await bot.stop()

    def ask(self, text: str, reference: str = "") -> Ask:
        conversation = Conversation(reference)
        return Ask(turn="1", text=text, user="contract", conversation=conversation)

    async def events(self, bot: Bot, ask: Ask) -> list[ReplyEvent]:
        async with asyncio.timeout(20), aclosing(bot.answer(ask)) as answer:
            return [event async for event in answer]

    def text(self, events: list[ReplyEvent]) -> str:
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    async def test_an_answer_ends_once_and_last(self, start: Make, url: str) -> None:
        events = await self.events(await start(url), self.ask(self.plain))
        assert isinstance(events[-1], Done)
        assert not any(isinstance(event, Done | Failed) for event in events[:-1])
        assert self.text(events)

    async def test_the_conversation_is_known_before_the_first_word(
        self, start: Make, url: str
    ) -> None:
        events = await self.events(await start(url), self.ask(self.plain))
        kinds = [type(event) for event in events]
        assert kinds.index(Reference) < kinds.index(TextDelta)

    async def test_a_conversation_goes_on(self, start: Make, url: str) -> None:
        bot = await start(url)
        events = await self.events(bot, self.ask("My name is Sarah"))
        reference = next(e.conversation for e in events if isinstance(e, Reference))
        again = await self.events(bot, self.ask("what is my name?", reference))
        assert "Sarah" in self.text(again)
        assert not any(isinstance(event, Forgotten) for event in again)

    async def test_a_conversation_that_is_gone_begins_anew(self, start: Make, url: str) -> None:
        ask = self.ask(self.plain, self.unknown_conversation)
        events = await self.events(await start(url), ask)
        kinds = [type(event) for event in events]
        assert kinds.count(Forgotten) == 1
        assert kinds.index(Forgotten) < kinds.index(Reference)
        assert isinstance(events[-1], Done)

    async def test_a_server_that_is_away_is_a_failure(self, start: Make) -> None:
        bot = await start(f"http://127.0.0.1:{free_port()}/v1")
        (failed,) = await self.events(bot, self.ask(self.plain))
        assert isinstance(failed, Failed)
        assert failed.failure is Failure.UNAVAILABLE
        assert failed.retry_after is not None

    async def test_a_refused_key_is_the_operator_s_and_stays_secret(
        self, start: Make, url: str
    ) -> None:
        bot = await start(url, self.bad_key)
        *named, failed = await self.events(bot, self.ask(self.plain))
        assert all(isinstance(event, Reference) for event in named)
        assert isinstance(failed, Failed)
        assert failed.failure is Failure.MISCONFIGURED
        assert failed.retry_after is None
        assert self.bad_key not in failed.detail

    async def test_what_the_person_wrote_is_in_no_detail(self, start: Make) -> None:
        bot = await start(f"http://127.0.0.1:{free_port()}/v1")
        (failed,) = await self.events(bot, self.ask("my private words"))
        assert isinstance(failed, Failed)
        assert "private" not in failed.detail

    async def test_leaving_an_answer_lets_go_of_the_connection(
        self, start: Make, url: str, http: aiohttp.ClientSession
    ) -> None:
        bot = await start(url)
        async with aclosing(bot.answer(self.ask(self.slow))) as answer:
            async for event in answer:
                if isinstance(event, TextDelta):
                    break
        connector = http.connector
        assert connector
        assert len(connector._acquired) == 0

    async def test_a_running_answer_can_be_stopped(self, start: Make, url: str) -> None:
        bot = await start(url)
        assert isinstance(bot, CanStop)
        ask = self.ask(self.slow)
        reference = Reference()
        async with asyncio.timeout(5), aclosing(bot.answer(ask)) as answer:
            async for event in answer:
                if isinstance(event, Reference):
                    reference = event
                elif isinstance(event, TextDelta):
                    await bot.stop_answer(ask, reference)
        assert isinstance(event, Done)

    async def test_stopping_and_introducing_never_raise(self, start: Make) -> None:
        bot = await start(f"http://127.0.0.1:{free_port()}/v1")
        assert isinstance(bot, CanStop)
        assert isinstance(bot, CanIntroduce)
        await bot.stop_answer(self.ask("x"), Reference(task="t"))
        assert await bot.introduce() == Introduction()

    def test_conversations_belong_to_the_app_and_not_to_the_key(self) -> None:
        one, renewed = (self.make("http://a/v1", key) for key in ("key-one", "key-two"))
        other = self.make("http://b/v1", "key-one")
        assert one.identity == renewed.identity != other.identity
        assert "key-one" not in one.identity
