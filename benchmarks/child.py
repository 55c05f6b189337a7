"""Child processes: started, told apart by their own pid, measured, and always ended."""

import asyncio
import re
import signal
import sys
import time
from functools import partial
from pathlib import Path

START_SECONDS = 20.0
STOP_SECONDS = 10.0
LIFETIME = 240
"""Seconds after which the system ends a child, even when nobody is left to do it."""
READY = re.compile(r"^(?=.*\bready\b).*?(http://127\.0\.0\.1:\d+)", re.MULTILINE)


class Failed(Exception):
    """A measurement is not possible; the text says why."""


class Child:
    """One process. Its output goes to a file, which also says when it is ready."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self.address = ""
        self._process = process
        self._output = output

    @classmethod
    async def start(cls, output: Path, *command: str, ready: re.Pattern[str] = READY) -> "Child":
        """Start a program and wait until its output matches; the group is its address."""
        with output.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                # The terminal's Ctrl-C is for the benchmark, which ends its children in order.
                start_new_session=True,
                preexec_fn=partial(signal.alarm, LIFETIME),
            )
        child = cls(process, output)
        try:
            child.address = await child._wait_for(ready)
        except BaseException:
            await child.stop()
            raise
        return child

    @classmethod
    async def python(cls, output: Path, module: str, *arguments: str) -> "Child":
        """Start a module of this project."""
        return await cls.start(output, sys.executable, "-m", module, *arguments)

    async def stop(self) -> None:
        """End it: politely, then not."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def children(self) -> list[int]:
        """The processes it has started itself."""
        return [
            int(pid)
            for file in Path(f"/proc/{self.pid}/task").glob("*/children")
            for pid in file.read_text().split()
        ]

    async def _wait_for(self, ready: re.Pattern[str]) -> str:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.returncode is None:
            if found := ready.search(self._output.read_text(errors="replace")):
                return found[1] if ready.groups else ""
            await asyncio.sleep(0.02)
        raise Failed(f"{self._output.name}: not ready\n{self._output.read_text()[-2000:]}")


def cpu_ms(pid: int) -> float:
    """The processor time a process has used, in all its threads."""
    # The clock of another process, as clock_getcpuclockid(3) makes it on Linux.
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e6


def rss_kib(pid: int) -> int:
    """The memory a process has in use."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
