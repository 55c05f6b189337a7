"""The reading of one streamed answer, whoever sends it."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from aiohttp import ClientResponse

from adapters.bots.errors import Silent, Stalled, TooMuch
from adapters.bots.patience import read_within
from gateway import sse

T = TypeVar("T")

_LARGEST_ANSWER = 64 * 1024 * 1024


class Stream(Generic[T]):
    """Reads a response's events, and knows a sign of life from content.

    ``decode`` says what an event is, and None when it is of no use. ``idle`` is the limit in
    seconds for not a byte, ``content`` for signs of life only; the time in which nobody reads does
    not count. What aiohttp raises while reading passes through.
    """

    def __init__(
        self,
        response: ClientResponse,
        idle: float,
        content: float,
        decode: Callable[[sse.Event], T | None],
    ) -> None:
        self._response = response
        self._idle = idle
        self._limit = content
        self._left = content
        self._decode = decode
        self._parser = sse.Parser()
        self._size = 0

    async def next(self) -> list[T] | None:
        """The events that came next, perhaps none; None at the end of the stream.

        Raises Silent and Stalled when nothing, or no content, came for too long, and TooMuch when
        there was too much.
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
        began, limit = clock(), min(self._idle, self._left)
        data = await read_within(limit, self._response.content.readany)
        if data is None and limit < self._left:
            raise Silent(f"no byte for {self._idle:g} s")
        if data is None:
            raise Stalled(f"no content for {self._limit:g} s")
        self._left -= min(clock() - began, limit)
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
