"""A thousand people have the chat open at one gateway: each hears what is said to them, all are
told when it goes, and of those who vanish nothing is left."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from support.crowd import Member, each, room_for
from support.embedded import embedded
from support.servers import Process, eventually, web_config

STREAMS = 1000
ASKING = 100
OTHERS = 200
"""Files and sockets beside the streams, of whichever process."""
SLACK = 100
"""As many connections to the store are kept as once were needed together."""
OPEN = "chat_gateway_streams_open"
FILES = "process_open_fds"


@pytest.fixture(autouse=True)
def room() -> Iterator[None]:
    with room_for(STREAMS + OTHERS):
        yield


@pytest.fixture
async def process(sandbox: str, folder: Path, room: None) -> AsyncIterator[Process]:
    """A gateway with its embedded server: its open files are its own."""
    async with embedded(folder, web_config(sandbox)) as process:
        yield process


@pytest.fixture
async def crowd(process: Process, http: aiohttp.ClientSession) -> AsyncIterator[list[Member]]:
    """All with a session, none with a stream."""
    crowd = [Member(http, process.url) for _ in range(STREAMS)]
    await each(crowd, lambda member: member.open(lang="en"))
    yield crowd
    for member in crowd:
        await member.leave()


async def metric(http: aiohttp.ClientSession, process: Process, name: str) -> float:
    async with http.get(f"{process.url}/metrics") as response:
        found = re.search(rf"^{name}(?:{{.*}})? (\S+)$", await response.text(), re.MULTILINE)
    return float(found[1]) if found else 0


async def hear(member: Member, name: str) -> None:
    """Ask, and hear the answer to that and no other."""
    end = await member.ask(f"My name is {name}")
    assert end["text"] == f"Nice to meet you, {name}. I will remember your name."
    # A piece may be left to the end.
    assert end["text"].startswith(member.texts["1"])
    (start,) = [data for kind, data in member.events if kind == "start"]
    assert [message["text"] for message in start["messages"]] == [f"My name is {name}"]
    assert list(member.texts) == list(member.ends) == ["1"]


async def test_everyone_hears_what_is_said_to_them_and_the_farewell(
    process: Process, crowd: list[Member]
) -> None:
    await each(crowd, Member.follow)
    asking, silent = crowd[:ASKING], crowd[ASKING:]
    await asyncio.gather(*(hear(member, f"Ann{n}x") for n, member in enumerate(asking)))
    over = asyncio.gather(*(member.over() for member in crowd))
    async with asyncio.timeout(30):
        code, _ = await asyncio.gather(asyncio.to_thread(process.terminate), over)
    assert code == 0
    assert "Traceback" not in process.log
    assert [member.events for member in silent] == [[("bye", {})]] * len(silent)
    assert [member.events[-1] for member in asking] == [("bye", {})] * ASKING
    assert all(list(member.ends) == ["1"] for member in asking)


async def test_of_those_who_vanish_nothing_is_left(
    process: Process, crowd: list[Member], http: aiohttp.ClientSession
) -> None:
    stays, *others = crowd
    await stays.follow()
    files = await metric(http, process, FILES)
    await each(others, Member.follow)
    assert await metric(http, process, OPEN) == STREAMS
    assert await metric(http, process, FILES) >= STREAMS
    for member in others:
        member.vanish()

    async def only_one_stays() -> bool:
        left = await metric(http, process, FILES)
        return await metric(http, process, OPEN) == 1 and left <= files + SLACK

    await eventually(only_one_stays)
    assert "Traceback" not in process.log
    await hear(stays, "Ann")
