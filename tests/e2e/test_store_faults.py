"""Redis fails in every way it can: what was taken is answered, once, in order, and no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from support.faults import Fault, full, hung, paused, read_only, stopped
from support.servers import Process, eventually
from support.stores import Store, store
from support.visitors import Opened, check_count, counted, gateway_on, has_status, visiting

KILLS = 5


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


@pytest.fixture
async def process(sandbox: str, server: Store, folder: Path) -> AsyncIterator[Process]:
    async with gateway_on({"url": server.url}, sandbox, folder) as process:
        yield process


@pytest.fixture
async def visitors(http: aiohttp.ClientSession) -> AsyncIterator[Opened]:
    async with visiting(http) as opened:
        yield opened


@pytest.mark.parametrize(
    ("fault", "last"), [(stopped, 28), (hung, 28), (paused, 28), (read_only, 16)]
)
async def test_answers_go_on_and_end_when_the_store_is_back(
    fault: Fault,
    last: int,
    process: Process,
    server: Store,
    http: aiohttp.ClientSession,
    visitors: Opened,
) -> None:
    long, short, late = await visitors(process, 3)
    await long.say(f"count slowly to {last}")
    await short.say("count slowly to 6")
    await eventually(lambda: long.texts.get("1") and short.texts.get("1"))
    async with fault(server):
        await eventually(lambda: has_status(http, process, 503))
        sending = asyncio.create_task(late.persist("while-away", "My name is Sarah"))
        shown = long.texts["1"]
        await eventually(lambda: late.refused and short.texts["1"] == counted(6))
        assert long.texts["1"] != shown
        assert not short.ends
    await eventually(lambda: has_status(http, process, 200))
    await sending
    assert "Sarah" in (await late.end("1"))["text"]
    await check_count(short, 6)
    await check_count(long, last)
    assert '"exception"' not in process.log


async def test_a_full_store_takes_nothing_new_and_ends_what_runs(
    process: Process, server: Store, http: aiohttp.ClientSession, visitors: Opened
) -> None:
    running, late = await visitors(process, 2)
    await running.say("count slowly to 6")
    await eventually(lambda: running.texts.get("1"))
    async with full(server):
        await eventually(lambda: has_status(http, process, 503))
        assert not await late.send("while-full", "My name is Sarah")
        await check_count(running, 6)
    await eventually(lambda: has_status(http, process, 200))
    await late.persist("while-full", "My name is Sarah")
    assert "Sarah" in (await late.end("1"))["text"]
    assert '"exception"' not in process.log


async def test_killed_again_and_again(process: Process, server: Store, visitors: Opened) -> None:
    counting, *talking = await visitors(process, 4)
    await counting.say("count slowly to 12")
    talks = [
        asyncio.create_task(visitor.talk(f"N{number}x")) for number, visitor in enumerate(talking)
    ]
    for kill in range(KILLS):
        await asyncio.sleep(0.2 + 0.07 * kill)
        server.kill()
        await asyncio.sleep(0.1 * kill)
        server.start()
    await asyncio.gather(*talks)
    for number, visitor in enumerate(talking):
        await visitor.check_talk(f"N{number}x")
    (answer,) = await eventually(counting.bots)
    assert (answer["text"], answer["state"]) == (counted(12), "done")


async def test_a_slow_store_refuses_nothing(
    process: Process, server: Store, visitors: Opened
) -> None:
    (visitor,) = await visitors(process, 1)
    talking = asyncio.create_task(visitor.talk("N"))
    while not talking.done():
        server.send("CLIENT", "PAUSE", 300, "ALL")
        await asyncio.sleep(0.35)
    await talking
    await visitor.check_talk("N")
    assert visitor.refused == 0
