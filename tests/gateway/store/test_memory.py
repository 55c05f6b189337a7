"""What adapters keep for themselves."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from gateway.config import RedisConfig
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.memory import Memory


@pytest.fixture
async def memory(redis_url: str) -> AsyncIterator[Memory]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield Memory(connection)
    await connection.close()


async def test_what_was_kept_is_found_by_its_owner(memory: Memory) -> None:
    await memory.keep("bot:1", "a:b", b"\x00value", 60)
    assert await memory.find("bot:1", "a:b") == b"\x00value"
    assert await memory.find("bot", "1:a:b") is None
    await memory.keep("bot:1", "a:b", b"later", 60)
    assert await memory.find("bot:1", "a:b") == b"later"


async def test_it_is_kept_for_as_long_as_was_said(memory: Memory, redis_url: str) -> None:
    await memory.keep("bot", "a", b"value", 60)
    async with Redis.from_url(redis_url) as client:
        assert 0 < await client.ttl(keys.memory("bot", "a")) <= 60


async def test_only_what_it_still_is_is_kept_for_longer(memory: Memory, redis_url: str) -> None:
    await memory.keep("bot", "a", b"value", 60)
    assert not await memory.extend("bot", "a", b"another", 600)
    assert not await memory.extend("bot", "b", b"value", 600)
    async with Redis.from_url(redis_url) as client:
        assert await client.ttl(keys.memory("bot", "a")) <= 60
        assert await memory.extend("bot", "a", b"value", 600)
        assert 60 < await client.ttl(keys.memory("bot", "a")) <= 600
    assert await memory.find("bot", "b") is None
