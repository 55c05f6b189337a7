"""Event streams: a visitor's reply log as Server-Sent Events."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from aiohttp import web

from adapters.channels.web.gate import cors
from adapters.channels.web.visitors import Caller, Visitors
from adapters.channels.web.wire import Command
from gateway import sse
from gateway.ports import (
    Behind,
    GatewayForChannels,
    LogEntry,
    LogReader,
    Refusal,
    ShuttingDown,
    StoreUnavailable,
)

LIFETIME = 600.0
"""Seconds until a stream is closed and its client reconnects, so that load spreads again."""
STREAMS_MOST = 12
"""Of one visitor: more tabs than anyone reads at once."""
HEARTBEAT = b":\n\n"


class Streams:
    """The event streams of one site."""

    def __init__(self, visitors: Visitors, gateway: GatewayForChannels) -> None:
        self._visitors = visitors
        self._gateway = gateway
        self._open: Counter[str] = Counter()

    async def events(
        self, request: web.Request, command: Command, caller: Caller
    ) -> web.StreamResponse:
        """Stream until the client leaves, the stream's lifetime is over or the gateway stops."""
        origin = (await self._visitors.authenticate(command, caller)).origin
        visitor = origin.person.id
        if self._open[visitor] >= STREAMS_MOST:
            raise Refusal(429, "slow_down", "Too many streams are open.", retry_after=10)
        self._open[visitor] += 1
        response = _response(request.headers.get("Origin", ""))
        try:
            try:
                reader = await self._gateway.follow(origin, command.cursor)
                # Thousands of streams wait here: they keep no more than they need.
                del origin, command
            except Behind:
                await response.prepare(request)
                await response.write(sse.encode("reset", "{}"))
                return response
            try:
                await response.prepare(request)
                await _relay(reader, response)
            finally:
                reader.close()
        except ConnectionResetError:
            pass
        finally:
            self._open[visitor] -= 1
            if not self._open[visitor]:
                del self._open[visitor]
        return response


async def _relay(reader: LogReader, response: web.StreamResponse) -> None:
    clock = asyncio.get_running_loop().time
    until = clock() + LIFETIME * random.uniform(0.8, 1.2)  # noqa: S311
    await response.write(HEARTBEAT)
    while clock() < until:
        try:
            entries = await reader.next()
        except Behind:
            await response.write(sse.encode("reset", "{}"))
            return
        except (ShuttingDown, StoreUnavailable):
            # Another replica, or this one in a moment: the client comes back with its cursor.
            break
        await response.write(_encode(entries) if entries else HEARTBEAT)
    await response.write(sse.encode("bye", "{}"))


def _encode(entries: Sequence[LogEntry]) -> bytes:
    return b"".join(sse.encode(entry.kind, entry.data.decode(), entry.id) for entry in entries)


def _response(origin: str) -> web.StreamResponse:
    headers = {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        # Proxies that buffer would hold the first words back.
        "X-Accel-Buffering": "no",
    }
    return web.StreamResponse(headers=headers | cors(origin))
