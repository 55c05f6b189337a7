"""Checkpoints: kept in order, bounded, and never in anybody's way."""

import asyncio
import gc
from typing import Any

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract
from support.servers import eventually

from gateway.config import RedisConfig
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.traces import LONGEST, Checkpoint, Traces


async def settled(traces: Traces, count: int, turn: int = 1) -> list[Checkpoint]:
    async def enough() -> list[Checkpoint] | None:
        found = await traces.read("site:v", turn)
        return found if len(found) >= count else None

    return await eventually(enough)


class TracesContract(OperatorContract):
    async def test_checkpoints_come_back_with_their_facts(self, connection: Connection) -> None:
        traces = Traces(connection, "host-1")
        traces.note("site:v", 1, "admitted", bot="help")
        traces.note("site:v", 1, "asked", attempt=2, seconds=0.5, again=True)
        traces.note("site:v", 2, "admitted")
        found = await settled(traces, 2)
        assert [(each.what, each.facts) for each in found] == [
            ("admitted", {"bot": "help"}),
            ("asked", {"attempt": 2, "seconds": 0.5, "again": True}),
        ]
        assert {each.worker for each in found} == {"host-1"}
        assert found[0].at <= found[1].at

    async def test_they_are_in_the_order_of_their_times(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for at, what in ((20.0, "second"), (10.0, "first")):
            monkeypatch.setattr("gateway.store.traces.time.time", lambda at=at: at)
            Traces(connection).note("site:v", 1, what)
        assert [each.what for each in await settled(Traces(connection), 2)] == ["first", "second"]

    async def test_the_newest_stay(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "TRACE_MOST", 3)
        traces = Traces(connection)
        for number in range(5):
            traces.note("site:v", 1, f"step {number}")
            await settled(traces, min(number + 1, 3))
        assert [each.what for each in await traces.read("site:v", 1)] == [
            "step 2",
            "step 3",
            "step 4",
        ]

    async def test_they_do_not_stay_for_ever(self, connection: Connection) -> None:
        traces = Traces(connection)
        traces.note("site:v", 1, "admitted")
        await settled(traces, 1)
        ttl = await connection.execute("TTL", keys.trace("site:v", "1"))
        assert 0 < ttl <= keys.TRACE_TTL

    async def test_a_long_fact_is_cut(self, connection: Connection) -> None:
        traces = Traces(connection)
        traces.note("site:v", 1, "broken", reason="x" * 10_000)
        assert (await settled(traces, 1))[0].facts == {"reason": "x" * LONGEST}

    async def test_a_server_that_lost_its_scripts_loses_no_checkpoint(
        self, connection: Connection
    ) -> None:
        traces = Traces(connection)
        traces.note("site:v", 1, "admitted")
        await settled(traces, 1)
        await connection.client.script_flush()
        traces.note("site:v", 1, "sealed")
        assert len(await settled(traces, 2)) == 2

    async def test_what_is_not_known_has_none(self, connection: Connection) -> None:
        assert await Traces(connection).read("site:v", 9) == []


class TestTraces(OnOneServer, TracesContract):
    """The contract, on one server."""


class TestTracesOnACluster(OnACluster, TracesContract):
    """The contract, on a cluster of three."""


async def test_without_a_server_nobody_notices() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    Traces(connection).note("site:v", 1, "admitted")
    await connection.close()
    Traces(connection).note("site:v", 1, "after the end")
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
