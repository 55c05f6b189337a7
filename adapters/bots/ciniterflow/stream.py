"""The reading of one streamed answer."""

import asyncio

from aiohttp import ClientResponse

from adapters.bots.ciniterflow import wire
from adapters.bots.ciniterflow.decoding import decode
from adapters.bots.errors import Stalled, TooMuch
from gateway import sse

_LARGEST_ANSWER = 64 * 1024 * 1024


class Stream:
    """Reads a response's events, and knows a heartbeat from content.

    ``content`` is the limit in seconds for heartbeats and events of no use; the time in which
    nobody reads does not count. What aiohttp raises while reading passes through.
    """

    def __init__(self, response: ClientResponse, content: float) -> None:
        self._response = response
        self._limit = content
        self._left = content
        self._parser = sse.Parser()
        self._size = 0

    async def next(self) -> list[wire.FlowEvent | wire.Unknown] | None:
        """The events that came next, perhaps none; None at the end of the stream.

        Raises Stalled when there was no content for too long and TooMuch when there was too much.
        """
        data = await self._read()
        if not data:
            return None
        events = self._parse(data)
        if events:
            self._left = self._limit
        return events

    async def _read(self) -> bytes:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(max(self._left, 0)) as limit:
                data = await self._response.content.readany()
        except TimeoutError as error:
            if limit.expired():
                raise Stalled(f"no content for {self._limit:g} s") from error
            raise
        self._left -= clock() - began
        return data

    def _parse(self, data: bytes) -> list[wire.FlowEvent | wire.Unknown]:
        try:
            found = self._parser.feed(data)
        except sse.TooLarge as error:
            raise TooMuch(str(error)) from error
        return [event for each in found if (event := self._decode(each))]

    def _decode(self, raw: sse.Event) -> wire.FlowEvent | wire.Unknown | None:
        event = decode(raw)
        # Traces grow with every node of an agentflow; they are dropped, so they do not count.
        if event:
            self._size += len(raw.data)
            if self._size > _LARGEST_ANSWER:
                raise TooMuch(f"more than {_LARGEST_ANSWER} characters")
        return event
