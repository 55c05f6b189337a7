"""Entries are in the log in their order, whatever became of the writes that carried them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.servers import eventually
from support.stores import Store, store

from gateway.config import RedisConfig
from gateway.ports import LogEntry
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.flusher import FLUSH_SECONDS, Flusher
from gateway.store.hub import Hub
from gateway.store.replies import Replies

ENTRIES = 60


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


@pytest.fixture
async def connection(server: Store) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=server.url)))
    yield connection
    await connection.close()


async def write(flusher: Flusher, first: int) -> None:
    """Entries of several flushes."""
    for n in range(first, first + ENTRIES // 2):
        flusher.add("lane", LogEntry("delta", b"{}", 1, n))
        await asyncio.sleep(FLUSH_SECONDS / 4)


async def read(connection: Connection) -> list[int]:
    """What a reader that takes each entry once, in order, sees in the log."""
    replies = Replies(connection, Hub(connection.client, ignore))
    entries, _ = await replies.read("lane", (0, 0))
    seen: list[int] = []
    for entry in entries:
        if not seen or entry.n > seen[-1]:
            seen.append(entry.n)
    return seen


async def ignore(_: bytes) -> None:
    pass


async def test_what_a_hung_server_did_not_take_is_written_in_order(
    server: Store, connection: Connection
) -> None:
    flusher = Flusher(connection, "here")
    await flusher.start()
    await write(flusher, 1)
    server.hang()
    await write(flusher, 1 + ENTRIES // 2)
    # Every write that was on its way has failed by now, and been tried again.
    await asyncio.sleep(1.5)
    server.resume()

    async def all_there() -> bool:
        return len(await read(connection)) == ENTRIES

    await eventually(all_there)
    await flusher.stop()


async def test_what_is_left_of_an_answer_is_not_written_as_the_next_one_s(
    server: Store, connection: Connection
) -> None:
    flusher = Flusher(connection, "here")
    await flusher.start()
    server.hang()
    for turn in (1, 2):
        for n in range(1, 6):
            flusher.add("lane", LogEntry("delta", b"%d" % turn, turn, n))
        # The first is on its way, and fails.
        await asyncio.sleep(2 * FLUSH_SECONDS)
    await asyncio.sleep(1.5)
    server.resume()
    replies = Replies(connection, Hub(connection.client, ignore))

    async def written() -> list[LogEntry]:
        entries, _ = await replies.read("lane", (0, 0))
        return entries if entries and entries[-1].id == "2-5" else []

    entries = await eventually(written)
    assert all(entry.data == b"%d" % entry.turn for entry in entries)
    assert [entry.n for entry in entries if entry.turn == 2] == [1, 2, 3, 4, 5]
    await flusher.stop()


async def test_settled_is_what_was_added_before(server: Store, connection: Connection) -> None:
    flusher = Flusher(connection, "here")
    await flusher.start()
    for n in range(1, ENTRIES + 1):
        flusher.add("lane", LogEntry("delta", b"{}", 1, n))
        if n % 10 == 0:
            flusher._flush()
    await flusher.settle()
    assert await read(connection) == list(range(1, ENTRIES + 1))
    assert await connection.execute("TTL", keys.log("lane")) > 0
