"""The Telegram channel before a stand-in for Telegram, with a desk in place of the gateway."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import aiohttp
import pytest
from support.desk import Desk
from support.kept import memory
from support.servers import eventually
from support.telegram import Answer, Telegram, telegram

from adapters.channels.telegram import Channel, Config
from gateway.model import Inbound
from gateway.store.memory import Memory

SETTING_UP = "setup"
"""What the channel remembers while it tells Telegram how it is set up."""


class Line(NamedTuple):
    """A started channel that Telegram knows the way to, and what is on either side."""

    channel: Channel
    telegram: Telegram
    desk: Desk

    async def bring(self, *updates: dict[str, Any]) -> list[int]:
        """Bring updates once each; the statuses they were answered with."""
        answers = [await self.telegram.push(update, again=False) for update in updates]
        await self.settled()
        return [answer.status for answer in answers if answer]

    async def post(self, update: Any, **how: Any) -> Answer:
        """Post something to the webhook that Telegram would not."""
        return await self.telegram.post(update, **how)

    async def settled(self) -> None:
        """What is done on the side is done."""
        await self.channel._background.idle()

    @property
    def admitted(self) -> list[Inbound]:
        """What the gateway took."""
        return self.desk.admitted

    @property
    def texts(self) -> list[str]:
        """What it says."""
        return [inbound.text for inbound in self.desk.admitted]


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    """Telegram."""
    async with telegram() as standin:
        yield standin


@pytest.fixture
async def kept(redis_url: str) -> AsyncIterator[Memory]:
    """What replicas of one channel have in common."""
    async with memory(redis_url) as opened:
        yield opened


@pytest.fixture
async def desk(http: aiohttp.ClientSession) -> Desk:
    """The gateway."""
    return Desk(http)


@pytest.fixture
async def open_line(tg: Telegram, desk: Desk) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Starts a channel with a configuration."""
    async with AsyncExitStack() as stack:

        async def open_(**keys: Any) -> Line:
            given: dict[str, Any] = {
                "kind": "telegram",
                "token": tg.token,
                "api_url": tg.url,
            }
            channel = Channel("bot", Config(**given | keys))
            await channel.start(desk)
            stack.push_async_callback(channel.stop)
            tg.reach[desk.public_url] = await stack.enter_async_context(desk.served())
            await eventually(lambda: tg.bot.webhook.url and SETTING_UP not in desk.memory)
            return Line(channel, tg, desk)

        yield open_


@pytest.fixture
async def line(open_line: Callable[..., Awaitable[Line]]) -> Line:
    """A channel as it is configured at least."""
    return await open_line()
