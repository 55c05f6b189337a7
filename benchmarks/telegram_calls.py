"""Calls to Telegram over the gateway's HTTP session, against the library's own way.

``python -m benchmarks.telegram_calls [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection

import aiohttp
import uvloop
from aiohttp import web
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from adapters.channels.telegram.request import AiohttpRequest

TOKEN = "123456:AAHbenchmarkbenchmarkbenchmarkbenchm"
TEXT = "An answer as long as a frame of it may be, with some words more. " * 12
SENT = b'{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"x"}}'
HEAD = ("call", "httpx, calls/s", "gateway", "httpx, CPU ms", "gateway", "less CPU")
DONE = b'{"ok":true,"result":true}'
Call = Callable[[Bot], Awaitable[object]]
CALLS: dict[str, Call] = {
    "draft": lambda bot: bot.send_message_draft(5, 1, TEXT),
    "message": lambda bot: bot.send_message(5, TEXT),
}


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    body = SENT if request.path.endswith("sendMessage") else DONE
    return web.Response(body=body, content_type="application/json")


async def _serve(ready: Connection) -> None:
    application = web.Application()
    application.router.add_post("/{path:.*}", _answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.Event().wait()


def _server(ready: Connection) -> None:
    uvloop.run(_serve(ready))


async def _measured(bot: Bot, call: Call, calls: int, at_once: int) -> tuple[float, float]:
    """Calls a second, and milliseconds of the processor for one; a tenth more goes ahead."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call(bot)

    for _ in range(calls // 10):
        await call(bot)
    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(at_once)))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    return calls / took, 1000 * cpu / calls


def _bot(url: str, request: BaseRequest) -> Bot:
    base = f"{url}/bot"
    return Bot(TOKEN, base_url=base, request=request, get_updates_request=request)


async def _rows(url: str, calls: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    slow = HTTPXRequest(connection_pool_size=64, read_timeout=60, pool_timeout=60)
    async with slow, aiohttp.ClientSession() as http:
        theirs, ours = _bot(url, slow), _bot(url, AiohttpRequest(http, TOKEN))
        for name, call in CALLS.items():
            for at_once in (1, 50):
                old = await _measured(theirs, call, calls, at_once)
                new = await _measured(ours, call, calls, at_once)
                rows.append((f"{name}, {at_once} at a time", *_cells(old, new)))
    return rows


def _cells(old: tuple[float, float], new: tuple[float, float]) -> tuple[str, ...]:
    rates = f"{old[0]:.0f}", f"{new[0]:.0f}"
    return *rates, f"{old[1]:.2f}", f"{new[1]:.2f}", f"{old[1] / new[1]:.1f} ×"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEAD, tuple("-" * len(name) for name in HEAD), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the calls")
    calls = 500 if parser.parse_args().quick else 2000
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_server, args=(there,), daemon=True
    )
    server.start()
    try:
        print(_table(uvloop.run(_rows(here.recv(), calls))))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
