"""The inbox and its leases against a model of them, in whatever order things happen."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from support.adapters import inbound

from gateway.config import Limits, RedisConfig
from gateway.model import Conversation, Policy
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox
from gateway.store.leases import Fenced, Lease
from gateway.store.work import Item, Work

LANES = ("a", "b")
WAITING = 4
MOSTLY = ["admit", "claim", "begin", "seal"]
SOMETIMES = ["take_over", "release", "wake", "renew", "halt"]


class Lane:
    """What a lane should be like."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.known: dict[str, int] = {}
        self.turns = 0
        self.state = "idle"
        self.owner = -1
        self.lease = Lease("", "0-0")
        self.begun: Work | None = None
        self.turn = self.attempt = 0
        self.open, self.deaths = "", 0
        self.sealed: list[int] = []


class Store:
    """Three workers at one store."""

    def __init__(self, url: str) -> None:
        self.url = url
        with Redis.from_url(self.url) as client:
            client.flushall()
        self.runner = asyncio.Runner()
        self.lanes = {name: Lane() for name in LANES}
        config, limits = RedisConfig(url=self.url), Limits(waiting_messages=WAITING)
        self.connection = self.run(self.made(config, blocking=False))
        self.blocking = self.run(self.made(config, blocking=True))
        self.workers = [Inbox(self.connection, f"worker{n}", limits) for n in range(3)]
        self.run(self.workers[0].leases.prepare())

    async def made(self, config: RedisConfig, *, blocking: bool) -> Connection:
        return Connection(connect(config, blocking=blocking))

    def run(self, step: Any) -> Any:
        return self.runner.run(step)

    def do(self, kind: str, number: int, name: str, choice: int) -> None:
        """One step. Who holds a lease mostly acts for it, so that much happens."""
        worker, other = number % 3, max(0, number - 1)
        match kind:
            case "admit":
                self.admit(worker, name, choice)
            case "claim" if self.some("ready"):
                self.claim(worker)
            case "take_over" if self.some("leased"):
                self.take_over(worker)
            case "begin":
                self.begin(other, name)
            case "seal":
                self.seal(other, name, 1 + choice % 3)
            case "release":
                self.release(other, name, parked=choice % 2 == 0, broken=choice % 3 == 0)
            case "wake":
                self.wake(name)
            case "renew":
                self.renew(worker)
            case "halt":
                self.halt(name)

    def close(self) -> None:
        self.run(self.connection.close())
        self.run(self.blocking.close())
        self.runner.close()

    def admit(self, worker: int, name: str, message: int) -> None:
        lane, identity = self.lanes[name], f"m{message}"
        item = Item(inbound("x", identity), "bot", Policy.FOLLOWUP, "user")
        admission = self.run(self.workers[worker].admit(name, item))
        if identity in lane.known:
            expected = ("duplicate", lane.known[identity])
        elif len(lane.waiting) >= WAITING:
            expected = ("busy", 0)
        else:
            lane.turns += 1
            lane.waiting.append(lane.turns)
            lane.known[identity] = lane.turns
            lane.state = "ready" if lane.state == "idle" else lane.state
            expected = ("accepted", lane.turns)
        assert (admission.status, int(admission.turn)) == expected

    def some(self, state: str) -> bool:
        return any(lane.state == state for lane in self.lanes.values())

    def claim(self, worker: int) -> None:
        found = self.run(self.workers[worker].leases.claims(self.blocking, 10))
        ready = {name for name, lane in self.lanes.items() if lane.state == "ready"}
        assert {lease.lane for lease in found} == ready
        for lease in found:
            self.lanes[lease.lane].state = "leased"
        self.own(worker, found)

    def take_over(self, worker: int) -> None:
        found = self.run(self.workers[worker].leases.reclaim(0))
        leased = {name for name, lane in self.lanes.items() if lane.state == "leased"}
        assert {lease.lane for lease in found} == leased
        self.own(worker, found)

    def own(self, worker: int, leases: list[Lease]) -> None:
        for lease in leases:
            lane = self.lanes[lease.lane]
            lane.owner, lane.lease = worker, lease

    def fenced(self, worker: int, name: str, step: Awaitable[object]) -> bool:
        """Whether the step was refused, as it must be to all but the lease's owner."""
        try:
            self.result = self.run(step)
        except Fenced:
            refused = True
        else:
            refused = False
        assert refused is not self.owns(worker, name)
        return refused

    def owns(self, worker: int, name: str) -> bool:
        lane = self.lanes[name]
        return lane.state == "leased" and lane.owner == worker

    def begin(self, other: int, name: str) -> None:
        lane = self.lanes[name]
        worker = (lane.owner + other) % 3
        if self.fenced(worker, name, self.workers[worker].begin(lane.lease, 3)):
            return
        work = self.result
        if not lane.waiting:
            assert work is None
            lane.state, lane.begun = "idle", None
            return
        again = lane.turn == lane.waiting[0]
        broken = again and bool(lane.open)
        died = again and lane.open == "running"
        lane.attempt = lane.attempt + 1 if again else 1
        lane.deaths = (lane.deaths if again else 0) + died
        lane.turn, lane.open, lane.begun = lane.waiting[0], "running", work
        assert [number for number, _ in work.items] == lane.waiting[:3]
        assert (work.attempt, work.broken) == (lane.attempt, broken)
        assert (work.deaths, work.died) == (lane.deaths, died)

    def seal(self, other: int, name: str, count: int) -> None:
        lane = self.lanes[name]
        worker = (lane.owner + other) % 3
        if lane.begun is None:
            return
        items = lane.begun.items[:count]
        kept = Conversation(reference=f"r{items[-1][0]}")
        sealing = self.workers[worker].seal(lane.lease, items, identity="bot", conversation=kept)
        if self.fenced(worker, name, sealing):
            return
        if lane.waiting and lane.waiting[0] == items[0][0]:
            lane.sealed += lane.waiting[: len(items)]
            del lane.waiting[: len(items)]
            lane.open = ""
            lane.state = "leased" if lane.waiting else "idle"
        assert self.result == len(lane.waiting)

    def release(self, other: int, name: str, *, parked: bool, broken: bool) -> None:
        lane = self.lanes[name]
        worker = (lane.owner + other) % 3
        leases = self.workers[worker].leases
        released = self.run(leases.release(lane.lease, 60 if parked else 0, broken=broken))
        assert released is self.owns(worker, name)
        if released:
            lane.state = "parked" if parked else "ready"
            lane.open = "left" if broken else ""

    def wake(self, name: str) -> None:
        self.run(self.workers[0].leases.wake(name))
        lane = self.lanes[name]
        lane.state = "ready" if lane.state == "parked" else lane.state

    def renew(self, worker: int) -> None:
        held = [lane.lease for lane in self.lanes.values() if lane.lease.lane]
        lost = self.run(self.workers[worker].leases.renew(held))
        assert {lease.lane for lease in held if lease not in lost} == {
            name for name in LANES if self.owns(worker, name)
        }

    def halt(self, name: str) -> None:
        lane = self.lanes[name]
        halted = self.run(self.workers[0].halt(name))
        assert halted == (lane.turns if lane.waiting else 0)
        if halted and lane.state == "parked":
            lane.state = "ready"

    def nothing_is_lost_or_out_of_order(self) -> None:
        for lane in self.lanes.values():
            assert lane.sealed + lane.waiting == list(range(1, lane.turns + 1))

    def drain(self) -> None:
        """Whatever happened, one worker that stays answers everything."""
        for name in LANES:
            self.wake(name)
        if self.some("ready"):
            self.claim(0)
        self.take_over(0)
        for name, lane in self.lanes.items():
            while lane.state == "leased":
                self.begin(0, name)
                if lane.begun:
                    self.seal(0, name, 3)
            assert lane.waiting == []
        with Redis.from_url(self.url) as client:
            assert sum(client.xlen(keys.ready(shard)) for shard in range(keys.SHARDS)) == 0


steps = st.tuples(
    st.sampled_from(MOSTLY + MOSTLY + SOMETIMES),
    st.integers(0, 3),
    st.sampled_from(LANES),
    st.integers(0, 30),
)


@pytest.fixture
def quick_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.leases.CLAIM_BLOCK_MS", 1)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(done=st.lists(steps, min_size=40, max_size=80))
def test_the_store_does_as_its_model(
    valkey_url: str, quick_claims: None, done: list[tuple[str, int, str, int]]
) -> None:
    store = Store(valkey_url)
    try:
        for name, worker, lane, number in done:
            store.do(name, worker, lane, number)
            store.nothing_is_lost_or_out_of_order()
        store.drain()
    finally:
        store.close()
