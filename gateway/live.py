"""Bots outside a running gateway: for the commands that ask one, or ask how all are."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from gateway.config import Config
from gateway.model import ReplyEvent
from gateway.ports import Bot, CanDescribe, Description, Handler
from gateway.service import adapters


class Handed:
    """What a bot may use where nothing is served and nobody can be spoken to."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.public_url = ""

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Nothing is served here."""

    async def push(
        self,
        bot: Bot,  # noqa: ARG002
        alias: str,  # noqa: ARG002
        name: str,  # noqa: ARG002
        events: Sequence[ReplyEvent],  # noqa: ARG002
    ) -> bool:
        """Nobody is waiting here."""
        return False


@asynccontextmanager
async def started(config: Config, name: str) -> AsyncIterator[Bot]:
    """One configured bot, started."""
    bot: Bot = adapters("bots", "Bot", {name: config.bots[name]})[name]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        await bot.start(Handed(http))
        try:
            yield bot
        finally:
            await bot.stop()


async def describe(config: Config) -> dict[str, Description]:
    """What each bot can do, and what is wrong with it."""
    described = {}
    for name in config.bots:
        async with started(config, name) as bot:
            described[name] = (
                await bot.describe() if isinstance(bot, CanDescribe) else Description()
            )
    return described
