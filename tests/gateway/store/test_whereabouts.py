"""Where a turn is, at every step of its way."""

from contracts.operator import OnACluster, OnOneServer, OperatorContract
from contracts.store import item
from support.adapters import inbound
from support.lanes import bury, taken

from gateway.store.connection import Connection
from gateway.store.inbox import Inbox
from gateway.store.leases import now_ms
from gateway.store.whereabouts import State, is_leased, locate


class WhereaboutsContract(OperatorContract):
    async def test_nobody_knows_it(self, connection: Connection) -> None:
        assert (await locate(connection, "site:a", 1)).state is State.UNKNOWN

    async def test_it_waits_behind_others(self, connection: Connection, inbox: Inbox) -> None:
        for _ in range(3):
            await inbox.admit("site:a", item(inbound("x")))
        where = await locate(connection, "site:a", 2)
        assert (where.state, where.place, where.waiting) == (State.WAITING, 2, 3)
        assert (await locate(connection, "site:a", 4)).state is State.UNKNOWN
        assert not await is_leased(connection, "site:a")

    async def test_it_runs(self, connection: Connection, inbox: Inbox) -> None:
        for _ in range(2):
            await inbox.admit("site:a", item(inbound("x")))
        await taken(inbox, connection)
        where = await locate(connection, "site:a", 1)
        assert (where.state, where.attempt, where.worker) == (State.RUNNING, 1, "worker")
        assert 0 <= where.heard < 5
        assert (await locate(connection, "site:a", 2)).state is State.WAITING
        assert await is_leased(connection, "site:a")

    async def test_it_is_parked(self, connection: Connection, inbox: Inbox) -> None:
        await inbox.admit("site:a", item(inbound("x")))
        lease, _ = await taken(inbox, connection)
        await inbox.leases.release(lease, 60)
        where = await locate(connection, "site:a", 1)
        assert (where.state, where.attempt, where.worker) == (State.PARKED, 1, "")
        assert 50_000 < where.due * 1000 - now_ms() <= 60_000
        assert not await is_leased(connection, "site:a")

    async def test_it_is_sealed(self, connection: Connection, inbox: Inbox) -> None:
        await inbox.admit("site:a", item(inbound("x")))
        lease, work = await taken(inbox, connection)
        await inbox.seal(lease, work.items)
        assert (await locate(connection, "site:a", 1)).state is State.SEALED
        assert (await locate(connection, "site:a", 0)).state is State.UNKNOWN

    async def test_it_is_a_dead_letter(self, connection: Connection, inbox: Inbox) -> None:
        await bury(inbox, connection, "site:a", inbound("x"), "poison")
        where = await locate(connection, "site:a", 1)
        assert (where.state, where.reason) == (State.DEAD, "poison")
        assert where.dead_letter


class TestWhereabouts(OnOneServer, WhereaboutsContract):
    """The contract, on one server."""


class TestWhereaboutsOnACluster(OnACluster, WhereaboutsContract):
    """The contract, on a cluster of three."""
