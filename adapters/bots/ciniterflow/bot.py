"""The bot: one CiniterFlow flow behind the gateway's port."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing

import structlog
from msgspec.structs import replace
from yarl import URL

from adapters.bots.ciniterflow import session, wire
from adapters.bots.ciniterflow.answer import Answer
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.config import Config
from adapters.bots.ciniterflow.errors import Refused
from adapters.bots.ciniterflow.facts import FlowFacts
from adapters.bots.ciniterflow.forms import Form
from adapters.bots.ciniterflow.session import Session
from adapters.bots.errors import BrokenOff, ClientError
from gateway.model import (
    Ask,
    Choice,
    Choices,
    Done,
    Failed,
    Failure,
    Forgotten,
    Introduction,
    Reference,
    ReplyEvent,
    TextDelta,
)
from gateway.ports import Description, GatewayForBots

_LINGER = 2.0
"""Seconds in which an answer that is whole may still be ended by its own event."""

log = structlog.get_logger()


class _Gone(Exception):
    """What a person was asked to decide waits no longer, and nothing of an answer has come."""

    def __init__(self, error: Refused) -> None:
        super().__init__(str(error))
        self.forgotten = error.forgotten


class CiniterFlowBot:
    """Answers with one CiniterFlow chatflow or agentflow.

    The server keeps no list of conversations: it takes any session that is named to it. So the
    bot names them, in a reference that also holds what the flow waits for.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self._config = config
        self._client: Client
        self._facts: FlowFacts
        self._running: dict[str, Answer] = {}

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready. Asks nothing of the server."""
        config = self._config
        self._client = Client(
            gateway.http,
            config.base_url,
            config.flow_id,
            config.api_key.get_secret_value() if config.api_key else "",
            idle=config.idle_timeout,
            content=config.content_timeout,
            connect=config.connect_timeout,
            headers=config.header_timeout,
        )
        self._facts = FlowFacts(self.name, self._client, streaming=config.streaming)

    async def describe(self) -> Description:
        """What the flow can do. Does not raise."""
        try:
            facts = await self._facts.get()
        except ClientError as error:
            return Description(problem=str(error))
        abilities = {"streams": "yes" if facts.streaming else "no"}
        return Description(abilities | ({"begins": "with a form"} if facts.form else {}))

    async def stop(self) -> None:
        """Let go of the inquiry about the flow, if one runs."""
        await self._facts.close()

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Ask and stream the answer; ends with exactly one Done or Failed."""
        here = session.decode(ask.conversation.reference)
        forgotten = bool(ask.conversation.reference and not here)
        try:
            async with aclosing(self._turn(ask, here, forgotten=forgotten)) as events:
                async for event in events:
                    yield event
            return
        except _Gone as gone:
            log.info("ciniterflow.decision_gone", bot=self.name, turn=ask.turn)
            here = None if gone.forgotten or not here else replace(here, pending=None)
        async with aclosing(self._turn(ask, here, forgotten=here is None)) as events:
            async for event in events:
                yield event

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Ask CiniterFlow to stop. Does not raise, and returns within five seconds.

        It does not stop every kind of flow; the answer ends here with its next event.
        """
        if not reference.task:
            return
        if answer := self._running.get(reference.task):
            answer.stopped = True
        try:
            await self._client.abort(reference.task)
        except ClientError as error:
            log.warning("ciniterflow.stop_failed", bot=self.name, turn=ask.turn, error=str(error))

    async def introduce(self) -> Introduction:
        """The flow's welcome message, at most a minute old. Does not raise."""
        try:
            return (await self._facts.get()).introduction
        except ClientError as error:
            log.warning("ciniterflow.introduction_failed", bot=self.name, error=str(error))
            return Introduction()

    async def _turn(
        self, ask: Ask, here: Session | None, *, forgotten: bool
    ) -> AsyncGenerator[ReplyEvent]:
        if forgotten:
            yield Forgotten()
        if not ask.text.strip():
            # The flow would be told "undefined".
            yield Failed(Failure.REJECTED, "the message has no text")
            return
        try:
            facts = await self._facts.get()
        except ClientError as error:
            yield Failed(error.failure, str(error), error.retry_after)
            return
        there, what = _step(ask.text, here or session.new(), facts.form)
        if facts.form and not what:
            for event in _request(facts.form, there, ask.locale):
                yield event
            return
        answer = Answer(there.begun(busy=there.chat in self._running))
        # Before anything is awaited or yielded: another answer must not take the same chat.
        self._running[answer.run.chat] = answer
        try:
            # What is saved must say that a prediction runs, whatever becomes of it.
            for event in answer.refer() if here else ():
                yield event
            async with aclosing(self._relay(ask, answer, what, facts.streaming)) as events:
                async for event in events:
                    yield event
        finally:
            del self._running[answer.run.chat]

    async def _relay(
        self, ask: Ask, answer: Answer, what: Mapping[str, object], streaming: bool
    ) -> AsyncGenerator[ReplyEvent]:
        try:
            async with aclosing(self._predict(ask, answer.run, what, streaming)) as stream:
                while not answer.ended:
                    for event in answer.translate(await _next(stream, answer)):
                        yield event
        except ClientError as error:
            if isinstance(error, Refused) and error.stale and not answer.begun:
                raise _Gone(error) from None
            # Letting go of the connection may fail too, when all has been said.
            if not answer.ended:
                for event in answer.fail(error):
                    yield event

    def _predict(
        self, ask: Ask, run: Session, what: Mapping[str, object], streaming: bool
    ) -> AsyncGenerator[wire.FlowEvent]:
        override = self._config.override_config
        return self._client.predict(
            what,
            run.chat,
            run.id,
            override=override,
            streaming=streaming,
            private=(ask.text, *map(str, override.values())),
        )


def _step(text: str, here: Session, form: Form | None) -> tuple[Session, Mapping[str, object]]:
    """What to send, and the conversation as it is then; nothing while the form is not filled."""
    if here.pending and (reply := here.pending.reply(text)):
        return here, reply
    if form is None or here.filled:
        return here, {"question": text}
    given = form.read(text, here.form or {})
    if form.missing(given):
        return replace(here, form=given), {}
    return replace(here, form=here.form or {}), {"form": form.values(given)}


def _request(form: Form, here: Session, locale: str) -> Iterator[ReplyEvent]:
    given = here.form or {}
    yield Reference(here.encode())
    yield TextDelta(form.request(given, locale))
    match form.missing(given):
        case [field] if field.options:
            yield Choices(field.label, tuple(Choice(each, each) for each in field.options))
    yield Done()


async def _next(stream: AsyncGenerator[wire.FlowEvent], answer: Answer) -> wire.FlowEvent:
    try:
        async with asyncio.timeout(_LINGER if answer.finished else None):
            return await anext(stream)
    except (StopAsyncIteration, TimeoutError):
        raise BrokenOff("the stream ended before the answer") from None


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.flow_id}"
    return f"ciniterflow:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
