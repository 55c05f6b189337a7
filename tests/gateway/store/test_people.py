"""Who wrote where."""

import asyncio

import pytest
from contracts.operator import OnACluster, OnOneServer, OperatorContract

from gateway.config import RedisConfig
from gateway.ports import StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.people import People


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000.0
        monkeypatch.setattr("gateway.store.people.time.time", lambda: self.now)


class PeopleContract(OperatorContract):
    @pytest.fixture
    def people(self, connection: Connection) -> People:
        return People(connection, days=2)

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock(monkeypatch)

    async def test_lanes_lead_to_people_and_people_to_lanes(self, people: People) -> None:
        await people.note("site", "ann", "site:a")
        await people.note("site", "ann", "site:b")
        await people.note("site", "bob", "site:b")
        assert set(await people.lanes("site", "ann")) == {"site:a", "site:b"}
        assert set(await people.of_lane("site:b")) == {"ann", "bob"}
        assert await people.of_lane("site:a") == ["ann"]

    async def test_the_same_id_in_another_channel_is_another_person(self, people: People) -> None:
        await people.note("site", "7", "site:a")
        assert await people.lanes("chat", "7") == []

    async def test_ids_of_any_letters(self, people: People) -> None:
        for person in ("a:b", "a", "é ü", "*", "a%3Ab"):
            await people.note("site", person, f"lane of {person}")
        for person in ("a:b", "a", "é ü", "*", "a%3Ab"):
            assert await people.lanes("site", person) == [f"lane of {person}"]

    async def test_the_newest_come_first(self, people: People, clock: Clock) -> None:
        for lane in ("site:a", "site:b", "site:a"):
            await people.note("site", "ann", lane)
            clock.now += 1
        assert await people.lanes("site", "ann") == ["site:a", "site:b"]

    async def test_the_oldest_go_when_there_are_too_many(
        self, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "LANES_MOST", 3)
        for number in range(5):
            await people.note("site", "ann", f"site:{number}")
            clock.now += 1
        assert await people.lanes("site", "ann") == ["site:4", "site:3", "site:2"]

    async def test_what_is_over_is_forgotten_by_itself(
        self, people: People, clock: Clock, connection: Connection
    ) -> None:
        await people.note("site", "ann", "site:old")
        clock.now += 2 * keys.DAY + 1
        await people.note("site", "ann", "site:new")
        assert await people.lanes("site", "ann") == ["site:new"]
        for key in (keys.person("site", "ann"), keys.people("site:new")):
            assert 0 < await connection.execute("TTL", key) <= 2 * keys.DAY

    async def test_a_clock_that_runs_behind_does_not_make_it_older(
        self, people: People, clock: Clock
    ) -> None:
        await people.note("site", "ann", "site:a")
        clock.now -= keys.DAY
        await people.note("site", "ann", "site:a")
        clock.now += 2 * keys.DAY + 10
        await people.note("site", "ann", "site:b")
        assert set(await people.lanes("site", "ann")) == {"site:a", "site:b"}

    async def test_forgetting_leaves_the_others(self, people: People) -> None:
        await people.note("site", "ann", "site:a")
        await people.note("site", "ann", "site:b")
        await people.note("site", "bob", "site:a")
        await people.forget("site", "ann", "site:a")
        assert await people.lanes("site", "ann") == ["site:b"]
        assert await people.of_lane("site:a") == ["bob"]

    async def test_many_at_once_on_a_server_that_lost_its_scripts(
        self, people: People, connection: Connection
    ) -> None:
        await connection.client.script_flush()
        await asyncio.gather(*(people.note("site", "ann", f"site:{n}") for n in range(50)))
        assert len(await people.lanes("site", "ann")) == 50


class TestPeople(OnOneServer, PeopleContract):
    """The contract, on one server."""


class TestPeopleOnACluster(OnACluster, PeopleContract):
    """The contract, on a cluster of three."""


async def test_without_a_server_it_says_so() -> None:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    with pytest.raises(StoreUnavailable):
        await People(connection, 1).note("site", "ann", "site:a")
    await connection.close()
