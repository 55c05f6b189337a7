"""What bots call conversations."""

from collections.abc import AsyncIterator

import pytest
from support.adapters import origin

from gateway.config import RedisConfig
from gateway.store.aliases import Aliases, Place
from gateway.store.connection import Connection, connect

HERE = Place("lane", origin(place="p"), "user")
THERE = Place("other", origin(place="q"), "user")


@pytest.fixture
async def aliases(redis_url: str) -> AsyncIterator[Aliases]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield Aliases(connection, days=1)
    await connection.close()


async def test_a_name_leads_where_it_last_led(aliases: Aliases) -> None:
    await aliases.name("bot", ("a", "b"), HERE)
    await aliases.name("bot", ("b",), THERE)
    assert await aliases.find("bot", "a") == HERE
    assert await aliases.find("bot", "b") == THERE


async def test_a_name_belongs_to_its_bot(aliases: Aliases) -> None:
    await aliases.name("bot", ("a",), HERE)
    assert await aliases.find("other", "a") is None
