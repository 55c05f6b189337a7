"""From the events of one answer, wherever they come from, to the gateway's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from adapters.bots.ciniterflow import wire
from adapters.bots.ciniterflow.answer import Answer
from adapters.bots.ciniterflow.downloads import Downloads
from adapters.bots.errors import BrokenOff
from gateway.model import ReplyEvent
from gateway.ports import Bot, GatewayForBots

_LINGER = 2.0
"""Seconds in which an answer that is whole may still be ended by its own event."""

Events = AsyncGenerator[ReplyEvent]
FlowEvents = AsyncGenerator[wire.FlowEvent | wire.Unknown]


class Relay:
    """Reads the answers of one flow, and fetches what belongs to them."""

    def __init__(self, bot: Bot, gateway: GatewayForBots, downloads: Downloads) -> None:
        self._bot = bot
        self._gateway = gateway
        self._downloads = downloads

    async def read(self, answer: Answer, stream: FlowEvents) -> Events:
        """All of ``answer`` until it has ended. Raises ClientError."""
        async with aclosing(stream):
            while not answer.ended:
                found = await _next(stream, answer)
                if isinstance(found, wire.Unknown):
                    self._gateway.ignored(self._bot, found.kind)
                for event in answer.translate(found):
                    yield event
                for made in answer.files():
                    yield await self._downloads.fetch(made, answer.run.chat)


async def _next(stream: FlowEvents, answer: Answer) -> wire.FlowEvent | wire.Unknown:
    try:
        async with asyncio.timeout(_LINGER if answer.finished else None):
            return await anext(stream)
    except (StopAsyncIteration, TimeoutError):
        raise BrokenOff("the stream ended before the answer") from None
