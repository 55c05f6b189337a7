"""What can be wrong with a store, for as long as a context lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from support.servers import free_port
from support.stores import Store

AWAY = 6.0
"""Seconds: longer than a lease."""
Fault = Callable[[Store], AbstractAsyncContextManager[None]]


@contextlib.asynccontextmanager
async def lasting() -> AsyncIterator[None]:
    until = asyncio.get_running_loop().time() + AWAY
    yield
    await asyncio.sleep(until - asyncio.get_running_loop().time())


@contextlib.asynccontextmanager
async def stopped(server: Store) -> AsyncIterator[None]:
    """It ends, and is started again later."""
    async with lasting():
        server.stop()
        yield
    server.start()


@contextlib.asynccontextmanager
async def hung(server: Store) -> AsyncIterator[None]:
    """It does nothing, and goes on later with all that was asked of it."""
    async with lasting():
        server.hang()
        yield
    server.resume()


@contextlib.asynccontextmanager
async def paused(server: Store) -> AsyncIterator[None]:
    """It answers nobody, and forgets who left meanwhile."""
    async with lasting():
        server.send("CLIENT", "PAUSE", int(AWAY * 1000), "ALL")
        yield


@contextlib.asynccontextmanager
async def read_only(server: Store) -> AsyncIterator[None]:
    """It has become the replica of a server that is not there."""
    server.send("REPLICAOF", "127.0.0.1", free_port())
    yield
    server.send("REPLICAOF", "NO", "ONE")


@contextlib.asynccontextmanager
async def full(server: Store) -> AsyncIterator[None]:
    """It has no room."""
    server.send("CONFIG", "SET", "maxmemory", "1")
    yield
    server.send("CONFIG", "SET", "maxmemory", "0")
