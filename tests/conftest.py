"""Fixtures of all tests: a real Valkey server, emptied before each, and the sandbox bot."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from support.servers import valkey


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the whole run."""
    with valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
async def redis_url(valkey_url: str) -> str:
    """The server, empty."""
    async with Redis.from_url(valkey_url) as client:
        await client.flushall()
        await client.script_flush()
    return valkey_url


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A short path: unix sockets have little room."""
    return tmp_path
