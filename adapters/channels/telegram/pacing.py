"""Pacing: when a chat may be written to, counted for the chat, for groups and for the whole bot.

Telegram takes about a message a second in a chat, 20 a minute in a group and 30 a second from a
bot; drafts and edits count like messages. It publishes no more than that, and says with 429 when
it was too much: then that chat, and only that one, is left alone.
"""

import asyncio
import math
from bisect import insort
from collections.abc import Awaitable, Callable
from enum import IntEnum

from msgspec import Struct

from adapters.channels.telegram.errors import Limited

EVERY, BURST = 1.0, 3
"""Seconds between two messages in a chat, and how many may come at once after a pause."""
GROUP_PER_MINUTE = 20
ALL_EVERY, ALL_BURST = 1 / 27, 3
"""The same of the whole bot, in this process: 30 in any second."""
ALL_PER_MINUTE = 1800
STEP = 5.0
"""Seconds by which what is of a higher priority comes before what asked at the same time: nobody
who waits is overtaken for ever."""
CHATS_MOST = 4096
"""Chats that are remembered before those of which nothing is left to know are forgotten."""
_TICK = 0.001

Allow = Callable[[str, int], Awaitable[float]]
"""Takes a token from a bucket that all replicas share: 0, or the seconds to wait."""


class Priority(IntEnum):
    """What goes first when not all can go."""

    FINAL = 0
    CONTROL = 1
    FIRST = 2
    FRAME = 3
    ACTION = 4


class _Rate(Struct):
    """One call every so many seconds, and ``burst`` at once after a pause.

    ``ahead`` is until when the calls so far would last in an even pace; times are of the loop.
    """

    every: float
    burst: int
    ahead: float = 0.0

    def free_at(self) -> float:
        return self.ahead - (self.burst - 1) * self.every

    def take(self, now: float) -> None:
        self.ahead = max(self.ahead, now) + self.every

    def hold(self, until: float) -> None:
        """Nothing until then, and afterwards no burst."""
        self.ahead = max(self.ahead, until + (self.burst - 1) * self.every)


class _Chat(Struct):
    rate: _Rate
    silent_until: float = 0.0

    def free_at(self, priority: Priority) -> float:
        # Actions are no messages.
        rate = 0.0 if priority is Priority.ACTION else self.rate.free_at()
        return max(self.silent_until, rate)


class _Waiter(Struct, eq=False):
    rank: float
    chat: int
    priority: Priority
    until: float
    go: "asyncio.Future[None]"


class Pace:
    """When the chats of one bot may be written to next. ``name`` is the channel's."""

    def __init__(self, name: str, allow: Allow) -> None:
        self._name = name
        self._allow = allow
        self._chats: dict[int, _Chat] = {}
        self._all = _Rate(ALL_EVERY, ALL_BURST)
        self._waiting: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, chat: int, priority: Priority, patience: float = math.inf) -> None:
        """Wait until a chat may be written to, for ``patience`` seconds at most.

        Raises Limited as soon as it is known that this would not be enough.
        """
        until = _now() + patience
        while True:
            await self._turn(chat, priority, until)
            if priority is Priority.ACTION:
                return
            held = await self._shared(chat)
            if held <= 0:
                return
            self._of(chat).rate.hold(_now() + held)

    def silence(self, chat: int, seconds: float) -> None:
        """Telegram wants to hear nothing of a chat for so long; this process heeds it."""
        until = _now() + seconds
        known = self._of(chat)
        known.silent_until = max(known.silent_until, until)
        known.rate.hold(until)
        self._pump()

    def quiet(self, chat: int) -> float:
        """Seconds for which nothing goes to a chat; 0 when it may be written to."""
        known = self._chats.get(chat)
        return max(0.0, known.silent_until - _now()) if known else 0.0

    async def _shared(self, chat: int) -> float:
        """Take a place in what all replicas may do together: 0, or the seconds to wait."""
        wait = await self._allow(f"telegram:{self._name}:all", ALL_PER_MINUTE)
        if wait > 0 or chat > 0:
            return wait
        return await self._allow(f"telegram:{self._name}:{chat}", GROUP_PER_MINUTE)

    async def _turn(self, chat: int, priority: Priority, until: float) -> None:
        go = asyncio.get_running_loop().create_future()
        waiter = _Waiter(_now() + STEP * priority, chat, priority, until, go)
        insort(self._waiting, waiter, key=lambda other: other.rank)
        self._pump()
        try:
            await go
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def _pump(self) -> None:
        """Let all go who may, tell those who would wait for too long, and look again in time."""
        now, next_at = _now(), math.inf
        for waiter in list(self._waiting):
            free_at = max(self._of(waiter.chat).free_at(waiter.priority), self._all.free_at())
            if waiter.go.done():
                continue
            if free_at <= now:
                self._let_go(waiter, now)
            elif free_at > waiter.until:
                self._waiting.remove(waiter)
                waiter.go.set_exception(Limited(free_at - now))
            else:
                next_at = min(next_at, free_at)
        self._look_at(next_at)

    def _let_go(self, waiter: _Waiter, now: float) -> None:
        self._waiting.remove(waiter)
        self._all.take(now)
        if waiter.priority is not Priority.ACTION:
            self._of(waiter.chat).rate.take(now)
        waiter.go.set_result(None)

    def _look_at(self, time: float) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if time < math.inf:
            loop = asyncio.get_running_loop()
            # A timer may be early by as much as the clock can tell.
            self._timer = loop.call_at(time + _TICK, self._pump)

    def _of(self, chat: int) -> _Chat:
        found = self._chats.get(chat)
        if found is None:
            if len(self._chats) >= CHATS_MOST:
                self._forget()
            found = self._chats[chat] = _Chat(_Rate(EVERY, BURST))
        return found

    def _forget(self) -> None:
        now = _now()
        self._chats = {
            chat: known
            for chat, known in self._chats.items()
            if max(known.rate.ahead, known.silent_until) > now
        }


def _now() -> float:
    return asyncio.get_running_loop().time()
