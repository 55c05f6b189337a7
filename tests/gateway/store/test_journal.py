"""The journal, where its notes are also a claim to the lane."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from support.adapters import inbound

from gateway.config import Limits, RedisConfig
from gateway.model import Policy
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox
from gateway.store.journal import Journal
from gateway.store.leases import LEASE_SECONDS, Fenced, Lease
from gateway.store.work import Item


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield connection
    await connection.close()


async def held(connection: Connection, inbox: Inbox) -> Lease:
    """A lease of a lane with a message."""
    await inbox.leases.prepare()
    await inbox.admit("l", Item(inbound("x"), "bot", Policy.FOLLOWUP, "user"))
    while True:
        for lease in await inbox.leases.claims(connection, 1):
            return lease


async def test_what_is_shown_is_known_to_the_next_attempt(connection: Connection) -> None:
    inbox = Inbox(connection, "one", Limits())
    lease = await held(connection, inbox)
    await Journal(inbox, lease, 1).show("half an answer")
    journal = Journal(inbox, lease, 1)
    assert journal.shown == ""
    await journal.load()
    assert journal.shown == "half an answer"


async def test_a_note_renews_the_lease(connection: Connection) -> None:
    inbox = Inbox(connection, "one", Limits())
    lease = await held(connection, inbox)
    await asyncio.sleep(0.2)
    before = time.monotonic()
    await Journal(inbox, lease, 1).show("x")
    queue = keys.ready(keys.shard_of("l"))
    [pending] = await connection.client.xpending_range(queue, keys.GROUP, "-", "+", 1)
    assert pending["consumer"] == b"one"
    assert pending["time_since_delivered"] <= (time.monotonic() - before) * 1000 + 1


async def test_a_note_that_comes_after_the_seal_leaves_nothing(connection: Connection) -> None:
    inbox = Inbox(connection, "one", Limits())
    lease = await held(connection, inbox)
    work = await inbox.begin(lease, 1)
    assert work
    await inbox.admit("l", Item(inbound("y"), "bot", Policy.FOLLOWUP, "user"))
    assert await inbox.seal(lease, work.items) == 1
    await Journal(inbox, lease, 1).show("x")
    assert await inbox.notes("l", 1) == {}


class Frozen(Inbox):
    """A process that stands still right when it has noted something, and loses its lane."""

    def __init__(self, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(connection, "frozen", Limits())
        self._patch = monkeypatch
        self._heir = Inbox(connection, "heir", Limits())

    async def note(self, lease: Lease, turn: int, field: str, value: bytes | str) -> None:
        await super().note(lease, turn, field, value)
        await self._heir.leases.reclaim(0)
        late = time.monotonic() + LEASE_SECONDS
        self._patch.setattr("gateway.store.journal.time.monotonic", lambda: late)


@pytest.mark.parametrize("step", [lambda journal: journal.show("x"), lambda j: j.begin("1")])
async def test_whoever_wakes_up_too_late_is_told(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, step: object
) -> None:
    frozen = Frozen(connection, monkeypatch)
    journal = Journal(frozen, await held(connection, frozen), 1)
    with pytest.raises(Fenced):
        await step(journal)  # type: ignore[operator]
