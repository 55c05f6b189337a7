"""A visit to the store, for commands that work on it beside the gateways, or without any."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import click

from gateway.check import load_or_exit
from gateway.config import Config, RedisConfig
from gateway.ports import StoreUnavailable
from gateway.store import meta
from gateway.store.connection import Connection, connect
from gateway.store.embedded import Embedded, EmbeddedError
from gateway.store.inbox import ADMIT
from gateway.telemetry import configure_logging

T = TypeVar("T")


def visiting(file: Path, work: Callable[[Config, Connection], Awaitable[T]]) -> T:
    """Do some work in the store of a configuration; exit with an explanation when it fails."""
    config = load_or_exit(file)
    configure_logging("warning", config.logging.format, config.secrets())
    try:
        return asyncio.run(_work(config, work))
    except (EmbeddedError, meta.StoreError, StoreUnavailable) as error:
        click.echo(f"chat-gateway: {error}", err=True)
        sys.exit(1)


async def _work(config: Config, work: Callable[[Config, Connection], Awaitable[T]]) -> T:
    async with visit(config.redis) as connection:
        return await work(config, connection)


@asynccontextmanager
async def visit(config: RedisConfig) -> AsyncIterator[Connection]:
    """A connection to the store.

    An embedded server that a gateway has running is used; else one runs for as long as the visit,
    and keeps gateways from the data directory. Raises EmbeddedError, StoreError, StoreUnavailable.
    """
    async with AsyncExitStack() as stack:
        redis = await _embedded(config, stack) if config.embedded else config
        # What is admitted here is as durable as what a gateway admits.
        replicated = (ADMIT,) if redis.durability == "wait" else ()
        connection = Connection(connect(redis), replicated)
        stack.push_async_callback(connection.close)
        await connection.open()
        await meta.check(connection)
        yield connection


async def _embedded(config: RedisConfig, stack: AsyncExitStack) -> RedisConfig:
    if not config.data_dir.is_dir():
        raise EmbeddedError(f"redis.data_dir {config.data_dir} is not there: no gateway has run")
    embedded = Embedded(config.data_dir, config.server_binary)
    redis = RedisConfig(url=embedded.url)
    if not await _answers(redis):
        await embedded.start()
        stack.push_async_callback(embedded.stop)
    return redis


async def _answers(redis: RedisConfig) -> bool:
    connection = Connection(connect(redis))
    try:
        await connection.open()
    except StoreUnavailable:
        return False
    finally:
        await connection.close()
    return True
