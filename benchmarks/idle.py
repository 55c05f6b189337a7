"""Idle streams: what one costs in memory, and how fast many are opened."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.child import Child, Failed, rss_kib
from benchmarks.client import Commands, Stream
from benchmarks.table import Row
from benchmarks.visitors import follow, session

AT_ONCE = 64
WARM = 100
"""Streams that are open before: what the first ones bring into being is not per stream."""
SETTLE_SECONDS = 1.0

Open = Callable[[], Awaitable[Stream]]


@dataclass(frozen=True)
class Idle:
    """Memory in KiB per stream, the time in ms until each was open, and in s until all were."""

    kib: float
    opening: list[float]
    seconds: float


async def of_floor(server: Child, count: int) -> Idle:
    """Idle streams of the bare proxy."""

    async def open_one() -> Stream:
        stream = await Stream.open(server.address)
        stream.send("/idle", {})
        await stream.opened
        return stream

    return await _measure(server, [open_one] * (WARM + count))


async def of_gateway(server: Child, count: int) -> Idle:
    """Idle streams of the gateway, each of a visitor of its own."""
    commands = await Commands.open(server.address)
    sessions = [await session(commands) for _ in range(WARM + count)]
    commands.close()
    return await _measure(server, [_follower(server.address, *known) for known in sessions])


def rows(floor: Idle, gateway: Idle) -> list[Row]:
    """The table's rows."""
    count = len(gateway.opening)
    return [
        Row(f"memory per idle stream, {count} open, KiB", [floor.kib], [gateway.kib], "≤ 12"),
        Row(f"until a stream is open, {AT_ONCE} at once, ms", floor.opening, gateway.opening),
        Row(f"until all {count} are open, s", [floor.seconds], [gateway.seconds]),
    ]


def _follower(address: str, token: str, cursor: str) -> Open:
    return lambda: follow(address, token, cursor)


async def _measure(server: Child, openers: Sequence[Open]) -> Idle:
    warm, _ = await _open_all(openers[:WARM])
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = rss_kib(server.pid), time.monotonic()
    streams, opening = await _open_all(openers[WARM:])
    seconds = time.monotonic() - began
    await asyncio.sleep(SETTLE_SECONDS)
    used = rss_kib(server.pid) - before
    if lost := sum(stream.lost for stream in streams):
        raise Failed(f"{lost} of {len(streams)} idle streams were closed")
    for stream in warm + streams:
        stream.close()
    return Idle(used / len(streams), opening, seconds)


async def _open_all(openers: Sequence[Open]) -> tuple[list[Stream], list[float]]:
    room = asyncio.Semaphore(AT_ONCE)
    times: list[float] = []

    async def open_one(opener: Open) -> Stream:
        async with room:
            began = time.monotonic()
            stream = await opener()
            times.append((time.monotonic() - began) * 1000)
            return stream

    return list(await asyncio.gather(*map(open_one, openers))), times
