"""Lanes with something in them, made as the gateway makes them."""

from contracts.store import claims, item

from gateway.model import Inbound
from gateway.store.connection import Connection
from gateway.store.inbox import Inbox
from gateway.store.leases import Lease
from gateway.store.work import Work


async def taken(inbox: Inbox, connection: Connection) -> tuple[Lease, Work]:
    """The next lane with work, leased, and its work."""
    for _ in range(20):
        for lease in await claims(inbox, connection, 1):
            work = await inbox.begin(lease, 1)
            assert work
            return lease, work
    raise AssertionError("nothing to take")


async def bury(
    inbox: Inbox, connection: Connection, lane: str, message: Inbound, reason: str = "poison"
) -> None:
    """Make a message a dead letter."""
    await inbox.admit(lane, item(message))
    lease, work = await taken(inbox, connection)
    assert lease.lane == lane
    await inbox.seal(lease, work.items, dead=reason)
