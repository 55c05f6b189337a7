"""Thousands of open widgets at one gateway: what they cost while nothing is said, and its end.

``python -m benchmarks.widget_crowd [--streams 5000]``; README.md says how to read the result.
"""

import argparse
import asyncio
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles

import aiohttp
import uvloop

from benchmarks.child import Child, Failed, cpu_ms, rss_kib
from benchmarks.client import Commands, Stream
from benchmarks.stage import Stage
from benchmarks.table import aligned
from benchmarks.visitors import BASE, session

MOST_SECONDS = 180.0
AT_ONCE = 64
WARM = 100
IDLE_SECONDS = 31
"""Two heartbeats fall into it."""
NEWCOMERS = 200
GONE_SECONDS = 2.0
_OPEN = re.compile(r"^\w*streams_open\{[^}]*\} (\d+)", re.MULTILINE)

Cells = Sequence[str]


class Listener(Stream):
    """A stream that knows when it last heard something."""

    heard = 0

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self.heard = time.monotonic_ns()
        super().data_received(data)


async def listen(address: str, token: str, cursor: str) -> Listener:
    """An open stream."""
    stream = await Listener.open(address)
    stream.send(f"{BASE}/events", {"token": token, "cursor": cursor})
    async with asyncio.timeout(MOST_SECONDS):
        await stream.opened
    return stream


async def measured(folder: Path, stack: AsyncExitStack, count: int) -> list[Cells]:
    """Every row."""
    stage = Stage(folder, stack)
    await stage.stand_in()
    server = await stage.gateway("crowd")
    commands = await Commands.open(server.address)
    known = [await session(commands) for _ in range(WARM + count)]
    rows, streams = await _arrivals(server, known)
    rows += await _silence(server, streams)
    rows += await _newcomers(server, commands)
    commands.close()
    for stream in streams[: count // 2]:
        stream.close()
    rows += await _gone(server, len(streams) - count // 2)
    return rows + await _goodbye(server, streams[count // 2 :])


async def _arrivals(
    server: Child, known: Sequence[tuple[str, str]]
) -> tuple[list[Cells], list[Listener]]:
    room = asyncio.Semaphore(AT_ONCE)

    async def arrive(token: str, cursor: str) -> Listener:
        async with room:
            return await listen(server.address, token, cursor)

    async def all_of(some: Sequence[tuple[str, str]]) -> list[Listener]:
        return await asyncio.gather(*(arrive(*each) for each in some))

    first = await all_of(known[:WARM])
    await asyncio.sleep(1)
    before, began = rss_kib(server.pid), time.monotonic()
    streams = await all_of(known[WARM:])
    seconds = time.monotonic() - began
    await asyncio.sleep(1)
    after = rss_kib(server.pid)
    return [
        (f"until {len(streams)} streams are open", "", f"{seconds:.1f} s"),
        ("memory per stream", "12 KiB", f"{(after - before) / len(streams):.1f} KiB"),
        ("memory of the process", "120 MB", f"{after / 1000:.0f} MB"),
    ], first + streams


async def _silence(server: Child, streams: Sequence[Listener]) -> list[Cells]:
    before = cpu_ms(server.pid)
    await asyncio.sleep(IDLE_SECONDS)
    share = (cpu_ms(server.pid) - before) / IDLE_SECONDS / 10
    heard = sorted(stream.heard for stream in streams)
    late = [(each - heard[0]) / 1e6 for each in heard]
    return [
        ("processor while nothing is said", "5 %", f"{share:.1f} %"),
        ("one heartbeat to all: from the first to", "p50 100 ms", _spread(late)),
    ]


async def _newcomers(server: Child, commands: Commands) -> list[Cells]:
    times = []
    for _ in range(NEWCOMERS):
        known = await session(commands)
        began = time.monotonic_ns()
        stream = await listen(server.address, *known)
        times.append((stream.heard - began) / 1e6)
        stream.close()
    return [("one more stream: connect → first byte", "p99 50 ms", _spread(times))]


async def _gone(server: Child, left: int) -> list[Cells]:
    await asyncio.sleep(GONE_SECONDS)
    async with aiohttp.ClientSession() as http, http.get(f"{server.address}/metrics") as answer:
        found = _OPEN.search(await answer.text())
    if not found:
        raise Failed("the gateway does not say how many streams are open")
    ghosts = int(found[1]) - left
    return [(f"streams left {GONE_SECONDS:.0f} s after half have hung up", "0", str(ghosts))]


async def _goodbye(server: Child, streams: Sequence[Listener]) -> list[Cells]:
    began = time.monotonic_ns()
    await server.stop()
    seconds = (time.monotonic_ns() - began) / 1e9
    times = [(stream.heard - began) / 1e6 for stream in streams if stream.heard > began]
    return [
        (f"SIGTERM → bye, {len(times)} of {len(streams)}", "", _spread(times)),
        ("SIGTERM → the process has ended", "5 s", f"{seconds:.1f} s"),
    ]


def _spread(times: Sequence[float]) -> str:
    last = quantiles(times, n=100, method="inclusive")[98]
    return f"p50 {median(times):.1f}, p99 {last:.1f} ms"


async def _bounded(count: int) -> list[Cells]:
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.timeout(MOST_SECONDS), AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="widget-crowd-")))
        return await measured(folder, stack, count)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widget_crowd", description=__doc__)
    parser.add_argument("--streams", type=int, default=5000)
    count = parser.parse_args(arguments).streams
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < count + 500:
        print(f"widget_crowd: only {most} files may be open: ulimit -Hn", file=sys.stderr)
        return 1
    try:
        rows = uvloop.run(_bounded(count))
    except (Failed, TimeoutError) as error:
        print(f"widget_crowd: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(aligned(("measured", "goal", "gateway"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
