"""The files that a bot's messages link to."""

import asyncio
from collections.abc import Sequence

import structlog

from adapters.bots.chataibot.content import Link
from gateway.model import Attachment
from gateway.ports import GatewayForBots

_AT_ONCE = 8

log = structlog.get_logger()


class Files:
    """Fetches files, a few at a time. ``home`` may be no public address: ChatAIBot's own."""

    def __init__(self, bot: str, gateway: GatewayForBots, home: str) -> None:
        self._bot = bot
        self._gateway = gateway
        self._home = home
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def collect(self, links: Sequence[Link], seconds: float) -> list[Attachment]:
        """Fetch and keep them all, in ``seconds`` at most. Never raises.

        One that has not come by then is without content, and the person is told of it.
        """
        until = asyncio.get_running_loop().time() + seconds
        return await asyncio.gather(*(self._fetch(link, until) for link in links))

    async def _fetch(self, link: Link, until: float) -> Attachment:
        try:
            async with asyncio.timeout_at(until), self._places:
                return await self._gateway.collect(
                    link.url, name=link.name, media_type=link.media_type, home=self._home
                )
        except TimeoutError:
            log.warning("chataibot.file_too_slow", bot=self._bot)
            return Attachment(link.shown_name, link.media_type)
