"""The contract of the store, whatever server is behind it: laws 1, 2 and 3.

A subclass provides ``redis``: the configuration of an empty server.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from support.adapters import inbound

from gateway.config import Limits, RedisConfig
from gateway.model import Conversation, Done, Inbound, Policy
from gateway.store import keys
from gateway.store.connection import Connection, connect, patiently
from gateway.store.inbox import Inbox
from gateway.store.leases import Fenced, Lease
from gateway.store.work import Item

Worker = Callable[[str], Inbox]


def item(message: Inbound, policy: Policy = Policy.FOLLOWUP) -> Item:
    """A routed message."""
    return Item(message, "bot", policy, "user")


def neighbours(count: int) -> list[str]:
    """Lanes of one shard."""
    lanes = (f"lane{number}" for number in range(1000))
    return [lane for lane in lanes if keys.shard_of(lane) == 7][:count]


async def claims(inbox: Inbox, connection: Connection, room: int) -> list[Lease]:
    """What there is to claim in every queue, as the gateway asks: again when the store is away."""
    claim = partial(inbox.leases.claims, connection, room)
    groups = (patiently(partial(claim, queues)) for queues in connection.queue_groups)
    return [lease for leases in await asyncio.gather(*groups) for lease in leases]


class StoreContract:
    """What holds for the inbox and its leases."""

    @pytest.fixture
    async def connection(self, redis: RedisConfig) -> AsyncIterator[Connection]:
        connection = Connection(connect(redis))
        await connection.open()
        yield connection
        await connection.close()

    @pytest.fixture
    async def blocking(self, redis: RedisConfig) -> AsyncIterator[Connection]:
        connection = Connection(connect(redis, blocking=True))
        await connection.open()
        yield connection
        await connection.close()

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(waiting_messages=3, collect_seconds=0.1)

    @pytest.fixture
    async def worker(self, connection: Connection, limits: Limits) -> Worker:
        await Inbox(connection, "preparer", limits).leases.prepare()
        return lambda name: Inbox(connection, name, limits)

    async def claim(self, inbox: Inbox, blocking: Connection) -> Lease:
        for _ in range(20):
            if leases := await claims(inbox, blocking, 1):
                return leases[0]
        raise AssertionError("nothing to claim")

    async def test_a_message_is_taken_once(self, worker: Worker) -> None:
        inbox, message = worker("a"), inbound("hello")
        first = await inbox.admit("l", item(message))
        second = await inbox.admit("l", item(message))
        assert (first.status, second.status) == ("accepted", "duplicate")
        assert first.turn == second.turn == "1"

    async def test_copies_admitted_at_once_are_one(self, worker: Worker) -> None:
        inbox, message = worker("a"), inbound("hello")
        copies = (inbox.admit("l", item(message)) for _ in range(50))
        statuses = [admission.status for admission in await asyncio.gather(*copies)]
        assert statuses.count("accepted") == 1
        assert statuses.count("duplicate") == 49

    async def test_a_sealed_message_is_still_known(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox, message = worker("a"), inbound("hello")
        await inbox.admit("l", item(message))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 10)
        assert work
        assert await inbox.seal(lease, work.items) == 0
        assert (await inbox.admit("l", item(message))).status == "duplicate"

    async def test_the_same_id_in_two_lanes_is_two_messages(self, worker: Worker) -> None:
        inbox, message = worker("a"), inbound("hello")
        for lane in ("l1", "l2"):
            assert (await inbox.admit(lane, item(message))).status == "accepted"

    async def test_a_full_lane_refuses_and_forgets_the_refusal(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox = worker("a")
        for _ in range(3):
            await inbox.admit("l", item(inbound("x")))
        late = inbound("late")
        assert (await inbox.admit("l", item(late))).status == "busy"
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        await inbox.seal(lease, work.items)
        assert (await inbox.admit("l", item(late))).status == "accepted"

    async def test_a_closed_inbox_knows_what_it_has_and_takes_nothing_new(
        self, worker: Worker, connection: Connection
    ) -> None:
        inbox, message = worker("a"), inbound("x")
        refused = await inbox.admit("l", item(message), closed=True)
        assert refused.status == "busy"
        assert not await connection.client.exists(keys.inbox("l"), keys.lane("l"))
        first = await inbox.admit("l", item(message))
        second = await inbox.admit("l", item(message), closed=True)
        assert (first.status, second.status) == ("accepted", "duplicate")
        assert first.turn == second.turn

    async def test_only_so_many_lanes_have_work(
        self, worker: Worker, connection: Connection, blocking: Connection
    ) -> None:
        await worker("a").leases.prepare()
        inbox = Inbox(connection, "a", Limits(waiting_conversations=20, collect_seconds=60))
        leased, parked, late = neighbours(3)
        message = inbound("x")
        assert (await inbox.admit(leased, item(message))).status == "accepted"
        assert (await inbox.admit(parked, item(inbound("x"), Policy.COLLECT))).status == "accepted"
        lease = await self.claim(inbox, blocking)
        assert (await inbox.admit(late, item(inbound("x")))).status == "overloaded"
        for lane in (leased, parked):
            assert (await inbox.admit(lane, item(inbound("y")))).status == "accepted"
        while work := await inbox.begin(lease, 1):
            if not await inbox.seal(lease, work.items):
                break
        assert (await inbox.admit(late, item(inbound("x")))).status == "accepted"
        assert (await inbox.admit(leased, item(inbound("z")))).status == "overloaded"
        assert (await inbox.admit(leased, item(message))).status == "duplicate"

    async def test_the_number_of_lanes_with_work_is_kept_when_many_come_at_once(
        self, worker: Worker, connection: Connection
    ) -> None:
        await worker("a").leases.prepare()
        limits = Limits(waiting_conversations=32)
        replicas = [Inbox(connection, name, limits) for name in "ab"]
        admissions = await asyncio.gather(
            *(
                replicas[number % 2].admit(lane, item(inbound("x")))
                for number, lane in enumerate(neighbours(40))
            )
        )
        statuses = [admission.status for admission in admissions]
        assert (statuses.count("accepted"), statuses.count("overloaded")) == (2, 38)

    async def test_what_a_bot_says_unasked_is_taken_whoever_else_waits(
        self, worker: Worker, connection: Connection
    ) -> None:
        await worker("a").leases.prepare()
        inbox = Inbox(connection, "a", Limits(waiting_conversations=16))
        waiting, silent = neighbours(2)
        await inbox.admit(waiting, item(inbound("x")))
        push = Item(inbound(""), "bot", Policy.FOLLOWUP, "user", push=(Done(),))
        assert (await inbox.admit(silent, push)).status == "accepted"

    async def test_reject_takes_nothing_while_one_is_answered(self, worker: Worker) -> None:
        inbox = worker("a")
        first = await inbox.admit("l", item(inbound("x"), Policy.REJECT))
        second = await inbox.admit("l", item(inbound("y"), Policy.REJECT))
        assert (first.status, second.status) == ("accepted", "busy")

    async def test_messages_come_in_order(self, worker: Worker, blocking: Connection) -> None:
        inbox = worker("a")
        for text in "abc":
            await inbox.admit("l", item(inbound(text)))
        lease = await self.claim(inbox, blocking)
        seen = []
        while work := await inbox.begin(lease, 1):
            seen.append(work.last.inbound.text)
            if not await inbox.seal(lease, work.items):
                break
        assert seen == ["a", "b", "c"]

    async def test_a_lane_has_one_worker(self, worker: Worker, blocking: Connection) -> None:
        one, two = worker("one"), worker("two")
        await one.admit("l", item(inbound("x")))
        await self.claim(one, blocking)
        await one.admit("l", item(inbound("y")))
        assert await claims(two, blocking, 10) == []
        assert await two.leases.reclaim(60_000) == []

    async def test_a_lease_that_is_not_renewed_goes_to_another(
        self, worker: Worker, blocking: Connection
    ) -> None:
        dead, heir = worker("dead"), worker("heir")
        await dead.admit("l", item(inbound("x")))
        lease = await self.claim(dead, blocking)
        work = await dead.begin(lease, 1)
        assert work
        (inherited,) = await heir.leases.reclaim(0)
        again = await heir.begin(inherited, 1)
        assert again
        assert (work.attempt, again.attempt) == (1, 2)
        assert again.items == work.items

    async def test_a_renewed_lease_stays(self, worker: Worker, blocking: Connection) -> None:
        holder, rival = worker("holder"), worker("rival")
        await holder.admit("l", item(inbound("x")))
        lease = await self.claim(holder, blocking)
        await asyncio.sleep(0.15)
        assert await holder.leases.renew([lease]) == []
        assert await rival.leases.reclaim(100) == []

    async def test_a_zombie_can_do_nothing(self, worker: Worker, blocking: Connection) -> None:
        zombie, heir = worker("zombie"), worker("heir")
        await zombie.admit("l", item(inbound("x")))
        lease = await self.claim(zombie, blocking)
        work = await zombie.begin(lease, 1)
        assert work
        await heir.leases.reclaim(0)
        assert await zombie.leases.renew([lease]) == [lease]
        assert not await zombie.leases.release(lease)
        for step in (
            zombie.begin(lease, 1),
            zombie.save(lease, "b", Conversation("c")),
            zombie.seal(lease, work.items),
        ):
            with pytest.raises(Fenced):
                await step

    async def test_a_released_lane_is_free_at_once(
        self, worker: Worker, blocking: Connection
    ) -> None:
        one, two = worker("one"), worker("two")
        await one.admit("l", item(inbound("x")))
        assert await one.leases.release(await self.claim(one, blocking))
        lease = await self.claim(two, blocking)
        work = await two.begin(lease, 1)
        assert work
        assert work.last.inbound.text == "x"

    async def test_a_parked_lane_waits_until_it_is_due(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("x")))
        await inbox.leases.release(await self.claim(inbox, blocking), 0.2)
        await inbox.admit("l", item(inbound("y")))
        await inbox.leases.wake_due()
        assert await claims(inbox, blocking, 1) == []
        await inbox.leases.wake_due()
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 10)
        assert work
        assert [i.inbound.text for _, i in work.items] == ["x", "y"]

    async def test_a_burst_is_collected(self, worker: Worker, blocking: Connection) -> None:
        inbox = worker("a")
        for text in "ab":
            await inbox.admit("l", item(inbound(text), Policy.COLLECT))
        assert await claims(inbox, blocking, 1) == []
        await asyncio.sleep(0.15)
        await inbox.leases.wake_due()
        work = await inbox.begin(await self.claim(inbox, blocking), 10)
        assert work
        assert [i.inbound.text for _, i in work.items] == ["a", "b"]

    async def test_halting_reaches_what_was_there_and_nothing_newer(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox = worker("a")
        assert await inbox.halt("l") == 0
        await inbox.admit("l", item(inbound("x")))
        assert await inbox.halt("l") == 1
        await inbox.admit("l", item(inbound("y")))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        assert (work.number, work.halted) == (1, 1)
        await inbox.seal(lease, work.items)
        assert await inbox.halt("l", 1) == 0

    async def test_halting_wakes_a_parked_lane(self, worker: Worker, blocking: Connection) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("x")))
        await inbox.leases.release(await self.claim(inbox, blocking), 60)
        assert await inbox.halt("l") == 1
        assert (await self.claim(inbox, blocking)).lane == "l"

    async def test_a_conversation_is_kept_between_turns(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("x")))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        assert work.conversation("bot:1") == Conversation()
        await inbox.save(lease, "bot:1", Conversation("c-9", {"lang": "vi"}, 3))
        work = await inbox.begin(lease, 1)
        assert work
        assert work.conversation("bot:1") == Conversation("c-9", {"lang": "vi"}, 3)
        assert work.conversation("bot:2") == Conversation()

    async def test_sealing_twice_takes_nothing_from_the_next_turn(
        self, worker: Worker, blocking: Connection
    ) -> None:
        inbox = worker("a")
        for text in "ab":
            await inbox.admit("l", item(inbound(text)))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        assert [await inbox.seal(lease, work.items) for _ in range(2)] == [1, 1]
        work = await inbox.begin(lease, 1)
        assert work
        assert work.last.inbound.text == "b"

    async def test_workers_that_are_gone_are_forgotten(
        self, worker: Worker, blocking: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        holder, idle = worker("holder"), worker("idle")
        await holder.admit("l", item(inbound("x")))
        await self.claim(holder, blocking)
        await claims(idle, blocking, 1)
        monkeypatch.setattr("gateway.store.leases.GONE_MS", -1)
        await idle.leases.tidy()
        queue = keys.ready(keys.shard_of("l"))
        workers = await blocking.execute("XINFO CONSUMERS", queue, keys.GROUP)
        assert [worker["name"] for worker in workers] == [b"holder"]

    async def test_a_message_that_is_given_up_on_is_kept(
        self, worker: Worker, blocking: Connection, connection: Connection
    ) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("poison")))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        await inbox.seal(lease, work.items, dead="why")
        client = connection.client
        ((_, letter),) = await client.xrange(keys.dead(keys.shard_of("l")))
        assert letter[b"lane"] == b"l"
        assert letter[b"reason"] == b"why"
        assert b"poison" in letter[b"message"]

    async def test_a_drained_lane_leaves_no_queue_behind(
        self, worker: Worker, blocking: Connection, connection: Connection
    ) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("x")))
        lease = await self.claim(inbox, blocking)
        work = await inbox.begin(lease, 1)
        assert work
        await inbox.seal(lease, work.items)
        client = connection.client
        assert not await client.exists(keys.inbox("l"))
        assert await client.xlen(keys.ready(keys.shard_of("l"))) == 0
        assert not await client.hexists(keys.lane("l"), "ready")

    async def test_only_queued_messages_have_no_time_to_live(
        self, worker: Worker, connection: Connection
    ) -> None:
        inbox = worker("a")
        await inbox.admit("l", item(inbound("x")), said={"id": "x", "text": "x", "at": 1})
        client = connection.client
        lasting = {key async for key in client.scan_iter("*:l*") if await client.ttl(key) < 0}
        assert lasting == {keys.inbox("l").encode()}

    async def test_queues_that_were_flushed_are_made_again(
        self, worker: Worker, blocking: Connection, connection: Connection
    ) -> None:
        inbox = worker("a")
        client = connection.client
        await client.flushall()
        assert await claims(inbox, blocking, 1) == []
        await inbox.admit("l", item(inbound("x")))
        assert (await self.claim(inbox, blocking)).lane == "l"
