"""Several gateways, several servers: what one of them has taken outlives it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.faults import hung
from support.servers import eventually, free_port, program
from support.stores import Store, store
from support.visitors import Opened, check_count, gateway_on, has_status, visiting


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


@pytest.fixture
async def visitors(http: aiohttp.ClientSession) -> AsyncIterator[Opened]:
    async with visiting(http) as opened:
        yield opened


async def test_replicas_do_not_take_from_each_other_what_the_store_kept_them_from_renewing(
    server: Store, sandbox: str, folder: Path, visitors: Opened
) -> None:
    folders = [folder / name for name in ("one", "two")]
    for each in folders:
        each.mkdir()
    async with (
        gateway_on({"url": server.url}, sandbox, folders[0]) as one,
        gateway_on({"url": server.url}, sandbox, folders[1]) as two,
    ):
        # Whichever works on a turn, there are readers of the other.
        reading = [*await visitors(one, 4), *await visitors(two, 4)]
        for visitor in reading:
            await visitor.say("count slowly to 28")
        await eventually(lambda: all(visitor.texts.get("1") for visitor in reading))
        async with hung(server):
            pass
        for visitor in reading:
            await check_count(visitor, 28)


@pytest.fixture
def replicated(server: Store, folder: Path) -> Iterator[Store]:
    """A replica of the server."""
    with store(folder / "replica") as replica:
        replica.follow(server)
        yield replica


async def test_what_no_replica_has_is_not_taken(
    server: Store,
    replicated: Store,
    sandbox: str,
    folder: Path,
    http: aiohttp.ClientSession,
    visitors: Opened,
) -> None:
    redis = {"url": server.url, "durability": "wait"}
    async with gateway_on(redis, sandbox, folder) as process:
        (visitor,) = await visitors(process, 1)
        assert await visitor.send("message-1", "My name is Sarah") == "accepted"
        replicated.hang()
        assert not await visitor.send("message-2", "what is my name?")
        assert not await visitor.send("message-2", "what is my name?")
        assert await has_status(http, process, 503)
        replicated.resume()
        assert await visitor.send("message-2", "what is my name?") == "duplicate"
        assert await has_status(http, process, 200)
        assert "Sarah" in (await visitor.end("2"))["text"]
        assert [message["turn"] for message in await visitor.bots()] == ["1", "2"]


@pytest.fixture
def sentinel(server: Store, folder: Path) -> Iterator[dict[str, Any]]:
    """A sentinel over the server and two replicas; how a gateway is told of it."""
    port, file = free_port(), folder / "sentinel.conf"
    file.write_text(
        f"port {port}\nsentinel monitor main 127.0.0.1 {server.port} 1\n"
        "sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
    )
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(store(folder / name)).follow(server)
        stack.enter_context(program(file, "--sentinel", port=port))
        yield {"sentinel": {"master": "main", "nodes": [f"127.0.0.1:{port}"]}}


async def test_a_failover_loses_nothing(
    server: Store,
    sentinel: dict[str, Any],
    sandbox: str,
    folder: Path,
    http: aiohttp.ClientSession,
    visitors: Opened,
) -> None:
    redis = {**sentinel, "durability": "wait"}
    async with gateway_on(redis, sandbox, folder) as process:
        counting, *talking = await visitors(process, 4)
        await counting.say("count slowly to 24")
        talks = [asyncio.create_task(each.talk(f"N{n}x")) for n, each in enumerate(talking)]
        await eventually(lambda: counting.texts.get("1"))
        server.hang()
        await eventually(lambda: has_status(http, process, 503))
        await eventually(lambda: has_status(http, process, 200), 20)
        await asyncio.gather(*talks)
        for number, visitor in enumerate(talking):
            await visitor.check_talk(f"N{number}x")
        await check_count(counting, 24)
        assert '"exception"' not in process.log
