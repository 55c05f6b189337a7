"""One streamed answer on its way out: heartbeats, pauses, the stop."""

import asyncio
from contextlib import AbstractContextManager, nullcontext, suppress

from aiohttp import web

from gateway.sandbox.bodies import PING


class Delivery:
    """Streams to one request. The headers go out with the first bytes, as ClickAI's do.

    ``interval`` is in seconds: a heartbeat is sent each time it has passed. One that ``lasts`` goes
    on as before when its client is gone.
    """

    def __init__(self, request: web.Request, interval: float, *, lasts: bool = False) -> None:
        self.stopped = asyncio.Event()
        self._lasts = lasts
        self._request = request
        self._interval = interval
        self._next_ping = self._now() + interval
        self._response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8"}
        )

    async def send(self, data: bytes) -> None:
        """Send one event. Raises ConnectionError when the client is gone, unless it ``lasts``."""
        with self._gone():
            if not self._response.prepared:
                await self._response.prepare(self._request)
            await self._response.write(data)

    async def pause(self, seconds: float) -> bool:
        """Wait, with heartbeats. False as soon as the answer was stopped."""
        end = self._now() + seconds
        while not self.stopped.is_set():
            await self._until(min(end, self._next_ping))
            if self._now() >= self._next_ping:
                self._next_ping += self._interval
                await self.send(PING)
            if self._now() >= end:
                break
        return not self.stopped.is_set()

    async def finish(self) -> web.StreamResponse:
        """End the stream."""
        with self._gone():
            await self._response.write_eof()
        return self._response

    async def hang(self, seconds: float) -> web.StreamResponse:
        """One heartbeat, then nothing, then the end."""
        await self.send(PING)
        await asyncio.sleep(seconds)
        return await self.finish()

    def cut(self) -> web.StreamResponse:
        """Cut the connection."""
        if self._request.transport:
            self._request.transport.abort()
        return self._response

    def _gone(self) -> AbstractContextManager[None]:
        return suppress(ConnectionError) if self._lasts else nullcontext()

    async def _until(self, when: float) -> None:
        if when <= self._now():
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout_at(when):
                await self.stopped.wait()
        except TimeoutError:
            return

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
