"""The bot: one ClickAI app behind the gateway's port."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from yarl import URL

from adapters.bots.clickai import wire
from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.app import App
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.forms import Waiting, recall, remember
from adapters.bots.clickai.transport import Limits
from adapters.bots.errors import BrokenOff, ClientError, Silent
from gateway.model import Ask, Forgotten, Introduction, Reference, ReplyEvent
from gateway.ports import Description, GatewayForBots

_LINGER = 2.0
"""Seconds in which an answer whose text is whole may still be ended by its own event."""
_STOPPING = 5.0
_MOST_KINDS = 100

Events = AsyncGenerator[wire.AppEvent | wire.Unknown]

log = structlog.get_logger()


class _Gone(Exception):
    """ClickAI does not know the conversation, and nothing of an answer has come."""


class ClickAIBot:
    """Answers with one ClickAI app, of whatever kind.

    A conversation that the app no longer knows is begun anew within the same answer, once. A
    workflow that waits for a form ends its answer with the form's choices, and goes on when the
    person's next message is one of them.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self._config = config
        self._client: ClickAI
        self._app: App
        self._running: set[Answer] = set()
        self._unknown: set[str] = set()
        self._takes_forms: bool | None = None

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready. Asks nothing of the server."""
        config = self._config
        limits = Limits(
            idle=config.idle_timeout,
            content=config.content_timeout,
            connect=config.connect_timeout,
            blocking=config.blocking_timeout,
        )
        key = config.api_key.get_secret_value()
        self._client = ClickAI(key, base_url=config.base_url, http=gateway.http, limits=limits)
        self._app = App(self._client, config, self.name)

    async def stop(self) -> None:
        """Nothing is held between answers."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Ask and stream the answer; ends with exactly one Done or Failed."""
        conversation, form = recall(ask.conversation.reference)
        if form and (action := form.chosen(ask.text)):
            answering = self._resume(ask, conversation, form, action)
        else:
            answering = self._begin(ask, conversation, form)
        async with aclosing(answering) as events:
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
            async with asyncio.timeout(_STOPPING):
                kind = await self._app.kind()
                await self._client.asking(kind).stop(reference.task, ask.user)
        except (ClientError, TimeoutError) as error:
            log.warning("clickai.stop_failed", bot=self.name, turn=ask.turn, error=str(error))

    async def introduce(self) -> Introduction:
        """The app's opening statement, at most a minute old. Does not raise."""
        return await self._app.introduction()

    async def describe(self) -> Description:
        """What the app is, and what in the configuration does not fit it. Does not raise."""
        return await self._app.describe()

    async def _begin(
        self, ask: Ask, conversation: str, form: Waiting | None
    ) -> AsyncGenerator[ReplyEvent]:
        if form:
            # The person has said something else: the form is left where it is.
            yield Reference(conversation=remember(conversation, None))
        try:
            async with aclosing(self._attempt(ask, conversation)) as events:
                async for event in events:
                    yield event
            return
        except _Gone:
            log.info("clickai.conversation_forgotten", bot=self.name, turn=ask.turn)
        yield Forgotten()
        async with aclosing(self._attempt(ask, "")) as events:
            async for event in events:
                yield event

    async def _attempt(self, ask: Ask, conversation: str) -> AsyncGenerator[ReplyEvent]:
        answer = Answer()
        try:
            kind = await self._app.kind()
            question = await self._app.question(ask, conversation, kind)
            stream = self._config.response_mode == "streaming"
            answer = Answer(kind, conversation)
            asked = self._client.asking(kind).events(question, stream=stream)
            async with aclosing(self._follow(ask, answer, asked)) as events:
                async for event in events:
                    yield event
        except ClientError as error:
            if conversation and not answer.begun and await self._is_gone(ask, conversation, error):
                raise _Gone from None
            # Letting go of the connection may fail too, when all has been said.
            if not answer.ended:
                yield answer.fail(error)

    async def _resume(
        self, ask: Ask, conversation: str, form: Waiting, action: str
    ) -> AsyncGenerator[ReplyEvent]:
        answer, done = Answer(), Reference(conversation=remember(conversation, None))
        try:
            answer = Answer(await self._app.kind(), conversation)
            await self._client.forms.submit(form.token, ask.user, action, form.inputs)
            yield done
            asked = self._client.forms.events(form.run, ask.user)
            async with aclosing(self._follow(ask, answer, asked)) as events:
                async for event in events:
                    yield event
        except ClientError as error:
            if isinstance(error, Refused) and error.status in {404, 412}:
                yield done
            if not answer.ended:
                yield answer.fail(error)

    async def _follow(self, ask: Ask, answer: Answer, stream: Events) -> AsyncGenerator[ReplyEvent]:
        self._running.add(answer)
        try:
            async with aclosing(stream):
                while not answer.ended:
                    event = await _next(stream, answer)
                    if isinstance(event, wire.Unknown):
                        self._note(event.kind)
                        continue
                    for said in answer.translate(event):
                        yield said
                    async for said in self._accompany(ask, answer):
                        yield said
        finally:
            self._running.discard(answer)

    async def _accompany(self, ask: Ask, answer: Answer) -> AsyncGenerator[ReplyEvent]:
        """What takes a request of its own: files that hold text, and forms."""
        for url in answer.new_files():
            for said in answer.add(await self._client.files.fetch_text(url)):
                yield said
        if answer.paused:
            for said in answer.ask_person(await self._offers(answer.paused, ask.user)):
                yield said

    async def _offers(self, form: wire.Form, user: str) -> bool:
        if not form.form_token:
            return False
        if self._takes_forms is None:
            self._takes_forms = await self._client.forms.offered(form.form_token, user)
        return self._takes_forms

    def _note(self, kind: str) -> None:
        if kind not in self._unknown and len(self._unknown) < _MOST_KINDS:
            self._unknown.add(kind)
            log.info("clickai.event_unknown", bot=self.name, kind=kind)

    async def _is_gone(self, ask: Ask, conversation: str, error: ClientError) -> bool:
        """Whether the app has lost the conversation, as far as can be found out."""
        match error:
            case Refused(forgotten=True):
                return True
            case Refused(midway=False):
                return False
            case Refused() | Silent() | BrokenOff():
                # Since 1.13 a chatflow that cannot find its conversation says nothing at all.
                return await self._probe(ask, conversation)
        return False

    async def _probe(self, ask: Ask, conversation: str) -> bool:
        try:
            await self._client.messages.list(conversation, ask.user, limit=1)
        except ClientError as error:
            return isinstance(error, Refused) and error.forgotten
        return False


async def _next(stream: Events, answer: Answer) -> wire.AppEvent | wire.Unknown:
    try:
        async with asyncio.timeout(_LINGER if answer.finished else None):
            return await anext(stream)
    except (StopAsyncIteration, TimeoutError):
        raise BrokenOff("the stream ended before the answer") from None


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.app}"
    return f"clickai:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
