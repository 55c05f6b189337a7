"""The durable inbox: messages wait here, in order per lane, until their turn is sealed.

A lane with work has one entry in its shard's ready stream, and the pending entry of whichever
worker reads it is the lane's lease. Whoever does not renew it loses it; every step that changes
a lane checks in the same script that the lease is still held.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from redis.exceptions import RedisError, ResponseError

from gateway.config import Limits
from gateway.model import Conversation, Inbound, Policy, ReplyEvent
from gateway.ports import Admission, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script
from gateway.store.flusher import Batch

ADMIT = Script("admit")
BEGIN = Script("begin")
KEEP = Script("keep")
SEAL = Script("seal")
RELEASE = Script("release")
RENEW = Script("renew")
WAKE = Script("wake")
HALT = Script("halt")

HOLD = 2.0
"""Seconds to keep trying to admit before the platform is asked to send again."""
COLLECT_MOST = 10
"""A burst of more messages than this is answered without waiting for its end."""
CLAIM_BLOCK_MS = 250
GONE_MS = 3_600_000
ALL = range(keys.SHARDS)


class Item(Struct, frozen=True):
    """A message in the inbox, with what routing decided when it was admitted."""

    inbound: Inbound
    bot: str
    policy: Policy
    user: str
    command: str = ""
    push: tuple[ReplyEvent, ...] = ()
    """What the bot says unasked: then nobody wrote, and the inbound has only its origin."""


class Lease(Struct, frozen=True):
    """The right to work on a lane, as long as it is renewed."""

    lane: str
    entry: str

    @property
    def shard(self) -> int:
        """The queue it belongs to."""
        return keys.shard_of(self.lane)


class Work(Struct, frozen=True):
    """What a leased lane has to do. ``attempt`` counts from 1, ``halted`` is a turn number."""

    attempt: int
    halted: int
    items: tuple[tuple[int, Item], ...]
    conversations: dict[str, bytes] = {}

    def conversation(self, identity: str) -> Conversation:
        """What is kept of the lane's conversation with one bot."""
        stored = self.conversations.get(_field(identity))
        return _decode_conversation(stored) if stored else Conversation()

    @property
    def number(self) -> int:
        """The turn number of the newest message."""
        return self.items[-1][0]

    @property
    def last(self) -> Item:
        """The newest message: the reply belongs below it."""
        return self.items[-1][1]

    @property
    def halts_predecessor(self) -> bool:
        """Whether what came right before was halted (by this very message, if it is a stop)."""
        return 0 < self.number - 1 <= self.halted


class Fenced(Exception):
    """The lease is another worker's now: nothing more may be done for this turn."""


_encode = msgspec.json.Encoder().encode
_decode_item = msgspec.json.Decoder(Item).decode
_decode_conversation = msgspec.json.Decoder(Conversation).decode


class Inbox:
    """The queue engine of one worker. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, worker: str, limits: Limits) -> None:
        self._connection = connection
        self._worker = worker
        self._limits = limits
        self._lane_ttl = limits.conversation_days * keys.DAY

    async def admit(self, lane: str, item: Item, *, transcript: bool) -> Admission:
        """Make a message durable, trying for HOLD seconds. The same message is safe to repeat."""
        deadline = time.monotonic() + HOLD
        pause = 0.05
        while True:
            try:
                return await self._admit(lane, item, transcript)
            except StoreUnavailable:
                if time.monotonic() + pause > deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.25)

    async def _admit(self, lane: str, item: Item, transcript: bool) -> Admission:
        shard = keys.shard_of(lane)
        reject = item.policy is Policy.REJECT and not item.command
        collect = item.policy is Policy.COLLECT and not item.command
        status, turn = await self._connection.run(
            ADMIT,
            [
                keys.seen(lane, item.inbound.id),
                keys.inbox(lane),
                keys.lane(lane),
                keys.ready(shard),
                keys.transcript(lane),
                keys.later(shard),
            ],
            [
                lane,
                _encode(item),
                1 if reject else self._limits.waiting_messages,
                keys.PENDING_TTL,
                self._lane_ttl,
                _transcript_rest(item.inbound) if transcript else b"",
                self._limits.transcript_messages,
                _now_ms() + int(self._limits.collect_seconds * 1000) if collect else 0,
                COLLECT_MOST,
            ],
        )
        status = status.decode()
        return Admission("busy" if status == "full" else status, turn.decode())

    async def claims(self, blocking: Connection, room: int, queues: range = ALL) -> list[Lease]:
        """Wait a moment for lanes that became ready, and lease up to ``room`` of each queue."""
        streams: dict[Any, Any] = {keys.ready(shard): ">" for shard in queues}
        try:
            found: Any = await blocking.client.xreadgroup(
                keys.GROUP, self._worker, streams, count=room, block=CLAIM_BLOCK_MS
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.prepare()
            return []
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis: {error}") from error
        return [lease for _, entries in found for lease in _leases(entries)]

    async def prepare(self) -> None:
        """Create the queues where they are missing."""
        for shard in range(keys.SHARDS):
            try:
                await self._connection.execute(
                    "XGROUP CREATE", keys.ready(shard), keys.GROUP, "0", "MKSTREAM"
                )
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def tidy(self) -> None:
        """Remove the names of workers that are long gone and hold nothing."""
        for shard in range(keys.SHARDS):
            queue = keys.ready(shard)
            for worker in await self._connection.execute("XINFO CONSUMERS", queue, keys.GROUP):
                if worker["pending"] == 0 and worker["idle"] > GONE_MS:
                    command = ("XGROUP DELCONSUMER", queue, keys.GROUP, worker["name"])
                    await self._connection.execute(*command)

    async def reclaim(self, idle_ms: int) -> list[Lease]:
        """Lease the lanes whose worker has not renewed them for that long."""
        found = await asyncio.gather(*(self._reclaim(s, idle_ms) for s in range(keys.SHARDS)))
        return [lease for leases in found for lease in leases]

    async def _reclaim(self, shard: int, idle_ms: int) -> list[Lease]:
        leases: list[Lease] = []
        cursor = b"0-0"
        while True:
            command = ("XAUTOCLAIM", keys.ready(shard), keys.GROUP, self._worker, idle_ms, cursor)
            reply = await self._connection.execute(*command, "COUNT", 64)
            cursor = reply[0]
            leases.extend(_leases(reply[1]))
            if cursor == b"0-0":
                return leases

    async def begin(self, lease: Lease, most: int) -> Work | None:
        """The lane's next messages, up to ``most``; None when it is empty and was let go of.

        Raises Fenced.
        """
        reply = await self._connection.run(
            BEGIN,
            [keys.ready(lease.shard), keys.inbox(lease.lane), keys.lane(lease.lane)],
            [keys.GROUP, lease.entry, self._worker, most],
        )
        if reply[0] == b"fenced":
            raise Fenced(lease.lane)
        if reply[0] == b"idle":
            return None
        fields = {name.decode(): value for name, value in _pairs(reply[2]).items()}
        return Work(
            attempt=int(fields["attempt"]),
            halted=int(fields.get("halted", 0)),
            items=tuple(_numbered(raw) for raw in reply[1]),
            conversations=fields,
        )

    async def save(self, lease: Lease, identity: str, conversation: Conversation) -> None:
        """Keep a conversation before its turn is sealed. Raises Fenced."""
        kept = await self._connection.run(
            KEEP,
            [keys.ready(lease.shard), keys.lane(lease.lane)],
            [keys.GROUP, lease.entry, self._worker, _field(identity), _encode(conversation)],
        )
        if not kept:
            raise Fenced(lease.lane)

    async def seal(
        self,
        lease: Lease,
        items: Sequence[tuple[int, Item]],
        *,
        identity: str = "",
        conversation: Conversation | None = None,
        closing: Batch | None = None,
        dead: str = "",
    ) -> int:
        """End a turn in one step; how many messages wait behind it (0: the lease is gone).

        Safe to repeat when it is not known whether it was done.

        ``dead`` is why its messages are also kept as dead letters. Raises Fenced.
        """
        lane = lease.lane
        waiting = await self._connection.run(
            SEAL,
            [
                keys.ready(lease.shard),
                keys.inbox(lane),
                keys.lane(lane),
                keys.log(lane),
                keys.transcript(lane),
                keys.dead(lease.shard),
                *(keys.seen(lane, item.inbound.id) for _, item in items),
            ],
            [
                keys.GROUP,
                lease.entry,
                self._worker,
                len(items),
                _field(identity) if conversation else "",
                _encode(conversation) if conversation else "",
                keys.SEEN_TTL,
                self._lane_ttl,
                *(closing.arguments if closing else ("", "")),
                keys.LOG_TTL,
                keys.LOG_ENTRIES,
                keys.events(lane),
                closing.publication if closing else "",
                closing.last if closing else "",
                self._limits.transcript_messages,
                dead,
                keys.DEAD_LETTERS,
                lane,
                items[0][0],
            ],
        )
        if waiting < 0:
            raise Fenced(lane)
        return int(waiting)

    async def release(self, lease: Lease, delay: float = 0) -> bool:
        """Give the lane back with its messages, to be taken again after ``delay`` seconds."""
        due = _now_ms() + int(delay * 1000) if delay else 0
        released = await self._connection.run(
            RELEASE,
            [keys.ready(lease.shard), keys.lane(lease.lane), keys.later(lease.shard)],
            [keys.GROUP, lease.entry, self._worker, lease.lane, due],
        )
        return bool(released)

    async def renew(self, leases: Sequence[Lease]) -> list[Lease]:
        """Keep leases alive; returns those that are lost."""
        shards: dict[int, list[Lease]] = {}
        for lease in leases:
            shards.setdefault(lease.shard, []).append(lease)
        lost = await asyncio.gather(*(self._renew(s, held) for s, held in shards.items()))
        return [lease for some in lost for lease in some]

    async def _renew(self, shard: int, leases: list[Lease]) -> list[Lease]:
        entries = [lease.entry for lease in leases]
        lost = await self._connection.run(
            RENEW, [keys.ready(shard)], [keys.GROUP, self._worker, *entries]
        )
        return [lease for lease in leases if lease.entry.encode() in lost]

    async def wake_due(self) -> None:
        """Make the parked lanes ready whose time has come."""
        await asyncio.gather(*(self._wake_due(shard) for shard in range(keys.SHARDS)))

    async def _wake_due(self, shard: int) -> None:
        command = ("ZRANGEBYSCORE", keys.later(shard), "-inf", _now_ms(), "LIMIT", 0, 256)
        for lane in await self._connection.execute(*command):
            await self.wake(lane.decode())

    async def wake(self, lane: str) -> None:
        """Make a lane ready if it is parked."""
        shard = keys.shard_of(lane)
        await self._connection.run(
            WAKE, [keys.ready(shard), keys.lane(lane), keys.later(shard)], [lane]
        )

    async def halt(self, lane: str, upto: int = 0) -> int:
        """Mark a lane's messages up to a turn (0: all) as unwanted.

        Returns that turn, or 0 when there was nothing to halt. A running turn is not told.
        """
        halted = await self._connection.run(HALT, [keys.inbox(lane), keys.lane(lane)], [upto])
        if halted:
            await self.wake(lane)
        return int(halted)


def _transcript_rest(inbound: Inbound) -> bytes:
    said = {"kind": "user", "id": inbound.id, "text": inbound.text, "at": inbound.received_at}
    # The script puts the turn in front: it is not known before.
    return _encode(said)[1:]


def _leases(entries: Any) -> list[Lease]:
    return [Lease(fields[b"lane"].decode(), entry.decode()) for entry, fields in entries]


def _pairs(fields: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _numbered(raw: bytes) -> tuple[int, Item]:
    number, _, item = raw.partition(b":")
    return int(number), _decode_item(item)


def _field(identity: str) -> str:
    return f"conversation:{identity}"


def _now_ms() -> int:
    return int(time.time() * 1000)
