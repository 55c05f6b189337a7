"""The durable inbox: messages wait here, in order per lane, until their turn is sealed.

Every step that changes a lane checks in the same script that its lease is still held.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from gateway.config import Limits
from gateway.model import Conversation, Policy
from gateway.ports import Admission
from gateway.store import keys
from gateway.store.connection import Connection, Script, briefly
from gateway.store.flusher import Batch
from gateway.store.leases import Fenced, Lease, Leases, now_ms
from gateway.store.work import Item, Work, field_of, work_of

ADMIT = Script("admit")
BEGIN = Script("begin")
KEEP = Script("keep")
NOTE = Script("note")
SEAL = Script("seal")
HALT = Script("halt")

COLLECT_MOST = 10
"""A burst of more messages than this is answered without waiting for its end."""
MORE_SECONDS = 1.0
"""How long a message that goes on in another waits for that one."""


_encode = msgspec.json.Encoder().encode


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
        """Make a message durable, trying for HOLD_SECONDS. The same message is safe to repeat.

        ``said`` enters the transcript in the same step. ``closed`` takes nothing that is new: the
        message is a duplicate or busy. A status of its own, ``overloaded``, says that too many
        lanes have work; it is never a push's.
        """
        return await briefly(lambda: self._admit(lane, item, said, closed))

    async def _admit(
        self, lane: str, item: Item, said: Mapping[str, object] | None, closed: bool
    ) -> Admission:
        shard = keys.shard_of(lane)
        rejects = item.policy is Policy.REJECT and not item.command and not item.inbound.more
        cap = 1 if rejects else self._limits.waiting_messages
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
                self._due(item),
                COLLECT_MOST,
                0 if item.push else self._lanes_most,
            ],
        )
        status = status.decode()
        return Admission("busy" if status == "full" else status, turn.decode())

    def _due(self, item: Item) -> int:
        """When a message may be answered, in ms; 0: at once."""
        wait = MORE_SECONDS if item.inbound.more else 0.0
        if item.policy is Policy.COLLECT:
            wait = max(wait, self._limits.collect_seconds)
        return now_ms() + int(wait * 1000) if wait and not item.command else 0

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
        return work_of(reply[1], reply[2], opened=reply[3])

    async def save(self, lease: Lease, identity: str, conversation: Conversation) -> None:
        """Keep a conversation before its turn is sealed. Raises Fenced."""
        names = [keys.ready(lease.shard), keys.lane(lease.lane)]
        await self._while_leased(KEEP, lease, names, field_of(identity), _encode(conversation))

    async def note(self, lease: Lease, turn: int, field: str, value: bytes | str) -> None:
        """Write into a turn's journal; that renews the lease. Raises Fenced."""
        await self._note(lease, turn, field, value, keys.JOURNAL_TTL)

    async def strike(self, lease: Lease, turn: int, field: str) -> None:
        """Take a note back. Raises Fenced."""
        await self._note(lease, turn, field, "", 0)

    async def notes(self, lane: str, turn: int) -> dict[str, bytes]:
        """A turn's journal."""
        found = await self._connection.execute("HGETALL", keys.journal(lane, turn))
        return {field.decode(): value for field, value in found.items()}

    async def _note(
        self, lease: Lease, turn: int, field: str, value: bytes | str, ttl: int
    ) -> None:
        lane = lease.lane
        names = [keys.ready(lease.shard), keys.inbox(lane), keys.journal(lane, turn)]
        await self._while_leased(NOTE, lease, names, turn, field, value, ttl)

    async def _while_leased(
        self, script: Script, lease: Lease, names: Sequence[str], *arguments: bytes | str | int
    ) -> None:
        owner = (keys.GROUP, lease.entry, self._worker)
        if not await self._connection.run(script, names, [*owner, *arguments]):
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
                field_of(identity) if conversation else "",
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
