"""The guard between the turns and the bots: it keeps within a vendor's quota, lets questions wait
for their place in it, and leaves a bot alone that keeps failing."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import structlog

from gateway import telemetry
from gateway.breaker import Breaker, Open, Trial
from gateway.model import (
    Ask,
    Awaiting,
    Done,
    Failed,
    Failure,
    Notice,
    ReplyEvent,
    TextDelta,
    TextReplace,
)
from gateway.ports import Bot, HasQuota, Quota, StoreUnavailable
from gateway.store.quotas import Exceeded, Quotas, Reserved
from gateway.texts import Texts

SLOW_SECONDS = 3.0
"""Whoever waits longer than this is told so."""
SHORT_SECONDS = 10.0
"""A place that comes within this is worth asking for again; for a later one nobody waits unseen."""
WARNED_PERCENT = (80, 90, 100)

log = structlog.get_logger(__name__)


class Guard:
    """Asks every bot for every turn.

    ``most_wait`` (seconds) is how long a question waits for its place in a quota, at most.
    ``clock`` is in seconds and never goes back.
    """

    def __init__(
        self,
        quotas: Quotas,
        texts: Texts,
        most_wait: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quotas = quotas
        self._texts = texts
        self._most_wait = most_wait
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._days: dict[str, _Day] = {}

    async def answer(self, bot: Bot, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        """Ask the bot when it may be asked, and pass on all it says.

        Like a bot's own, to be read to its end or closed, which closes the bot's. Without asking
        it ends with Failed: BUSY when no place is near enough, UNAVAILABLE when the bot keeps
        failing. Before a long wait comes a Notice.
        """
        breaker = self._breaker(bot.name)
        # Looked at before a place is taken: what is not asked should not use the quota up.
        if refusal := breaker.refusal():
            yield _left_alone(refusal)
            return
        place = await self._place(bot)
        if isinstance(place, Exceeded):
            yield self._no_place(place)
            return
        if place.wait > SLOW_SECONDS:
            yield Notice(self._texts.get(ask.locale, "slow"))
        await asyncio.sleep(place.wait)
        trial = breaker.admit()
        if isinstance(trial, Open):
            yield _left_alone(trial)
            return
        with trial:
            async with aclosing(bot.answer(ask)) as events:
                async for event in events:
                    _judge(trial, event)
                    yield event

    def _breaker(self, bot: str) -> Breaker:
        if bot not in self._breakers:
            opened = telemetry.BOT_BREAKER_OPEN.labels(bot)
            opened.set(0)

            def changed(open: bool) -> None:  # noqa: A002 - the state's name
                opened.set(open)
                if open:
                    log.error("bot keeps failing and is left alone for now", bot=bot)
                else:
                    log.info("bot answers again", bot=bot)

            self._breakers[bot] = Breaker(changed, self._clock)
        return self._breakers[bot]

    async def _place(self, bot: Bot) -> Reserved | Exceeded:
        if not isinstance(bot, HasQuota) or not (bot.quota.per_minute or bot.quota.per_day):
            return Reserved(0)
        try:
            place = await self._quotas.reserve(bot.quota, self._most_wait)
        except StoreUnavailable as error:
            # The vendor counts as well, and says so when it is too much.
            log.warning("quota not looked at", bot=bot.name, reason=str(error))
            return Reserved(0)
        self._note(bot.name, bot.quota, place)
        return place

    def _note(self, bot: str, quota: Quota, place: Reserved | Exceeded) -> None:
        if isinstance(place, Reserved):
            telemetry.BOT_WAIT_SECONDS.labels(bot).observe(place.wait)
        if not quota.per_day:
            return
        if bot not in self._days:
            self._days[bot] = _Day(bot, quota.per_day, self._quotas.today)
        if isinstance(place, Reserved):
            self._days[bot].note(place.used)
        elif place.daily:
            self._days[bot].note_spent()

    def _no_place(self, exceeded: Exceeded) -> Failed:
        if exceeded.daily:
            return Failed(Failure.BUSY, "not asked: the quota of the day is used up")
        soon = exceeded.retry_after <= SHORT_SECONDS
        return Failed(
            Failure.BUSY,
            f"not asked: the quota has no place within {self._most_wait:g} s",
            exceeded.retry_after if soon else None,
        )


def _left_alone(refusal: Open) -> Failed:
    detail = "not asked: the bot has failed too often in a row"
    return Failed(Failure.UNAVAILABLE, detail, refusal.retry_after)


def _judge(trial: Trial, event: ReplyEvent) -> None:
    match event:
        case TextDelta(text) | TextReplace(text) if text:
            trial.succeeded()
        case Done() | Awaiting():
            trial.succeeded()
        case Failed(failure=Failure.UNAVAILABLE | Failure.TIMEOUT):
            trial.failed()


class _Day:
    """What a bot's day has used, as far as this replica knows, and what the log was told of it."""

    def __init__(self, bot: str, per_day: int, today: Callable[[], int]) -> None:
        self._bot = bot
        self._per_day = per_day
        self._today = today
        self._begin(today())
        telemetry.BOT_QUOTA_LEFT.labels(bot, "day").set_function(self.left)

    def _begin(self, number: int) -> None:
        self._number = number
        self._used = 0
        self._warned = 0
        self._said_spent = False

    def left(self) -> int:
        """How many questions are left. A new day has all of them before anybody asks."""
        if self._today() != self._number:
            self._begin(self._today())
        return self._per_day - self._used

    def note(self, used: int) -> None:
        """So many are used; each mark is warned of once."""
        # The first places of tomorrow are given while it is still today.
        self._used = max(self._per_day - self.left(), min(used, self._per_day))
        percent = 100 * self._used // self._per_day
        mark = max((mark for mark in WARNED_PERCENT if mark <= percent), default=0)
        if mark > self._warned:
            self._warned = mark
            log.warning(
                "the bot's quota of the day is running out",
                bot=self._bot,
                used_percent=percent,
                per_day=self._per_day,
            )

    def note_spent(self) -> None:
        """A question was refused, for all of today's are used; the first is said to be."""
        self.note(self._per_day)
        if not self._said_spent:
            self._said_spent = True
            log.error(
                "the bot's quota of the day is used up: it is not asked until midnight UTC",
                bot=self._bot,
                per_day=self._per_day,
            )
