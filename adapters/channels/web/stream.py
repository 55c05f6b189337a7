"""Event streams: a visitor's reply log as Server-Sent Events."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import structlog
from aiohttp import web

from adapters.channels.web.connection import Connection, take_over
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
STOP_SECONDS = 2.0
HEARTBEAT = b":\n\n"
RESET = sse.encode("reset", "{}")
BYE = sse.encode("bye", "{}")
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # Proxies that buffer would hold the first words back.
    "X-Accel-Buffering": "no",
}

log = structlog.get_logger(__name__)


class Streams:
    """The event streams of one site."""

    def __init__(self, visitors: Visitors, gateway: GatewayForChannels) -> None:
        self._visitors = visitors
        self._gateway = gateway
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def events(
        self, request: web.Request, command: Command, caller: Caller
    ) -> web.StreamResponse:
        """Stream until the client leaves, the stream's lifetime is over or the gateway stops."""
        origin = (await self._visitors.authenticate(command, caller)).origin
        visitor = origin.person.id
        if self._open[visitor] >= STREAMS_MOST:
            raise Refusal(429, "slow_down", "Too many streams are open.", retry_after=10)
        self._open[visitor] += 1
        try:
            reader = await self._gateway.follow(origin, command.cursor)
        except BaseException as error:
            self._left(visitor)
            if isinstance(error, Behind):
                return web.Response(body=RESET, headers=HEADERS)
            raise
        return await self._begin(request, visitor, reader)

    async def _begin(
        self, request: web.Request, visitor: str, reader: LogReader
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS | cors(request.headers.get("Origin", "")))
        response.force_close()
        try:
            await response.prepare(request)
            connection = take_over(request)
        except BaseException:
            reader.close()
            self._left(visitor)
            raise
        task = connection.carry(_relay(reader, connection))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, visitor, reader))
        return response

    async def stop(self) -> None:
        """Let the streams say goodbye, for 2 s at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)

    def _ended(self, visitor: str, reader: LogReader, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        reader.close()
        self._left(visitor)
        if not task.cancelled() and (error := task.exception()):
            log.error("an event stream failed", exc_info=error)

    def _left(self, visitor: str) -> None:
        self._open[visitor] -= 1
        if not self._open[visitor]:
            del self._open[visitor]


async def _relay(reader: LogReader, connection: Connection) -> None:
    with suppress(ConnectionResetError):
        await connection.write(await _follow(reader, connection))
    connection.close()


async def _follow(reader: LogReader, connection: Connection) -> bytes:
    """Send what is read; return what is to be said last."""
    clock = asyncio.get_running_loop().time
    until = clock() + LIFETIME * random.uniform(0.8, 1.2)  # noqa: S311
    try:
        while clock() < until:
            await connection.write(_encode(await reader.next()))
    except Behind:
        return RESET
    except (ShuttingDown, StoreUnavailable):
        # Another replica, or this one in a moment: the client comes back with its cursor.
        pass
    return BYE


def _encode(entries: Sequence[LogEntry]) -> bytes:
    if not entries:
        return HEARTBEAT
    return b"".join(sse.encode(entry.kind, entry.data.decode(), entry.id) for entry in entries)
