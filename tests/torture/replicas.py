"""The processes of the run: gateways and their server, to be killed, frozen and started again."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import redis
from msgspec import Struct
from support.servers import eventually, free_port, write_config

from gateway.store.embedded import find_binary

TESTS = Path(__file__).parents[1]
START_SECONDS = 40.0
"""Until a replica must be ready, with starts that fail because the store is away."""
STOP_SECONDS = 20.0


class Period(Struct):
    """A time, in seconds; it has not ended while ``until`` is infinite."""

    since: float
    until: float = float("inf")


class Store:
    """A Valkey server with an append-only file that is written at once."""

    def __init__(self, folder: Path) -> None:
        self.outages: list[Period] = []
        self.busy = asyncio.Lock()
        """Held by whatever happens to it."""
        self._folder = folder
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes]
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it; it answers a moment later."""
        self._socket.unlink(missing_ok=True)
        command = [find_binary(), "--port", "0", "--unixsocket", self._socket, "--save", ""]
        command += ["--dir", self._folder, "--appendonly", "yes", "--appendfsync", "always"]
        log = self._folder / "redis.log"
        self._process = subprocess.Popen([*command, "--logfile", log], stdin=subprocess.DEVNULL)

    async def ready(self) -> None:
        """Wait until it answers."""
        await eventually(self._answers, 20)
        if self.outages:
            self.outages[-1].until = time.monotonic()

    async def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError, OSError):
            async with redis.asyncio.Redis.from_url(self.url) as client:
                return bool(await client.ping())
        return False

    def kill(self) -> None:
        """kill -9."""
        self.outages.append(Period(time.monotonic()))
        self.end()

    def end(self) -> None:
        """The same, at the end of the run."""
        self._process.kill()
        self._process.wait(10)

    async def keys(self, pattern: str) -> list[str]:
        """The keys there are of a pattern."""
        async with redis.asyncio.Redis.from_url(self.url) as client:
            return sorted([key.decode() async for key in client.scan_iter(pattern, count=1000)])


class Replica:
    """One gateway process after another, at one port. Each has a name of its own."""

    def __init__(self, number: int, folder: Path, config: Any) -> None:
        self.log = folder / f"r{number}.log"
        self.outages: defaultdict[str, list[Period]] = defaultdict(list)
        """When which of them was killed or frozen."""
        self.there: list[Period] = []
        """When one of them was ready, and neither killed nor frozen yet."""
        self.starts = 0
        self.busy = asyncio.Lock()
        """Held by whatever happens to it."""
        self._number = number
        self._folder = folder / f"r{number}"
        self._folder.mkdir()
        self._config = config
        self._port = free_port()
        self._process: subprocess.Popen[bytes]
        self.url = f"http://127.0.0.1:{self._port}"

    @property
    def name(self) -> str:
        """Of the process that is there, or was last."""
        return f"r{self._number}.{self.starts}"

    async def start(self) -> None:
        """Start it, again when it ends by itself, until it is ready. Raises RuntimeError."""
        self._spawn()
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http:
                await eventually(lambda: self._ready(http), START_SECONDS)
        except AssertionError:
            raise RuntimeError(f"a replica does not start: see {self.log}") from None
        self.there.append(Period(time.monotonic()))

    def _spawn(self) -> None:
        self.starts += 1
        file = write_config(self._folder, self._config(self.name, self._port))
        command = [sys.executable, "-m", "torture.launch", "run", "--config", file]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=os.environ | {"PYTHONPATH": str(TESTS)}, stdout=log, stderr=log
            )

    async def _ready(self, http: aiohttp.ClientSession) -> bool:
        if self._process.poll() is not None:
            # It found no store. Whatever supervises gateways tries again.
            await asyncio.sleep(0.3)
            self._spawn()
        await asyncio.sleep(0.05)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        return False

    def kill(self) -> None:
        """kill -9."""
        self._lose()
        self._process.kill()
        self._process.wait(10)

    def freeze(self) -> None:
        """Stop its clock, as a suspended machine does."""
        self._lose()
        self._process.send_signal(signal.SIGSTOP)

    def _lose(self) -> None:
        now = time.monotonic()
        self.outages[self.name].append(Period(now))
        self.there[-1].until = now

    def thaw(self) -> None:
        """Let it go on."""
        now = time.monotonic()
        self.outages[self.name][-1].until = now
        self.there.append(Period(now))
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        self._process.terminate()
        return self._process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Whatever its state: gone."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
