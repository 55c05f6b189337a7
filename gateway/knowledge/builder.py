"""Having a generation built by a process of its own."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress

import msgspec

from gateway.knowledge.building import Failure, Job, Progress

COMMAND = ("-m", "gateway.knowledge.building")
BROKE_OFF = "the process that builds it broke off"


class BuildFailed(Exception):
    """There is no new generation. The text says why."""


async def build(job: Job, told: Callable[[Progress], None]) -> None:
    """Build a generation, without blocking. Cancelled, it ends the process.

    Raises BuildFailed, and OSError when no process can be started; what was there before stays.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, *COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        failure = await _followed(process, job, told)
        if await process.wait() or failure:
            raise BuildFailed(failure or BROKE_OFF)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _followed(process: Process, job: Job, told: Callable[[Progress], None]) -> str:
    if not process.stdin or not process.stdout:
        return BROKE_OFF
    # It may be gone before it has read its job: then its end says so.
    with suppress(ConnectionError):
        process.stdin.write(msgspec.json.encode(job))
        await process.stdin.drain()
    process.stdin.close()
    failure = ""
    async for line in process.stdout:
        match msgspec.json.decode(line, type=Progress | Failure):
            case Failure(reason=reason):
                failure = reason
            case progress:
                told(progress)
    return failure
