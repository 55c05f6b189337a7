"""The durable inbox: messages wait here, in order per lane, until their turn is sealed.

Every step that changes a lane checks in the same script that its lease is still held.
"""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from gateway.config import Limits
from gateway.model import Conversation, Inbound, Policy, ReplyEvent
from gateway.ports import Admission, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script
from gateway.store.flusher import Batch
from gateway.store.leases import Fenced, Lease, Leases, now_ms

ADMIT = Script("admit")
BEGIN = Script("begin")
KEEP = Script("keep")
SEAL = Script("seal")
HALT = Script("halt")

HOLD = 2.0
"""Seconds to keep trying to admit before the platform is asked to send again."""
COLLECT_MOST = 10
"""A burst of more messages than this is answered without waiting for its end."""


class Item(Struct, frozen=True):
    """A message in the inbox, with what routing decided when it was admitted."""

    inbound: Inbound
    bot: str
    policy: Policy
    user: str
    command: str = ""
    push: tuple[ReplyEvent, ...] = ()
    """What the bot says unasked: then nobody wrote, and the inbound has only its origin."""


class Work(Struct, frozen=True):
    """What a leased lane has to do. ``attempt`` counts from 1, ``halted`` is a turn number."""

    attempt: int
    halted: int
    items: tuple[tuple[int, Item], ...]
    conversations: dict[str, bytes] = {}
    broken: bool = False
    """Whether an earlier attempt broke off: its worker died, or had to leave in the middle."""

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


_encode = msgspec.json.Encoder().encode
_decode_item = msgspec.json.Decoder(Item).decode
_decode_conversation = msgspec.json.Decoder(Conversation).decode


class Inbox:
    """The queue engine of one worker. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, worker: str, limits: Limits) -> None:
        self.leases = Leases(connection, worker)
        self._connection = connection
        self._worker = worker
        self._limits = limits
        self._lane_ttl = limits.conversation_days * keys.DAY
        self._lanes_most = math.ceil(limits.waiting_conversations / keys.SHARDS)

    async def admit(
        self,
        lane: str,
        item: Item,
        *,
        said: Mapping[str, object] | None = None,
        closed: bool = False,
    ) -> Admission:
        """Make a message durable, trying for HOLD seconds. The same message is safe to repeat.

        ``said`` enters the transcript in the same step. ``closed`` takes nothing that is new: the
        message is a duplicate or busy. A status of its own, ``overloaded``, says that too many
        lanes have work; it is never a push's.
        """
        deadline = time.monotonic() + HOLD
        pause = 0.05
        while True:
            try:
                return await self._admit(lane, item, said, closed)
            except StoreUnavailable:
                if time.monotonic() + pause > deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.25)

    async def _admit(
        self, lane: str, item: Item, said: Mapping[str, object] | None, closed: bool
    ) -> Admission:
        shard = keys.shard_of(lane)
        rejects = item.policy is Policy.REJECT and not item.command
        cap = 1 if rejects else self._limits.waiting_messages
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
                0 if closed else cap,
                keys.PENDING_TTL,
                self._lane_ttl,
                _transcript_rest(said) if said else b"",
                self._limits.transcript_messages,
                now_ms() + int(self._limits.collect_seconds * 1000) if collect else 0,
                COLLECT_MOST,
                0 if item.push else self._lanes_most,
            ],
        )
        status = status.decode()
        return Admission("busy" if status == "full" else status, turn.decode())

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
            broken=bool(reply[3]),
        )

    async def save(self, lease: Lease, identity: str, conversation: Conversation) -> None:
        """Keep a conversation before its turn is sealed. Raises Fenced."""
        await self._keep(lease, keys.lane(lease.lane), _field(identity), _encode(conversation), 0)

    async def note(self, lease: Lease, turn: int, field: str, value: bytes | str) -> None:
        """Write into a turn's journal. Raises Fenced."""
        journal = keys.journal(lease.lane, turn)
        await self._keep(lease, journal, field, value, keys.JOURNAL_TTL)

    async def strike(self, lease: Lease, turn: int, field: str) -> None:
        """Take a note back. Raises Fenced."""
        await self._keep(lease, keys.journal(lease.lane, turn), field, "", -1)

    async def notes(self, lane: str, turn: int) -> dict[str, bytes]:
        """A turn's journal."""
        found = await self._connection.execute("HGETALL", keys.journal(lane, turn))
        return {field.decode(): value for field, value in found.items()}

    async def _keep(self, lease: Lease, key: str, field: str, value: bytes | str, ttl: int) -> None:
        kept = await self._connection.run(
            KEEP,
            [keys.ready(lease.shard), key],
            [keys.GROUP, lease.entry, self._worker, field, value, ttl],
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
                keys.journal(lane, items[0][0]),
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

    async def halt(self, lane: str, upto: int = 0) -> int:
        """Mark a lane's messages up to a turn (0: all) as unwanted.

        Returns that turn, or 0 when there was nothing to halt. A running turn is not told.
        """
        halted = await self._connection.run(HALT, [keys.inbox(lane), keys.lane(lane)], [upto])
        if halted:
            await self.leases.wake(lane)
        return int(halted)


def _transcript_rest(said: Mapping[str, object]) -> bytes:
    # The script puts the turn in front: it is not known before.
    return _encode({"kind": "user", **said})[1:]


def _pairs(fields: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _numbered(raw: bytes) -> tuple[int, Item]:
    number, _, item = raw.partition(b":")
    return int(number), _decode_item(item)


def _field(identity: str) -> str:
    return f"conversation:{identity}"
