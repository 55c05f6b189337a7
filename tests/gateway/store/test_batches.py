"""What must be on a replica is there when its caller is told so."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from redis.exceptions import ResponseError
from support.stores import Store, store

from gateway.config import RedisConfig
from gateway.ports import StoreUnavailable
from gateway.store.connection import Connection, Script, connect, patiently

PUT = Script("put")
GLANCE = Script("glance")
WRITE = ["f", "v", 60]
LANE = ["lane", "inbox", "transcript"]


@pytest.fixture
def primary(folder: Path) -> Iterator[Store]:
    with store(folder / "primary") as primary:
        yield primary


@pytest.fixture
def replica(folder: Path, primary: Store) -> Iterator[Store]:
    with store(folder / "replica") as replica:
        replica.follow(primary)
        yield replica


@pytest.fixture
async def connection(primary: Store) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=primary.url)), [PUT, GLANCE])
    await connection.load(PUT)
    yield connection
    await connection.close()


async def put(connection: Connection, key: str) -> None:
    """Write, and again until a replica has it."""
    await patiently(partial(connection.run, PUT, [key], WRITE))


async def test_what_was_replicated_is_on_the_replica(
    connection: Connection, replica: Store
) -> None:
    for number in range(50):
        await put(connection, f"k{number}")
        assert replica.send("HGET", f"k{number}", "f") == b"v"


async def test_without_a_replica_nothing_is_promised(
    connection: Connection, primary: Store
) -> None:
    with pytest.raises(StoreUnavailable, match="no replica"):
        await connection.run(PUT, ["k"], WRITE)
    assert primary.send("HGET", "k", "f") == b"v"
    assert await connection.execute("HGET", "k", "f") == b"v"


async def test_what_is_only_found_must_be_on_the_replica_too(
    connection: Connection, replica: Store
) -> None:
    await put(connection, "k")
    replica.hang()
    with pytest.raises(StoreUnavailable):
        await connection.run(PUT, ["k"], WRITE)
    fresh = Connection(connection.client, [GLANCE])
    with pytest.raises(StoreUnavailable):
        await fresh.run(GLANCE, LANE, [0])
    replica.resume()
    glance = partial(fresh.run, GLANCE, LANE, [0])
    assert await patiently(glance) == [b"0", b"0-0", 0, []]


async def test_an_error_of_the_caller_s_own_stays_one(
    connection: Connection, replica: Store
) -> None:
    wrong = connection.call(PUT, ["k"], ["f", "v", "never"])
    right = connection.call(PUT, ["l"], WRITE)
    results = await asyncio.gather(wrong, right, return_exceptions=True)
    assert isinstance(results[0], ResponseError)
    assert results[1] is None


async def test_waiting_for_a_replica_takes_no_connections_from_others(
    connection: Connection, replica: Store
) -> None:
    replica.hang()
    waiting = []
    for number in range(300):
        waiting.append(connection.call(PUT, [f"k{number}"], WRITE))
        assert await connection.execute("PING")
    assert len(await connection.execute("CLIENT LIST", "TYPE", "normal")) < 5
    refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(error, StoreUnavailable) for error in refused)


async def test_a_server_that_forgot_the_script_learns_it_again(
    connection: Connection, primary: Store, replica: Store
) -> None:
    await put(connection, "k")
    primary.send("SCRIPT", "FLUSH")
    await put(connection, "k")
