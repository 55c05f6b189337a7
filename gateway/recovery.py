"""Recovery: what becomes of a question whose asker died in the middle of the answer.

What the bot has of the answer comes first. Else what people were shown is kept, and they are told
that it broke off. Only a question of which nobody has seen an answer is asked again: so there are
never two answers to one question.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum

import structlog

from gateway import telemetry
from gateway.delivery import Delivery
from gateway.model import Ask, Failed, Failure, ReplyEvent, TextDelta
from gateway.ports import Bot, CanRecover, LogsReplies
from gateway.services import Services
from gateway.store.connection import patiently
from gateway.store.leases import Lease
from gateway.store.work import Work

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """How a turn that broke off went on."""

    FOUND = "found"
    """The bot had the answer, or says what is to come of it."""
    KEPT = "kept"
    """What was shown stays, and is said to be all."""
    ASKED_AGAIN = "asked_again"
    """Nobody has seen anything: the question is asked once more."""


class Recovery:
    """Takes up one turn. ``outcome`` holds once ``events`` has ended."""

    def __init__(self, services: Services, lease: Lease, work: Work, delivery: Delivery) -> None:
        self.outcome = Outcome.ASKED_AGAIN
        self._services = services
        self._lease = lease
        self._work = work
        self._delivery = delivery

    async def events(self, bot: Bot, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        """The answer, as far as there is one; nothing when the bot is to be asked again."""
        async with aclosing(self._found(bot, ask)) as events:
            async for event in events:
                self.outcome = Outcome.FOUND
                yield event
        if self.outcome is Outcome.ASKED_AGAIN and (shown := await self._shown()):
            self.outcome = Outcome.KEPT
            yield TextDelta(shown)
            yield Failed(Failure.INTERRUPTED, "the worker that asked is gone")
        telemetry.RECOVERIES.labels(bot.name, self.outcome.value).inc()
        self._services.traces.note(
            self._lease.lane, self._delivery.turn, "taken_up", outcome=self.outcome.value
        )
        log.warning("turn taken up", outcome=self.outcome.value, attempt=self._work.attempt)

    async def _found(self, bot: Bot, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        if not isinstance(bot, CanRecover):
            return
        answers, lane = self._services.answers, self._lease.lane
        answered = await patiently(lambda: answers.find(lane, self._delivery.turn))
        since = self._work.items[0][1].inbound.received_at
        async with aclosing(bot.recover(ask, answered, since)) as events:
            async for event in events:
                yield event

    async def _shown(self) -> str:
        return await shown_before(self._services, self._lease.lane, self._delivery)


async def shown_before(services: Services, lane: str, delivery: Delivery) -> str:
    """What people have seen of the answer, by earlier attempts. Waits for a store that is away."""
    channel = services.channels[delivery.address.channel]
    if not isinstance(channel, LogsReplies):
        return delivery.journal.shown
    turn = int(delivery.turn)
    return channel.shown(await patiently(lambda: services.replies.of_turn(lane, turn)))
