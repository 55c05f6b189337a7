"""Telling people that an answer is still to come."""

import asyncio

import structlog

from adapters.bots.chataibot.memory import Memory
from gateway.model import Ask, Notice
from gateway.ports import Bot, GatewayForBots, StoreUnavailable
from gateway.tasks import cancel

_MOST = 10_000

log = structlog.get_logger()


class Quiet:
    """Says so once for each message that nothing has come for in ``seconds``; 0 says nothing.

    The process that took the message waits, and forgets that when it stops. An answer may come to
    another one: whether anything was heard of the conversation is looked up. When that cannot be
    found out, nothing is said.
    """

    def __init__(self, bot: Bot, gateway: GatewayForBots, memory: Memory, seconds: float) -> None:
        self._bot = bot
        self._gateway = gateway
        self._memory = memory
        self._seconds = seconds
        self._waiting: set[asyncio.Task[None]] = set()

    async def heard(self, names: tuple[str, ...]) -> frozenset[bytes]:
        """What was heard of a conversation so far: ask this before a message goes out."""
        if not self._seconds:
            return frozenset()
        try:
            return await self._memory.heard(names)
        except StoreUnavailable:
            return frozenset()

    async def hear(self, names: tuple[str, ...], event: str) -> None:
        """Something came in. Raises StoreUnavailable."""
        if self._seconds:
            await self._memory.hear(names, event)

    def watch(self, ask: Ask, names: tuple[str, ...], heard: frozenset[bytes]) -> None:
        """A message was taken, before which nothing but ``heard`` was heard."""
        if not self._seconds:
            return
        if len(self._waiting) >= _MOST:
            log.warning("chataibot.too_many_to_watch", bot=self._bot.name)
            return
        task = asyncio.create_task(self._watch(ask.turn, ask.locale, names, heard))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def stop(self) -> None:
        """Forget everyone who waits."""
        await cancel(*self._waiting)

    async def _watch(
        self, turn: str, locale: str, names: tuple[str, ...], heard: frozenset[bytes]
    ) -> None:
        await asyncio.sleep(self._seconds)
        notice = Notice(self._gateway.text(locale, "quiet"))
        try:
            if await self._memory.heard(names) <= heard:
                await self._gateway.push(self._bot, names[0], f"quiet:{turn}", (notice,))
        except StoreUnavailable:
            log.warning("chataibot.quiet_not_told", bot=self._bot.name)
