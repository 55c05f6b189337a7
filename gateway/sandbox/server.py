"""Serving a sandbox's application at a port."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from errno import EADDRINUSE

from aiohttp import web

from gateway.ports import Handler

_BIND_FOR = 3.0
_BIND_EVERY = 0.1
_DRAIN = 0.2


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve ``app`` while the context is open, at the port that is yielded.

    Port 0 takes any that is free; one that is still held by another process is waited for, three
    seconds at most. Raises OSError.
    """
    app.middlewares.insert(0, _without_clients)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=_DRAIN)
    await runner.setup()
    try:
        await _bind(runner, host, port)
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@web.middleware
async def _without_clients(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A client that leaves in the middle of an answer is nothing to complain about."""
    try:
        return await handler(request)
    except ConnectionError:
        return web.Response()


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
