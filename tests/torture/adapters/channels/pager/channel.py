"""The channel: one account, its webhook and its answers."""

import asyncio

import aiohttp
import msgspec
from adapters.channels.pager.client import Client
from adapters.channels.pager.config import Config
from adapters.channels.pager.inbound import parse
from adapters.channels.pager.outbound import Pages
from aiohttp import web

from gateway.model import End, Notice, TextDelta, TextReplace
from gateway.ports import GatewayForChannels, Outcome, Reply, StoreUnavailable, Unknown

SHOW_SECONDS = 0.4
"""Between two edits of an answer that is still being said."""


class PagerChannel:
    """Takes messages by webhook; posts and edits answers."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._gateway: GatewayForChannels
        self._http: aiohttp.ClientSession
        self._client: Client

    async def start(self, gateway: GatewayForChannels) -> None:
        """Mount the webhook."""
        self._gateway = gateway
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._client = Client(self._http, self._config)
        gateway.mount("POST", f"/pager/{self.name}", self._take)

    async def stop(self) -> None:
        """Let go of the platform."""
        await self._http.close()

    async def _take(self, request: web.Request) -> web.Response:
        try:
            inbound = parse(self.name, await request.read())
        except msgspec.DecodeError:
            return web.Response(status=400)
        try:
            admission = await self._gateway.admit(inbound)
        except StoreUnavailable:
            return web.Response(status=503)
        taken = admission.status in ("accepted", "duplicate")
        return web.json_response({"turn": admission.turn}, status=200 if taken else 429)

    async def deliver(self, reply: Reply) -> Outcome:
        """Post the answer as it comes, and edit it to its end."""
        pages = Pages(self._client, reply, self._config.longest)
        clock = asyncio.get_running_loop().time
        text, notices, due = "", list[str](), 0.0
        async for event in reply.events():
            match event:
                case TextDelta(more):
                    text += more
                case TextReplace(text):
                    pass
                case Notice(notice):
                    notices.append(notice)
                case End():
                    return await pages.finish(event, notices)
            if text and clock() >= due:
                await pages.show(text)
                due = clock() + SHOW_SECONDS
        return Unknown("the reply had no end")
