"""Calls of one tick travel together; scripts survive a server that forgot them."""

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
)
from support.servers import free_port, program

from gateway.config import RedisConfig, Sentinel
from gateway.ports import StoreUnavailable
from gateway.store.connection import Connection, Script, connect
from gateway.store.refusals import as_unavailable


async def test_each_caller_gets_its_own_answer(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    await asyncio.gather(*(connection.execute("SET", f"k{n}", n) for n in range(1000)))
    values = await asyncio.gather(*(connection.execute("GET", f"k{n}") for n in range(1000)))
    assert values == [str(n).encode() for n in range(1000)]
    await connection.close()


async def test_calls_of_one_tick_share_a_connection(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    await asyncio.gather(*(connection.execute("PING") for _ in range(200)))
    clients = await connection.execute("CLIENT LIST")
    assert len(clients) == 1
    await connection.close()


async def test_one_error_does_not_spoil_its_neighbours(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    good = connection.execute("SET", "k", "v")
    bad = connection.execute("HGET", "k", "f")
    results = await asyncio.gather(good, bad, return_exceptions=True)
    assert results[0]
    assert isinstance(results[1], ResponseError)
    await connection.close()


async def test_a_forgotten_script_is_loaded_again(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    script = Script("put")
    await connection.run(script, ["k"], ["f", "before", 60])
    async with Redis.from_url(redis_url) as client:
        await client.script_flush()
    await connection.run(script, ["k"], ["f", "v", 60])
    assert await connection.execute("HGET", "k", "f") == b"v"
    await connection.close()


async def test_a_caller_who_left_does_not_disturb_the_rest(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    leaving = asyncio.create_task(connection.execute("PING"))
    staying = asyncio.create_task(connection.execute("ECHO", "here"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == b"here"
    await connection.close()


async def test_sentinels_lead_to_the_server(folder: Path) -> None:
    server, sentinel = free_port(), free_port()
    file = folder / "sentinel.conf"
    file.write_text(
        f"port {sentinel}\nsentinel monitor main 127.0.0.1 {server} 1\n"
        "sentinel auth-pass main a-password\n"
    )
    with (
        program("--port", server, "--save", "", "--requirepass", "a-password", port=server),
        program(file, "--sentinel", port=sentinel),
    ):
        nodes = [f"127.0.0.1:{sentinel}"]
        found = Sentinel.model_validate(
            {"master": "main", "nodes": nodes, "password": "a-password"}
        )
        connection = Connection(connect(RedisConfig(sentinel=found)))
        assert await connection.execute("SET", "k", "v")
        await connection.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
async def test_a_server_that_is_away_is_unavailable_at_once(url: str) -> None:
    connection = Connection(connect(RedisConfig(url=url)))
    with pytest.raises(StoreUnavailable):
        await connection.execute("PING")
    await connection.close()


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (RedisConnectionError("reset"), True),
        (TimeoutError(), True),
        (RedisClusterException("no node"), True),
        (OutOfMemoryError("used memory > 'maxmemory'"), True),
        (ReadOnlyError("a replica"), True),
        (ResponseError("UNBLOCKED force unblock"), True),
        (ResponseError("MISCONF the disk is full"), True),
        (ResponseError("NOREPLICAS not enough"), True),
        (ResponseError("WRONGTYPE of key"), False),
        (NoScriptError("no such script"), False),
    ],
)
def test_a_store_that_takes_nothing_is_told_from_a_wrong_command(
    error: Exception, unavailable: bool
) -> None:
    assert isinstance(as_unavailable(error), StoreUnavailable) is unavailable


@pytest.mark.parametrize(
    ("section", "remedy"),
    [
        ({}, "Give url or sentinel"),
        ({"url": "redis://node:6379", "cluster": True}, "Keep either cluster or durability wait"),
    ],
)
def test_only_a_server_with_replicas_can_be_waited_for(
    section: dict[str, object], remedy: str
) -> None:
    with pytest.raises(ValidationError, match=remedy):
        RedisConfig.model_validate({**section, "durability": "wait"})
