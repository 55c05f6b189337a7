"""Who hears a streamed answer of the sandbox's CiniterFlow."""

import asyncio
from contextlib import suppress

from aiohttp import web

from gateway.sandbox import ciniterflow_bodies as bodies

SILENCE = 300.0


class Listener:
    """Who hears the events of a chat. The headers go out at once.

    ``interval`` is in seconds: a heartbeat is sent each time it has passed.
    """

    def __init__(self, request: web.Request, interval: float) -> None:
        self._request = request
        self._interval = interval
        self._ended = asyncio.Event()
        self._response = web.StreamResponse(headers=bodies.STREAM)

    async def listen(self) -> web.StreamResponse:
        """Wait until the stream is ended, with heartbeats."""
        while not self._ended.is_set():
            try:
                async with asyncio.timeout(self._interval):
                    await self._ended.wait()
            except TimeoutError:
                await self.send(bodies.HEARTBEAT)
        return self._response

    async def open(self) -> None:
        """Send the headers."""
        await self._response.prepare(self._request)

    async def send(self, data: bytes) -> None:
        """Send one event. Nobody minds when the client is gone."""
        with suppress(ConnectionError):
            await self._response.write(data)

    async def end(self) -> None:
        """Send the last event and end the stream."""
        await self.send(bodies.END)
        self._ended.set()

    async def silence(self) -> None:
        """Say nothing more, not even heartbeats, and do not end."""
        self._interval = SILENCE
        await asyncio.sleep(SILENCE)

    def cut(self) -> None:
        """Cut the connection."""
        if self._request.transport:
            self._request.transport.abort()
