"""One turn, from claimed to sealed.

    claimed ──► asked ──► ended ──► delivered ──► sealed
                  │                     │
                  └─────► parked ◄──────┘   the lane is free until another attempt is due

The bot is asked and the channel delivers at the same time. The turn ends when the channel has
the whole answer, and everything that follows from that is one atomic step in the store.
"""

import asyncio
import random
import time
from functools import partial
from typing import Any

import structlog
from msgspec.structs import replace

from gateway import telemetry
from gateway.asking import Asking, Parked
from gateway.delivery import Delivery
from gateway.model import Conversation, EndState, TextDelta
from gateway.ports import NotSent, Outcome, Sent, Undeliverable, Unknown
from gateway.recovery import shown_before
from gateway.services import Services
from gateway.store.connection import patiently
from gateway.store.journal import Journal, Kept
from gateway.store.leases import Fenced, Lease
from gateway.store.traces import Fact
from gateway.store.work import Work
from gateway.tasks import cancel

DEATHS_SUSPECT = 3
"""From so many deaths of a worker in a turn on, the next attempt waits: turns that died together
are tried apart, so that the one that kills its worker does not take the others along again."""
DEATHS_MOST = 8
"""A message is given up on when so many workers died in its turn."""
DEATHS_UNTOLD = DEATHS_MOST + 2
"""From so many on the person is not even told: that may be what the workers died of."""
SUSPECT_SECONDS_MOST = 30
EXHAUSTED = "attempts exhausted"
OFFERS_MOST = 1500
OFFER_SECONDS_MOST = 60
"""A channel that does not take an answer is offered it for about a day, so often in the end."""
KEEP_AFTER_SECONDS = 0.05
"""A whole answer that its channel still has not delivered after this is kept in the journal."""

log = structlog.get_logger(__name__)


class Turn:
    """One message, or a collected burst, and its answer."""

    def __init__(self, services: Services, lease: Lease, work: Work) -> None:
        self._services = services
        self._lease = lease
        self._work = work
        self._began = time.monotonic()
        self._bot = services.bot(work.last.bot)
        self._channel = services.channels[work.last.inbound.origin.address.channel]
        self._writer = services.replies.writer(lease.lane, work.items[0][0], work.attempt)
        self._asking: Asking | None = None
        self._journal = Journal(services.inbox, lease, work.items[0][0])
        self._delivery = Delivery(
            turn=str(work.items[0][0]),
            origin=work.last.inbound.origin,
            messages=tuple(item.inbound for _, item in work.items if not item.push),
            log=self._writer,
            journal=self._journal,
            most=services.limits.answer_chars,
        )

    async def run(self) -> int:
        """Answer, deliver and seal; how many messages wait behind the turn.

        Raises Fenced when another worker has the lane, Parked after giving the lane back. Waits
        for a store that is away. Cancelling it leaves the message for whoever takes the lane next.
        """
        conversation = self._work.conversation(self._bot.identity)
        self._trace("claimed", attempt=self._work.attempt, broken=self._work.broken)
        if self._work.attempt > 1:
            await self._look_back()
        if self._work.deaths >= DEATHS_MOST:
            return await self._give_up(conversation)
        if self._work.died and self._work.deaths >= DEATHS_SUSPECT:
            await self._wait_apart()
        if kept := self._journal.kept:
            self._delivery.replay(kept.events)
            return await self._deliver_or_park(None, kept.conversation)
        self._asking = Asking(self._services, self._lease, self._work, conversation, self._delivery)
        return await self._deliver_or_park(self._asking, conversation)

    async def _wait_apart(self) -> None:
        doubled = 2.0 ** (self._work.deaths - DEATHS_SUSPECT + 1)
        delay = random.uniform(0, min(doubled, SUSPECT_SECONDS_MOST))  # noqa: S311
        log.warning("workers died in this turn", deaths=self._work.deaths, retry_in=round(delay, 1))
        self._trace("parked", seconds=round(delay, 3), deaths=self._work.deaths)
        leases = self._services.inbox.leases
        await patiently(lambda: leases.release(self._lease, delay, broken=True))
        raise Parked(delay)

    def _trace(self, what: str, **facts: Fact) -> None:
        turn = self._work.items[0][0]
        self._services.traces.note(self._lease.lane, turn, what, **facts)

    async def _look_back(self) -> None:
        await patiently(self._journal.load)
        unknown = sum(not name for name in self._journal.parts.values())
        telemetry.UNKNOWN_SENDS.labels(self._channel.name).inc(unknown)

    async def _deliver_or_park(
        self, asking: Asking | None, conversation: Conversation, dead: str = ""
    ) -> int:
        try:
            outcome = await self._answer_and_deliver(asking)
        except Parked as parked:
            delay = parked.delay
            self._trace("parked", seconds=round(delay, 3))
            if asking and self._delivery.state:
                await self._keep(asking)
            await patiently(lambda: self._services.inbox.leases.release(self._lease, delay))
            raise
        after = asking.conversation if asking else conversation
        return await self._seal(outcome, after, dead)

    async def _keep(self, asking: Asking) -> None:
        """Keep the whole answer for another attempt: the bot need not be asked again."""
        kept = Kept(self._delivery.whole(), asking.conversation)
        await patiently(lambda: self._journal.keep(kept))

    def halt(self, upto: int) -> None:
        """Stop answering if this turn's message is not newer than that."""
        if self._asking and self._work.number <= upto:
            self._asking.halt()

    async def _answer_and_deliver(self, asking: Asking | None) -> Outcome:
        delivering = asyncio.create_task(self._deliver())
        tasks: list[asyncio.Task[Any]] = [delivering]
        if asking:
            tasks.append(asyncio.create_task(self._ask(asking)))
        try:
            while not delivering.done():
                done, _ = await asyncio.wait(
                    [task for task in tasks if not task.done()],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    task.result()
            return delivering.result()
        finally:
            await cancel(*tasks)

    async def _ask(self, asking: Asking) -> None:
        await asking.run()
        self._trace("answered", state=str(self._delivery.state))
        await asyncio.sleep(KEEP_AFTER_SECONDS)
        await self._keep(asking)

    async def _deliver(self) -> Outcome:
        try:
            outcome = await self._channel.deliver(self._delivery)
        except Fenced:
            raise
        except Exception:
            log.exception("channel failed", channel=self._channel.name)
            outcome = NotSent("the channel failed")
        if isinstance(outcome, NotSent):
            outcome = self._offer_again(outcome)
        if isinstance(outcome, Undeliverable):
            log.error("answer not deliverable", reason=outcome.reason)
        self._trace("delivered", outcome=type(outcome).__name__.lower())
        return outcome

    def _offer_again(self, not_sent: NotSent) -> Undeliverable:
        """Park the turn, unless it has been going on for too long."""
        if self._work.attempt >= OFFERS_MOST:
            return Undeliverable(not_sent.reason)
        pause = min(2 ** min(self._work.attempt - 1, 10), OFFER_SECONDS_MOST)
        delay = max(not_sent.retry_after, pause)
        log.warning("answer not sent", reason=not_sent.reason, retry_in=delay)
        raise Parked(delay)

    async def _give_up(self, conversation: Conversation) -> int:
        log.error("message given up on", attempts=self._work.attempt, deaths=self._work.deaths)
        if self._work.deaths >= DEATHS_UNTOLD:
            self._delivery.end(EndState.FAILED)
            return await self._seal(Unknown("not tried"), conversation, EXHAUSTED)
        if shown := await shown_before(self._services, self._lease.lane, self._delivery):
            self._delivery.show(TextDelta(shown))
        notice = self._services.texts.get(self._delivery.locale, "attempts_exhausted")
        self._delivery.end(EndState.FAILED, notice)
        return await self._deliver_or_park(None, conversation, EXHAUSTED)

    async def _seal(self, outcome: Outcome, conversation: Conversation, dead: str) -> int:
        closing = None
        if isinstance(outcome, Undeliverable):
            dead = outcome.reason
        if isinstance(outcome, Sent) and outcome.closing:
            closing = self._writer.close(outcome.closing.kind, outcome.closing.data)
        seal = partial(
            self._services.inbox.seal,
            self._lease,
            self._work.items,
            identity=self._bot.identity,
            conversation=replace(conversation, turns=conversation.turns + 1),
            closing=closing,
            dead=dead,
        )
        try:
            waiting = await patiently(seal)
        except Fenced:
            # Perhaps it was sealed and only the store's answer was lost: the log knows.
            self._services.replies.refresh(self._lease.lane)
            raise
        if dead:
            telemetry.DEAD_LETTERS.inc()
        if closing:
            self._services.replies.sealed(self._lease.lane, closing)
        self._count()
        return waiting

    def _count(self) -> None:
        state = self._delivery.state or EndState.DONE
        seconds = time.monotonic() - self._began
        telemetry.TURNS.labels(self._channel.name, self._bot.name, state).inc()
        telemetry.TURN_SECONDS.labels(self._bot.name).observe(seconds)
        self._trace("sealed", state=state, seconds=round(seconds, 3))
        log.info("turn sealed", state=state, seconds=round(seconds, 3), bot=self._bot.name)
