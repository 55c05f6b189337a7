"""The sandbox as a process of its own."""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from errno import EADDRINUSE
from pathlib import Path

from aiohttp import web

from gateway.sandbox import readme
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory

_BIND_FOR = 3.0
_BIND_EVERY = 0.1
_DRAIN = 0.2


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve ``app`` while the context is open, at the port that is yielded.

    Port 0 takes any that is free; one that is still held by another process is waited for, three
    seconds at most. Raises OSError.
    """
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=_DRAIN)
    await runner.setup()
    try:
        await _bind(runner, host, port)
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, host: str, port: int) -> None:
    until = time.monotonic() + _BIND_FOR
    while True:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
            return
        except OSError as error:
            if error.errno != EADDRINUSE or time.monotonic() > until:
                raise
        await site.stop()
        await asyncio.sleep(_BIND_EVERY)


def main(argv: Sequence[str]) -> int:
    """Run until told to stop. Returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"sandbox: {error.strerror or error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 takes any that is free")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="keep conversations there")
    parser.add_argument("--pace", type=float, default=15, metavar="MS", help="per word")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="exit when standard input ends"
    )
    return parser


async def _run(options: argparse.Namespace) -> None:
    memory = Memory(options.memory)
    answers = Answers(readme.find())
    api = ClickAI(answers.answer, memory, pace=options.pace / 1000)
    stop = _told_to_stop(options.exit_with_parent)
    try:
        async with serving(api.application(), options.host, options.port) as port:
            sys.stdout.write(f"sandbox listening on http://{options.host}:{port}/v1\n")
            sys.stdout.flush()
            await stop.wait()
    finally:
        memory.close()


def _told_to_stop(with_parent: bool) -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        _watch_input(stop)
    return stop


def _watch_input(stop: asyncio.Event) -> None:
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        while os.read(descriptor, 4096):
            pass
        with suppress(RuntimeError):  # the loop has ended on its own
            loop.call_soon_threadsafe(stop.set)

    # A thread, because an event loop cannot watch every kind of input.
    threading.Thread(target=read, name="sandbox-input", daemon=True).start()
