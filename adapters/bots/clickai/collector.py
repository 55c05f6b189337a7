"""The bot's files on their way to a person: fetched at once, while their links are good."""

import asyncio
from collections.abc import Sequence
from pathlib import PurePath

from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.made import Made
from gateway.model import Attachment
from gateway.ports import FileGone, GatewayForBots, StoreUnavailable

_LONGEST_TEXT = 64 * 1024
_TEXTS = frozenset({".txt", ".md", ".markdown", ".csv", ".json"})


class Collector:
    """Fetches what an app has made."""

    def __init__(self, gateway: GatewayForBots, client: ClickAI) -> None:
        self._gateway = gateway
        self._client = client

    async def collect(self, made: Sequence[Made]) -> list[Attachment]:
        """The files, in their order; one that cannot be had is without content."""
        return await asyncio.gather(*map(self._collect, made))

    async def text(self, file: Attachment) -> str:
        """What a file says that is short and nothing but text; empty for every other."""
        if PurePath(file.name).suffix.lower() not in _TEXTS or file.size > _LONGEST_TEXT:
            return ""
        try:
            return (await self._gateway.read(file)).decode().strip()
        except (FileGone, StoreUnavailable, UnicodeDecodeError):
            return ""

    async def _collect(self, made: Made) -> Attachment:
        try:
            address = self._client.absolute(made.url)
        except ValueError:
            return Attachment(made.name, made.media_type)
        return await self._gateway.collect(
            address, name=made.name, media_type=made.media_type, home=self._client.origin
        )
