"""The reading of one streamed answer, whoever sends it."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from aiohttp import ClientResponse

from adapters.bots.errors import Stalled, TooMuch
from gateway import sse

T = TypeVar("T")

_LARGEST_ANSWER = 64 * 1024 * 1024
_STOOD_STILL = 1.0
"""When a limit is found to be over so many seconds too late, it was not the bot that waited."""


class Stream(Generic[T]):
    """Reads a response's events, and knows a sign of life from content.

    ``decode`` says what an event is, and None when it is of no use. ``content`` is the limit in
    seconds for signs of life only; the time in which nobody reads does not count. What aiohttp
    raises while reading passes through.
    """

    def __init__(
        self, response: ClientResponse, content: float, decode: Callable[[sse.Event], T | None]
    ) -> None:
        self._response = response
        self._limit = content
        self._left = content
        self._decode = decode
        self._parser = sse.Parser()
        self._size = 0

    async def next(self) -> list[T] | None:
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
        while True:
            began = clock()
            ends = began + max(self._left, 0)
            try:
                async with asyncio.timeout_at(ends) as limit:
                    data = await self._response.content.readany()
            except TimeoutError as error:
                if not limit.expired():
                    raise
                if clock() - ends < _STOOD_STILL:
                    raise Stalled(f"no content for {self._limit:g} s") from error
                self._left = self._limit
                continue
            self._left -= clock() - began
            return data

    def _parse(self, data: bytes) -> list[T]:
        try:
            found = self._parser.feed(data)
        except sse.TooLarge as error:
            raise TooMuch(str(error)) from error
        return [event for each in found if (event := self._take(each)) is not None]

    def _take(self, raw: sse.Event) -> T | None:
        event = self._decode(raw)
        # Traces that grow with every step of a workflow are dropped, so they do not count.
        if event is not None:
            self._size += len(raw.data)
            if self._size > _LARGEST_ANSWER:
                raise TooMuch(f"more than {_LARGEST_ANSWER} characters")
        return event
