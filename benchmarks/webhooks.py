"""How soon a platform's webhooks are acknowledged, beside a floor that only verifies them."""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
import yaml

from benchmarks.child import Child, Failed, cpu_ms
from benchmarks.client import ANSWER_SECONDS, Connection
from benchmarks.machine import Watch
from benchmarks.table import Row, render

CROWDS = (1, 20)
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass(frozen=True)
class Platform:
    """Who posts what. ``side`` is the module of its stand-in, which serves the floor too.

    ``channel`` is the channel's configuration when the stand-in is at an address; ``proof`` are
    the headers, as lines, by which a body is known to be the platform's.
    """

    name: str
    path: str
    side: str
    channel: Callable[[str], dict[str, Any]]
    proof: Callable[[bytes], str]
    message: Callable[[], bytes]
    nothing: Callable[[], bytes]
    """A message that is nobody's business."""


class Hook(Connection):
    """A connection on which a platform posts one webhook after the other."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._rest = b""
        self._status: asyncio.Future[int] | None = None

    async def post(self, path: str, proof: str, body: bytes) -> float:
        """Post one; the ms until it was acknowledged. Raises Failed when it was not."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"{proof}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._rest = b""
        self._status = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(head.encode() + body)
        async with asyncio.timeout(ANSWER_SECONDS):
            status = await self._status
        if status != 200:
            raise Failed(f"{path}: {status}")
        return 1000 * (time.perf_counter() - began)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and self._status and len(body) >= int(length[1] if length else 0):
            self._status.set_result(int(head.split()[1]))

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        if self._status and not self._status.done():
            self._status.set_exception(Failed(f"connection lost: {error}"))


class Bench:
    """One platform before a gateway and before its floor."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def measure(self, folder: Path, count: int) -> list[Row]:
        """The rows of the table."""
        platform = self._platform
        async with AsyncExitStack() as stack:
            bot = await Child.python(folder / "bot.log", "benchmarks.stand_in")
            stack.push_async_callback(bot.stop)
            side = await Child.python(folder / "side.log", platform.side)
            stack.push_async_callback(side.stop)
            gateway = await self._gateway(folder, bot.address, platform.channel(side.address))
            stack.push_async_callback(gateway.stop)
            first = [platform.message() for _ in range(20)]
            await self._post_all(gateway.address, platform.path, first, 1)
            rows = []
            for crowd in CROWDS:
                rows += await self._rows(gateway, side, crowd, count // (1 if crowd > 1 else 5))
            return rows

    async def _gateway(self, folder: Path, bot: str, channel: dict[str, Any]) -> Child:
        name = self._platform.name
        config = {
            "server": {"port": 0},
            "redis": {"data_dir": str(folder / "data")},
            "channels": {name: channel},
            "bots": {
                "bot": {
                    "kind": "clickai",
                    "base_url": f"{bot}/{name}/v1",
                    "api_key": "app-benchmark",
                }
            },
            "routes": [{"channel": name, "bot": "bot"}],
            "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
            "logging": {"format": "json"},
        }
        file = folder / "gateway.yaml"
        file.write_text(yaml.safe_dump(config))
        command = (sys.executable, "-m", "gateway", "run", "--config", str(file))
        return await Child.start(folder / "gateway.log", *command)

    async def _rows(self, gateway: Child, side: Child, crowd: int, count: int) -> list[Row]:
        platform = self._platform
        bodies = [platform.message() for _ in range(count)]
        others = [platform.nothing() for _ in range(count)]
        at_a_time = f"{crowd} at a time"
        floor = await self._post_all(side.address, "/verify", bodies, crowd)
        ignored = await self._post_all(gateway.address, platform.path, others, crowd)
        before = _cpu(gateway)
        began = time.perf_counter()
        taken = await self._post_all(gateway.address, platform.path, bodies, crowd)
        seconds = time.perf_counter() - began
        cpu = [(now - then) / count for now, then in zip(_cpu(gateway), before, strict=True)]
        goal = "p99 ≤ 50" if crowd > 1 else "≤ 10"
        return [
            Row(f"message that is nobody's business → ack, {at_a_time}, ms", floor, ignored),
            Row(f"message → ack, {at_a_time}, ms", floor, taken, goal),
            Row(f"messages a second, {at_a_time}", (), [count / seconds]),
            Row(f"CPU per message until the last is taken, {at_a_time}, ms", (), cpu[:1]),
            Row(f"CPU of its store, {at_a_time}, ms", (), [sum(cpu[1:])]),
        ]

    async def _post_all(
        self, address: str, path: str, bodies: Sequence[bytes], crowd: int
    ) -> list[float]:
        """Post them, so many at a time; the ms until each was acknowledged."""
        waiting = iter(bodies)
        taken: list[float] = []

        async def work() -> None:
            hook = await Hook.open(address)
            for body in waiting:
                taken.append(await hook.post(path, self._platform.proof(body), body))
            hook.close()

        async with asyncio.TaskGroup() as group:
            for _ in range(crowd):
                group.create_task(work())
        return taken


def _cpu(gateway: Child) -> list[float]:
    return [cpu_ms(pid) for pid in (gateway.pid, *gateway.children)]


def run(platform: Platform, program: str) -> int:
    """Measure and print, as a program of that name."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{program}")
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    count = 200 if parser.parse_args().quick else 1000
    watch = Watch()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = uvloop.run(Bench(platform).measure(Path(folder), count))
    except (Failed, TimeoutError, ExceptionGroup) as error:
        print(f"{program}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    print(f"\n{watch}")
    return 0
