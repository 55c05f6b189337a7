"""What a store must be, and the secret that replicas share."""

from collections.abc import AsyncIterator

import pytest

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
