"""What a store must be, and the secret that replicas share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.stores import Store, store

from gateway.config import RedisConfig
from gateway.store import keys, meta
from gateway.store.connection import Connection, connect
from gateway.store.meta import StoreError


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield connection
    await connection.close()


async def test_a_new_store_is_marked_and_accepted_again(connection: Connection) -> None:
    await meta.check(connection)
    await meta.check(connection)
    assert await connection.execute("HGET", keys.META, "schema") == keys.SCHEMA.encode()


async def test_another_schema_is_refused(connection: Connection) -> None:
    await connection.execute("HSET", keys.META, "schema", "0")
    with pytest.raises(StoreError, match="schema 0"):
        await meta.check(connection)


@pytest.mark.parametrize(
    ("info", "accepted"),
    [
        ({"redis_version": "6.2.14"}, False),
        ({"redis_version": "7.0.15"}, True),
        ({"redis_version": "8.0.2"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.5"}, True),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, True),
    ],
)
def test_old_servers_are_refused(info: dict[str, str], accepted: bool) -> None:
    if accepted:
        meta.refuse_old(info)
    else:
        with pytest.raises(StoreError, match=r"redis 7\.0 or newer"):
            meta.refuse_old(info)


async def test_all_replicas_find_the_same_secret(connection: Connection) -> None:
    secret = await meta.generated_secret(connection)
    assert len(secret) == 64
    assert await meta.generated_secret(connection) == secret


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


async def warnings(server: Store, durability: str = "async") -> list[str]:
    connection = Connection(connect(RedisConfig(url=server.url)))
    with capture_logs() as logs:
        await meta.warn_of_loss(connection, durability)
    await connection.close()
    return [entry["event"] for entry in logs]


async def test_a_durable_server_is_not_warned_of(server: Store) -> None:
    assert await warnings(server) == []


@pytest.mark.parametrize(
    ("setting", "value", "warning"),
    [
        ("appendonly", "no", "append-only"),
        ("appendfsync", "no", "power cut"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
async def test_what_would_lose_messages_is_warned_of(
    server: Store, setting: str, value: str, warning: str
) -> None:
    server.send("CONFIG", "SET", setting, value)
    (logged,) = await warnings(server)
    assert warning in logged


async def test_a_replica_that_may_lag_is_warned_of(server: Store, folder: Path) -> None:
    with store(folder / "replica") as replica:
        replica.follow(server)
        (logged,) = await warnings(server)
        assert "redis.durability wait" in logged
        assert await warnings(server, "wait") == []
        server.send("CONFIG", "SET", "min-replicas-to-write", "1")
        assert await warnings(server) == []


async def test_a_server_that_hides_its_configuration_is_taken_as_it_is(server: Store) -> None:
    server.send("ACL", "SETUSER", "default", "-config")
    assert await warnings(server) == []
