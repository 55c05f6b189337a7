"""Reply logs: one order, no gap, no repeat, from whichever side a reader looks."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from support.servers import eventually

from gateway.config import Limits, RedisConfig
from gateway.model import Policy
from gateway.ports import Behind, LogEntry, LogReader, ShuttingDown, StoreUnavailable
from gateway.store import connection as store_connection
from gateway.store import keys
from gateway.store import replies as module
from gateway.store.connection import Connection, connect
from gateway.store.flusher import Batch
from gateway.store.hub import Hub
from gateway.store.inbox import Inbox
from gateway.store.leases import Lease
from gateway.store.replies import Replies, parse_id
from gateway.store.work import Item

from support.adapters import inbound  # isort: skip


class Replica:
    """The store's side of one gateway process."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(connect(RedisConfig(url=url)))
        self.blocking = Connection(connect(RedisConfig(url=url), blocking=True))
        self.hub = Hub(self.blocking.client, self._ignore)
        self.replies = Replies(self.connection, self.hub)
        self.inbox = Inbox(self.connection, self.hub.process, Limits())

    async def _ignore(self, _: bytes) -> None: ...

    async def begin(self) -> Lease:
        """Admit a message and lease its lane."""
        item = Item(inbound("x"), "bot", Policy.FOLLOWUP, "user")
        await self.inbox.admit(
            "l", item, said={"id": item.inbound.id, "text": item.inbound.text, "at": 1000.0}
        )
        while True:
            for lease in await self.inbox.leases.claims(self.blocking, 1):
                await self.inbox.begin(lease, 1)
                return lease

    async def seal(self, lease: Lease, batch: Batch) -> None:
        """End the turn."""
        work = await self.inbox.begin(lease, 1)
        assert work
        await self.inbox.seal(lease, work.items, closing=batch)
        self.replies.sealed("l", batch)


@pytest.fixture
async def replica(redis_url: str) -> AsyncIterator[Callable[[], Awaitable[Replica]]]:
    started: list[Replica] = []

    async def start() -> Replica:
        replica = Replica(redis_url)
        await replica.hub.start()
        await replica.inbox.leases.prepare()
        started.append(replica)
        return replica

    yield start
    for one in started:
        await one.replies.stop()
        await one.hub.close()
        await one.connection.close()
        await one.blocking.close()


async def read(reader: LogReader, count: int) -> list[LogEntry]:
    """The next so many entries."""
    entries: list[LogEntry] = []
    async with asyncio.timeout(5):
        while len(entries) < count:
            entries += await reader.next()
    return entries


def words(entries: list[LogEntry]) -> str:
    return "".join(json.loads(entry.data)["t"] for entry in entries)


async def test_a_local_reader_has_an_event_before_redis_has(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    await reader.next()
    writer = here.replies.writer("l", 1, 1)
    for word in ("a", "b", "c"):
        writer.append("delta", {"t": word})
        assert words(list(await reader.next())) == word
    (entry,) = await here.connection.execute("XRANGE", keys.log("l"), "-", "+")
    assert b'"c"' not in entry[1][b"e"]


async def test_a_store_that_is_just_back_ends_no_stream(replica, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    await reader.next()
    reads, read_log = 0, here.replies.read

    async def read_in_vain(*arguments: Any) -> Any:
        nonlocal reads
        reads += 1
        if reads <= 2:
            raise StoreUnavailable("Connection closed by server.")
        return await read_log(*arguments)

    monkeypatch.setattr(here.replies, "read", read_in_vain)
    here.replies.refresh("l")
    here.replies.writer("l", 1, 1).append("delta", {"t": "a"})
    assert words(await read(reader, 1)) == "a"
    assert reads > 2


async def test_a_store_that_stays_away_ends_it(replica, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(store_connection, "HOLD_SECONDS", 0.1)
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    await reader.next()

    async def read_in_vain(*_: Any) -> Any:
        raise StoreUnavailable("Connection refused.")

    monkeypatch.setattr(here.replies, "read", read_in_vain)
    here.replies.refresh("l")
    with pytest.raises(StoreUnavailable):
        await reader.next()


async def test_a_reader_elsewhere_sees_the_same(replica) -> None:  # type: ignore[no-untyped-def]
    here, there = await replica(), await replica()
    await here.begin()
    near, far = [await r.replies.follow("l", "0-0") for r in (here, there)]
    writer = here.replies.writer("l", 1, 1)
    for n in range(300):
        writer.append("delta", {"t": f"{n} "})
        if n % 7 == 0:
            await asyncio.sleep(0.003)
    assert await read(near, 300) == await read(far, 300)


async def test_reading_may_begin_anywhere(replica) -> None:  # type: ignore[no-untyped-def]
    here, there = await replica(), await replica()
    await here.begin()
    writer = here.replies.writer("l", 1, 1)
    whole: list[str] = []
    for n in range(40):
        writer.append("delta", {"t": f"{n} "})
        whole.append(f"{n} ")
        if n % 10 == 5:
            await asyncio.sleep(0.03)
    for cut in (0, 1, 7, 20, 39):
        for one in (here, there):
            reader = await one.replies.follow("l", f"1-{1_000_000 + cut}")
            assert words(await read(reader, 40 - cut)) == "".join(whole[cut:])
            reader.close()


async def test_a_second_attempt_comes_behind_the_first(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    await here.begin()
    first, second = (here.replies.writer("l", 1, attempt) for attempt in (1, 2))
    reader = await here.replies.follow("l", "0-0")
    first.append("start", {"t": "1"})
    second.append("start", {"t": "2"})
    first.append("delta", {"t": "late"})
    assert words(await read(reader, 2)) == "12"
    await asyncio.sleep(0.05)
    again = await here.replies.follow("l", "0-0")
    assert words(await read(again, 2)) == "12"


async def test_the_end_replaces_what_led_to_it(replica) -> None:  # type: ignore[no-untyped-def]
    here, there = await replica(), await replica()
    lease = await here.begin()
    reader = await there.replies.follow("l", "0-0")
    await reader.next()
    writer = here.replies.writer("l", 1, 1)
    writer.append("start", {"t": "s"})
    await asyncio.sleep(0.03)
    for n in range(50):
        writer.append("delta", {"t": str(n)})
        await asyncio.sleep(0.002)
    await here.seal(lease, writer.close("end", {"t": "whole"}))
    writer.append("delta", {"t": "too late"})
    seen = [entry.kind for entry in await read(reader, 2)]
    while "end" not in seen:
        seen += [entry.kind for entry in await read(reader, 1)]
    assert seen.count("end") == seen.count("start") == 1
    assert seen[-1] == "end"
    resumed = await here.replies.follow("l", "0-0")
    assert [entry.kind for entry in await read(resumed, 2)] == ["start", "end"]


async def test_history_and_its_cursor_are_one_instant(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    lease = await here.begin()
    writer = here.replies.writer("l", 1, 1)
    writer.append("start", {"t": "s"})
    history = await here.replies.history("l", 10)
    assert (len(history.messages), history.cursor, history.waiting) == (1, "0-0", True)
    await here.seal(lease, writer.close("end", {"t": "whole"}))
    history = await here.replies.history("l", 10)
    assert [json.loads(m).get("t") for m in history.messages] == [None, "whole"]
    assert (history.cursor, history.waiting) == ("1-1000002", False)


async def test_a_reader_without_a_cursor_begins_behind_the_history(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    lease = await here.begin()
    await here.seal(lease, here.replies.writer("l", 1, 1).close("end", {"t": "e"}))
    reader = await here.replies.follow("l", "")
    here.replies.writer("l", 2, 1).append("start", {"t": "next"})
    assert words(await read(reader, 1)) == "next"


@pytest.mark.parametrize("cursor", ["9-1", "1-1"])
async def test_a_cursor_that_the_log_does_not_hold_begins_anew(replica, redis_url, cursor) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    lease = await here.begin()
    await here.seal(lease, here.replies.writer("l", 1, 1).close("end", {"t": "e"}))
    async with Redis.from_url(redis_url) as client:
        await client.delete(keys.log("l"))
    with pytest.raises(Behind):
        await here.replies.follow("l", cursor)


async def test_what_is_announced_has_no_place_in_the_order(replica) -> None:  # type: ignore[no-untyped-def]
    here, there = await replica(), await replica()
    readers = [await one.replies.follow("l", "0-0") for one in (here, there)]
    await here.replies.announce("l", "user", {"t": "hi"})
    for reader in readers:
        (entry,) = await read(reader, 1)
        assert (entry.kind, entry.id, words([entry])) == ("user", "", "hi")


async def test_a_slow_reader_costs_no_memory_and_loses_nothing(replica, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "PENDING_MOST", 10)
    here = await replica()
    await here.begin()
    reader = await here.replies.follow("l", "0-0")
    writer = here.replies.writer("l", 1, 1)
    for n in range(500):
        writer.append("delta", {"t": f"{n} "})
    assert len(reader._pending) <= 10
    assert words(await read(reader, 500)) == "".join(f"{n} " for n in range(500))


async def test_a_long_log_is_read_in_pages(replica, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module, "PAGE", 3)
    here = await replica()
    await here.begin()
    writer = here.replies.writer("l", 1, 1)
    for n in range(10):
        writer.append("delta", {"t": f"{n}"})
        await here.replies.read("l", (0, 0))
    reader = await here.replies.follow("l", "0-0")
    assert words(await read(reader, 10)) == "0123456789"


async def test_a_lost_subscription_leaves_no_gap(replica, redis_url) -> None:  # type: ignore[no-untyped-def]
    here, there = await replica(), await replica()
    await here.begin()
    reader = await there.replies.follow("l", "0-0")
    writer = here.replies.writer("l", 1, 1)
    writer.append("delta", {"t": "a"})
    assert words(await read(reader, 1)) == "a"
    async with Redis.from_url(redis_url) as client:
        await client.client_kill_filter(_type="pubsub")
    writer.append("delta", {"t": "b"})
    writer.append("delta", {"t": "c"})
    assert words(await read(reader, 2)) == "bc"


async def test_an_end_that_was_not_heard_comes_before_the_next_turn(replica, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    deaf, other = await replica(), await replica()
    lease = await other.begin()
    reader = await deaf.replies.follow("l", "0-0")
    writer = other.replies.writer("l", 1, 1)
    writer.append("start", {})
    await read(reader, 1)
    monkeypatch.setattr(deaf.hub, "_published", lambda *_: None)
    await other.seal(lease, writer.close("end", {}))
    deaf.replies.writer("l", 2, 1).append("start", {})
    assert [entry.kind for entry in await read(reader, 2)] == ["end", "start"]


async def test_a_gap_that_opens_while_the_log_is_read_is_closed_too(  # type: ignore[no-untyped-def]
    replica, monkeypatch
) -> None:
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    read_log = here.replies.read
    reads = 0

    async def interrupted(*args):  # type: ignore[no-untyped-def]
        nonlocal reads
        reads += 1
        page = await read_log(*args)
        if reads == 1:
            here.replies.refresh("l")
        return page

    monkeypatch.setattr(here.replies, "read", interrupted)
    await reader.next()
    await reader.next()
    assert reads == 2


async def test_readers_hear_that_the_gateway_goes(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    await reader.next()
    waiting = asyncio.create_task(reader.next())
    await asyncio.sleep(0)
    here.hub.farewell()
    with pytest.raises(ShuttingDown):
        await waiting


async def test_a_reader_that_left_is_not_subscribed(replica, redis_url) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    reader = await here.replies.follow("l", "0-0")
    assert here.hub.open == 1
    reader.close()
    assert here.hub.open == 0
    async with Redis.from_url(redis_url) as client:

        async def gone() -> bool:
            return keys.events("l").encode() not in await client.pubsub_channels()

        await eventually(gone)


async def test_a_reader_that_leaves_while_it_joins_is_gone(replica) -> None:  # type: ignore[no-untyped-def]
    here = await replica()
    joining = asyncio.create_task(here.replies.follow("l", "0-0"))
    while not here.hub.open:  # noqa: ASYNC110 - a moment within joining is wanted
        await asyncio.sleep(0)
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert here.hub.open == 0


@pytest.mark.parametrize("text", ["", "-", "1", "1-", "-1", "a-b", "1-2-3", "١-١", "9" * 41 + "-1"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_an_id_is_two_numbers() -> None:
    assert parse_id("12-1000003") == (12, 1_000_003)
