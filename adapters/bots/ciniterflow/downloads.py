"""Files of an answer, fetched before they are gone from where the server keeps them."""

from yarl import URL

from adapters.bots.ciniterflow import media
from adapters.bots.ciniterflow.artifacts import Inline, Linked, Made
from adapters.bots.ciniterflow.client import Client
from gateway.model import Attachment, File
from gateway.ports import GatewayForBots


class Downloads:
    """Has the gateway keep what came with an answer. ``key`` goes to the server alone."""

    def __init__(self, gateway: GatewayForBots, client: Client, base_url: str, key: str) -> None:
        self._gateway = gateway
        self._client = client
        self._base_url = base_url
        self._home = str(URL(base_url).origin())
        self._key = key

    async def fetch(self, made: Made, chat: str) -> File:
        """The file, without content when it could not be had. Does not raise."""
        match made:
            case Inline(name, media_type, data):
                return File(await self._gateway.keep(name, media_type, data))
            case Linked(name, url):
                absolute = f"{self._base_url}{url}" if url.startswith("/") else url
                return File(await self._collect(absolute, name))
        return File(await self._collect(self._client.address_of(chat, made.key), made.name))

    async def _collect(self, url: str, name: str) -> Attachment:
        known = media.type_of_name(name)
        return await self._gateway.collect(
            url,
            name=name,
            # The server calls most of its files bytes of any kind.
            media_type="" if known == media.OF_ANY_KIND else known,
            home=self._home,
            token=self._key,
        )
