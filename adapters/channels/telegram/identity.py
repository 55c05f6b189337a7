"""Identity: who the bot is. Its token holds its number; its username only Telegram knows."""

import asyncio

import structlog

from adapters.channels.telegram.addressing import Us
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.errors import Refused, Unreached, Unsure
from gateway.ports import Channel, GatewayForChannels, StoreUnavailable

PATIENCE = 2.0
"""Seconds that an update may wait for Telegram to say it."""
KEY = "username"

log = structlog.get_logger(__name__)


class Identity:
    """Finds out the bot's username once, and remembers it for when Telegram is away."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels, api: Api, id_: int) -> None:
        self._channel = channel
        self._gateway = gateway
        self._api = api
        self._us = Us(id_)

    @property
    def known(self) -> Us:
        """What is known by now."""
        return self._us

    async def us(self) -> Us:
        """The bot with its username. Raises StoreUnavailable while nobody can tell it.

        Whether something in a group is for the bot cannot be said without: it has to come again.
        """
        if not self._us.username:
            self._us = Us(self._us.id, await self._asked() or await self._remembered())
        return self._us

    async def _asked(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                username = (await self._api.me()).username or ""
        except (Refused, Unsure, Unreached, TimeoutError):
            return ""
        await self._gateway.remember(self._channel, KEY, username.encode(), 0)
        return username

    async def _remembered(self) -> str:
        kept = await self._gateway.recall(self._channel, KEY)
        if not kept:
            log.warning("groups wait: Telegram has not said yet what the bot is called")
            raise StoreUnavailable("the bot's username is not known yet")
        return kept.decode()
