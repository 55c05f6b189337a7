"""Whose lease it is while the store comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from support.servers import eventually

from gateway.config import Limits, RedisConfig
from gateway.model import Address, Inbound, Origin, Person, Policy
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox
from gateway.store.leases import Lease, Leases
from gateway.store.work import Item

IDLE_MS = 300
ORIGIN = Origin(Address("site", "visitor"), Person("visitor"))
MESSAGE = Inbound(id="1", origin=ORIGIN, text="hello", received_at=0)


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield connection
    await connection.close()


@pytest.fixture
async def held(connection: Connection) -> tuple[Leases, Lease]:
    """A worker's leases, and the one it has."""
    inbox = Inbox(connection, "holder", Limits())
    await inbox.leases.prepare()
    await inbox.admit("lane", Item(MESSAGE, "bot", Policy.FOLLOWUP, "user"))
    (lease,) = await inbox.leases.claims(connection, 1)
    return inbox.leases, lease


def reclaiming(leases: Leases) -> Callable[[], object]:
    return lambda: leases.reclaim(IDLE_MS)


async def test_a_lease_that_is_not_renewed_is_taken(
    connection: Connection, held: tuple[Leases, Lease]
) -> None:
    other = Leases(connection, "other")
    assert await other.reclaim(IDLE_MS) == []
    assert await eventually(reclaiming(other)) == [held[1]]
    assert await held[0].renew([held[1]]) == [held[1]]


async def test_a_lease_that_could_not_be_renewed_is_left(
    connection: Connection, held: tuple[Leases, Lease]
) -> None:
    holder, lease = held
    other = Leases(connection, "other")
    assert await other.reclaim(IDLE_MS) == []
    # As long as the store is away nobody reaches it, and neither does the holder.
    await asyncio.sleep(2 * IDLE_MS / 1000)
    assert await other.reclaim(IDLE_MS) == []
    assert await holder.renew([lease]) == []
    assert await eventually(reclaiming(other)) == [lease]


async def test_who_is_alone_does_not_wait(
    connection: Connection, held: tuple[Leases, Lease]
) -> None:
    assert await Leases(connection, "alone").reclaim(0) == [held[1]]
