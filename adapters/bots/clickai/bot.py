"""The bot: one ClickAI app behind the gateway's port."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from yarl import URL

from adapters.bots.clickai import wire
from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.client import Client
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.errors import BrokenOff, ClientError, Refused, Silent
from gateway.model import Ask, Forgotten, Introduction, Reference, ReplyEvent
from gateway.ports import GatewayForBots

_LINGER = 2.0
"""Seconds in which an answer whose text is whole may still be ended by its own event."""
_INTRODUCTION_KEPT = 60.0

log = structlog.get_logger()


class _Gone(Exception):
    """ClickAI does not know the conversation, and nothing of an answer has come."""


class ClickAIBot:
    """Answers with one ClickAI chat, agent or chatflow app.

    A conversation that the app no longer knows is begun anew within the same answer, once.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self._config = config
        self._client: Client
        self._running: set[Answer] = set()
        self._introduction = Introduction()
        self._introduced_at = float("-inf")
        self._introducing = asyncio.Lock()

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready. Asks nothing of the server."""
        self._client = Client(
            gateway.http,
            self._config.base_url,
            self._config.api_key.get_secret_value(),
            idle=self._config.idle_timeout,
            content=self._config.content_timeout,
            connect=self._config.connect_timeout,
        )

    async def stop(self) -> None:
        """Nothing is held between answers."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Ask and stream the answer; ends with exactly one Done or Failed."""
        try:
            async with aclosing(self._attempt(ask, ask.conversation.reference)) as events:
                async for event in events:
                    yield event
            return
        except _Gone:
            log.info("clickai.conversation_forgotten", bot=self.name, turn=ask.turn)
        yield Forgotten()
        async with aclosing(self._attempt(ask, "")) as events:
            async for event in events:
                yield event

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Ask ClickAI to stop. Does not raise, and returns within five seconds."""
        if not reference.task:
            return
        for answer in self._running:
            if answer.reference.task == reference.task:
                answer.stopped = True
        try:
            await self._client.stop(reference.task, ask.user)
        except ClientError as error:
            log.warning("clickai.stop_failed", bot=self.name, turn=ask.turn, error=str(error))

    async def introduce(self) -> Introduction:
        """The app's opening statement, at most a minute old. Does not raise."""
        async with self._introducing:
            now = asyncio.get_running_loop().time()
            if now - self._introduced_at >= _INTRODUCTION_KEPT:
                self._introduction = await self._ask_introduction()
                self._introduced_at = now
            return self._introduction

    async def _ask_introduction(self) -> Introduction:
        try:
            parameters = await self._client.parameters()
        except ClientError as error:
            log.warning("clickai.introduction_failed", bot=self.name, error=str(error))
            return Introduction()
        suggestions = filter(None, parameters.suggested_questions or ())
        return Introduction(parameters.opening_statement or "", tuple(suggestions))

    async def _attempt(self, ask: Ask, conversation: str) -> AsyncGenerator[ReplyEvent]:
        answer = Answer()
        self._running.add(answer)
        try:
            async with aclosing(self._chat(ask, conversation)) as stream:
                while not answer.ended:
                    for event in answer.translate(await _next(stream, answer)):
                        yield event
        except ClientError as error:
            if conversation and not answer.begun and await self._is_gone(ask, error):
                raise _Gone from None
            # Letting go of the connection may fail too, when all has been said.
            if not answer.ended:
                yield answer.fail(error)
        finally:
            self._running.discard(answer)

    def _chat(self, ask: Ask, conversation: str) -> AsyncGenerator[wire.ChatEvent]:
        return self._client.chat(
            ask.text,
            ask.user,
            conversation,
            {**self._config.inputs, **ask.conversation.inputs},
            auto_generate_name=self._config.auto_generate_name,
        )

    async def _is_gone(self, ask: Ask, error: ClientError) -> bool:
        """Whether the app has lost the conversation, as far as can be found out."""
        match error:
            case Refused(forgotten=True):
                return True
            case Refused(midway=False):
                return False
            case Refused() | Silent() | BrokenOff():
                # Since 1.13 a chatflow that cannot find its conversation says nothing at all.
                return await self._probe(ask)
        return False

    async def _probe(self, ask: Ask) -> bool:
        try:
            await self._client.messages(ask.conversation.reference, ask.user, limit=1)
        except ClientError as error:
            return isinstance(error, Refused) and error.forgotten
        return False


async def _next(stream: AsyncGenerator[wire.ChatEvent], answer: Answer) -> wire.ChatEvent:
    try:
        async with asyncio.timeout(_LINGER if answer.finished else None):
            return await anext(stream)
    except (StopAsyncIteration, TimeoutError):
        raise BrokenOff("the stream ended before the answer") from None


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.app}"
    return f"clickai:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
