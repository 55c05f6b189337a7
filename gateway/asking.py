"""Asking: the bot's side of a turn. Relays a bot's events into the delivery, keeps what the bot
must be told again, and decides how the answer ends."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import structlog
from msgspec.structs import replace

from gateway import telemetry
from gateway.delivery import Delivery
from gateway.fetching import fetched
from gateway.hearing import heard
from gateway.model import (
    Answered,
    Ask,
    Awaiting,
    Choices,
    Conversation,
    Done,
    EndState,
    Failed,
    Failure,
    File,
    Forgotten,
    Introduction,
    Notice,
    Reference,
    ReplyEvent,
    Suggestions,
    TextDelta,
)
from gateway.ports import (
    CanIntroduce,
    CanRecover,
    CanStop,
    CanTakeFeedback,
    ShowsForms,
    StoreUnavailable,
)
from gateway.recovery import Outcome, Recovery
from gateway.services import Services
from gateway.store.aliases import Place
from gateway.store.leases import Fenced, Lease
from gateway.store.traces import Fact
from gateway.store.work import Work

JITTER = 1.3
"""A bot is asked again up to this many times later than it said."""
STOP_SECONDS = 1.0
"""How long a bot may take to hear that it should stop, before the connection is cut."""

log = structlog.get_logger(__name__)


class Parked(Exception):
    """The turn will be attempted again after ``delay`` seconds; until then its lane is free."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


class Asking:
    """One question to a bot (or a command to the gateway) and its answer."""

    def __init__(
        self,
        services: Services,
        lease: Lease,
        work: Work,
        conversation: Conversation,
        delivery: Delivery,
    ) -> None:
        self.conversation = _with_inputs(conversation, work)
        """As the next turn should find it."""
        self._services = services
        self._lease = lease
        self._work = work
        self._delivery = delivery
        self._bot = services.bot(work.last.bot)
        self._reference = Reference()
        self._halted = work.number <= work.halted
        self._task: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._began = time.monotonic()

    async def run(self) -> None:
        """Ask, and close the delivery. Raises Parked or Fenced; nothing else."""
        self._task = asyncio.current_task()
        try:
            final = None if self._halted else await self._relay()
        except asyncio.CancelledError:
            if not (self._halted and self._task and self._task.uncancel() == 0):
                raise
            final = None
        except Fenced:
            raise
        except Exception:
            log.exception("bot adapter failed", bot=self._bot.name)
            final = Failed(Failure.INTERNAL)
        self._end(None if self._halted else final)

    def halt(self) -> None:
        """Stop: what was shown is kept and the answer ends as stopped."""
        if not self._halted:
            self._halted = True
            self._stopping = asyncio.create_task(self._stop())

    async def _stop(self) -> None:
        # The bot is told first: one that only sees the connection go forgets what it had said.
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._stop_bot()
        if self._task:
            self._task.cancel()

    async def _relay(self) -> ReplyEvent:
        """Show the answer as it comes; its last event."""
        async with aclosing(self._answer()) as events:
            async for event in events:
                match event:
                    case Done() | Awaiting() | Failed():
                        return event
                    case Reference():
                        await self._keep_reference(event)
                    case Forgotten():
                        await self._forget()
                    case Choices():
                        self._offer(event)
                    case File(attachment) if not attachment.content:
                        self._delivery.show(Notice(self._say("file.lost", name=attachment.name)))
                    case _:
                        self._note_first_word(event)
                        self._delivery.show(event)
                if self._delivery.too_long:
                    return Failed(Failure.TOO_LONG)
        return Failed(Failure.INTERNAL, "the bot's answer had no end")

    def _offer(self, choices: Choices) -> None:
        """Let the person choose, by a form or in words as their channel can."""
        channel = self._services.channels[self._work.last.inbound.origin.address.channel]
        if not isinstance(channel, ShowsForms):
            if choices.words:
                gap = "\n\n" if self._delivery.text else ""
                self._delivery.show(TextDelta(gap + choices.words))
            choices = replace(choices, fields=())
        if choices.items or choices.fields:
            self._delivery.show(replace(choices, words=""))

    def _answer(self) -> AsyncGenerator[ReplyEvent, None]:
        if self._work.last.push:
            return _said(self._work.last.push)
        if self._work.last.command:
            return self._answer_command()
        return self._take_up() if self._work.broken else self._answer_by_bot()

    async def _answer_by_bot(self) -> AsyncGenerator[ReplyEvent, None]:
        channel = self._services.channels[self._work.last.inbound.origin.address.channel]
        ask = await fetched(channel, self._ask())
        for file in ask.attachments:
            if file.limit_mb:
                yield Notice(self._say("file.too_large", name=file.name, limit=file.limit_mb))
        ask = replace(ask, attachments=tuple(f for f in ask.attachments if not f.limit_mb))
        if not (ask.text.strip() or ask.attachments):
            yield Done()
            return
        ask = await heard(self._bot, ask)
        self._trace("asked", bot=self._bot.name)
        async with aclosing(self._services.guard.answer(self._bot, ask)) as events:
            async for event in events:
                yield event

    async def _take_up(self) -> AsyncGenerator[ReplyEvent, None]:
        """After an attempt that broke off: the bot is only asked again when nothing was shown."""
        recovery = Recovery(self._services, self._lease, self._work, self._delivery)
        async with aclosing(recovery.events(self._bot, self._ask())) as events:
            async for event in events:
                yield event
        if recovery.outcome is Outcome.ASKED_AGAIN:
            async with aclosing(self._answer_by_bot()) as events:
                async for event in events:
                    yield event

    def _ask(self) -> Ask:
        inbounds = [item.inbound for _, item in self._work.items]
        return Ask(
            turn=self._delivery.turn,
            text="\n\n".join(inbound.text for inbound in inbounds if inbound.text),
            user=self._work.last.user,
            conversation=self.conversation,
            attachments=tuple(file for inbound in inbounds for file in inbound.attachments),
            locale=self._delivery.locale,
            name=inbounds[-1].origin.person.name,
            facts=inbounds[-1].origin.facts,
        )

    async def _answer_command(self) -> AsyncGenerator[ReplyEvent, None]:
        match self._work.last.command:
            case "start":
                async for event in self._begin():
                    yield event
                return
            case "new":
                self.conversation = Conversation(inputs=self.conversation.inputs)
                key = "new_conversation"
            case "stop":
                key = "stopped" if self._work.halts_predecessor else "nothing_to_stop"
            case other:
                key = other
        yield TextDelta(self._say(key))
        yield Done()

    async def _begin(self) -> AsyncGenerator[ReplyEvent, None]:
        """Introduce the bot. What the person came with is an input of the conversation."""
        if came_with := self._work.last.inbound.origin.facts.get("start"):
            inputs = {**self.conversation.inputs, "start": came_with}
            self.conversation = replace(self.conversation, inputs=inputs)
        introduction = Introduction()
        if isinstance(self._bot, CanIntroduce):
            introduction = await self._bot.introduce()
        yield TextDelta(introduction.opening or self._say("start"))
        if introduction.suggestions:
            yield Suggestions(introduction.suggestions)
        yield Done()

    def _note_first_word(self, event: ReplyEvent) -> None:
        if isinstance(event, TextDelta) and not self._delivery.substance:
            waited = time.monotonic() - self._began
            self._trace("first_word", seconds=round(waited, 3))
            telemetry.FIRST_WORD_SECONDS.labels(self._bot.name).observe(waited)

    async def _keep_reference(self, new: Reference) -> None:
        known = self._reference
        self._reference = Reference(
            known.conversation if new.conversation is None else new.conversation,
            new.answer or known.answer,
            new.task or known.task,
        )
        if new.aliases:
            await self._name(new.aliases)
        conversation = self._reference.conversation
        if conversation is not None and conversation != self.conversation.reference:
            await self._save(conversation)
        if self._reference.answer != known.answer and isinstance(
            self._bot, CanTakeFeedback | CanRecover
        ):
            await self._remember_answer()

    async def _remember_answer(self) -> None:
        if not isinstance(self._bot, CanTakeFeedback | CanRecover):
            return
        answered = Answered(
            bot=self._bot.name,
            identity=self._bot.identity,
            user=self._work.last.user,
            conversation=self.conversation.reference,
            answer=self._reference.answer,
        )
        try:
            await self._services.answers.keep(self._lease.lane, self._delivery.turn, answered)
        except StoreUnavailable as error:
            log.warning("the answer cannot be found again later", reason=str(error))

    async def _name(self, aliases: tuple[str, ...]) -> None:
        item = self._work.last
        place = Place(self._lease.lane, item.inbound.origin, item.user)
        try:
            await self._services.aliases.name(self._bot.identity, aliases, place)
        except StoreUnavailable as error:
            log.warning("the bot's pushes may not be known yet", reason=str(error))

    async def _forget(self) -> None:
        log.warning("the bot no longer knew the conversation", bot=self._bot.name)
        self._reference = Reference()
        await self._save("")
        self._delivery.show(Notice(self._say("forgotten")))

    async def _save(self, reference: str) -> None:
        self.conversation = replace(self.conversation, reference=reference)
        try:
            await self._services.inbox.save(self._lease, self._bot.identity, self.conversation)
        except StoreUnavailable as error:
            # Sealing the turn writes it once more.
            log.warning("conversation not saved yet", reason=str(error))

    async def _stop_bot(self) -> None:
        if isinstance(self._bot, CanStop) and self._reference.task:
            await self._bot.stop_answer(self._ask(), self._reference)

    def _end(self, final: ReplyEvent | None) -> None:
        match final:
            case Done():
                self._delivery.end(EndState.DONE)
            case Awaiting():
                self._delivery.end(EndState.AWAITING)
            case Failed():
                self._fail(final)
            case _:
                self._delivery.end(EndState.STOPPED, self._say("stopped"))

    def _fail(self, failed: Failed) -> None:
        attempt = self._work.attempt
        retry_after = None if self._delivery.substance else failed.retry_after
        retrying = retry_after is not None and attempt < self._services.limits.bot_attempts
        self._trace("failed", failure=failed.failure.value, retrying=retrying)
        log.warning(
            "bot failed",
            bot=self._bot.name,
            failure=failed.failure.value,
            detail=failed.detail,
            attempt=attempt,
            retrying=retrying,
        )
        if retry_after is not None and retrying:
            telemetry.RETRIES.labels(self._bot.name).inc()
            # Those who failed together must not come back together.
            spread = random.uniform(1, JITTER)  # noqa: S311
            raise Parked(retry_after * 2 ** (attempt - 1) * spread)
        self._delivery.end(EndState.FAILED, self._say(f"failed.{failed.failure.value}"))

    def _trace(self, what: str, **facts: Fact) -> None:
        self._services.traces.note(self._lease.lane, self._delivery.turn, what, **facts)

    def _say(self, key: str, **values: object) -> str:
        return self._services.texts.get(self._delivery.locale, key, **values)


def _with_inputs(conversation: Conversation, work: Work) -> Conversation:
    """The conversation, with the inputs that its messages bring along."""
    brought = {name: value for _, item in work.items for name, value in item.inbound.inputs.items()}
    if not brought:
        return conversation
    return replace(conversation, inputs={**conversation.inputs, **brought})


async def _said(events: tuple[ReplyEvent, ...]) -> AsyncGenerator[ReplyEvent, None]:
    for event in events:
        yield event
    yield Done()
