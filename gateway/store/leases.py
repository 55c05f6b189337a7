"""Leases: which worker works on which lane.

A lane with work has one entry in its shard's ready stream, and the pending entry of whichever
worker reads it is the lane's lease. Whoever does not renew it loses it.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from redis.exceptions import RedisClusterException, RedisError, ResponseError

from gateway.store import keys
from gateway.store.connection import Connection, Script
from gateway.store.refusals import as_unavailable

RELEASE = Script("release")
RENEW = Script("renew")
WAKE = Script("wake")

LEASE_SECONDS = 5.0
"""How long a lease holds that is not renewed."""
CLAIM_BLOCK_MS = 250
CLAIM_SECONDS = 2.0
"""When a server that still has not answered is not there, whatever its connection looks like."""
GONE_MS = 3_600_000
ALL = range(keys.SHARDS)


class Lease(Struct, frozen=True):
    """The right to work on a lane, as long as it is renewed."""

    lane: str
    entry: str

    @property
    def shard(self) -> int:
        """The queue it belongs to."""
        return keys.shard_of(self.lane)


class Fenced(Exception):
    """The lease is another worker's now: nothing more may be done for this turn."""


class Leases:
    """The leases of one worker. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, worker: str) -> None:
        self._connection = connection
        self.worker = worker
        """The name that the store knows this worker by."""
        self._reached = math.inf
        self._back_since = -math.inf

    async def claims(self, blocking: Connection, room: int, queues: range = ALL) -> list[Lease]:
        """Wait a moment for lanes that became ready, and lease up to ``room`` of each queue."""
        streams: dict[Any, Any] = {keys.ready(shard): ">" for shard in queues}
        try:
            async with asyncio.timeout(CLAIM_SECONDS):
                found: Any = await blocking.client.xreadgroup(
                    keys.GROUP, self.worker, streams, count=room, block=CLAIM_BLOCK_MS
                )
        except (RedisError, RedisClusterException, OSError) as error:
            if "NOGROUP" not in str(error):
                raise as_unavailable(error) from error
            await self.prepare()
            return []
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
        """Lease the lanes whose worker has not renewed them for that long.

        None before the store has been there for half as long: nobody could renew them meanwhile.
        """
        # First a question: a server that hangs would do later what it was asked to do now.
        lengths = (self._connection.send("XLEN", keys.ready(s)) for s in range(keys.SHARDS))
        waiting = await asyncio.gather(*lengths)
        now = time.monotonic()
        if (now - self._reached) * 2000 > idle_ms:
            self._back_since = now
        self._reached = now
        if (now - self._back_since) * 2000 < idle_ms:
            return []
        queues = [shard for shard, length in enumerate(waiting) if length]
        found = await asyncio.gather(*(self._reclaim(shard, idle_ms) for shard in queues))
        return [lease for leases in found for lease in leases]

    async def _reclaim(self, shard: int, idle_ms: int) -> list[Lease]:
        leases: list[Lease] = []
        cursor = b"0-0"
        while True:
            command = ("XAUTOCLAIM", keys.ready(shard), keys.GROUP, self.worker, idle_ms, cursor)
            reply = await self._connection.execute(*command, "COUNT", 64)
            cursor = reply[0]
            leases.extend(_leases(reply[1]))
            if cursor == b"0-0":
                return leases

    async def release(self, lease: Lease, delay: float = 0, *, broken: bool = False) -> bool:
        """Give the lane back with its messages, to be taken again after ``delay`` seconds.

        ``broken`` says that an attempt at its turn had begun. False when the lease is lost.
        """
        due = now_ms() + int(delay * 1000) if delay else 0
        released = await self._connection.run(
            RELEASE,
            [keys.ready(lease.shard), keys.lane(lease.lane), keys.later(lease.shard)],
            [keys.GROUP, lease.entry, self.worker, lease.lane, due, int(broken)],
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
            RENEW, [keys.ready(shard)], [keys.GROUP, self.worker, *entries]
        )
        return [lease for lease in leases if lease.entry.encode() in lost]

    async def wake_due(self) -> None:
        """Make the parked lanes ready whose time has come."""
        await asyncio.gather(*(self._wake_due(shard) for shard in range(keys.SHARDS)))

    async def _wake_due(self, shard: int) -> None:
        command = ("ZRANGEBYSCORE", keys.later(shard), "-inf", now_ms(), "LIMIT", 0, 256)
        for lane in await self._connection.execute(*command):
            await self.wake(lane.decode())

    async def wake(self, lane: str) -> None:
        """Make a lane ready if it is parked."""
        shard = keys.shard_of(lane)
        await self._connection.run(
            WAKE, [keys.ready(shard), keys.lane(lane), keys.later(shard)], [lane]
        )


def _leases(entries: Any) -> list[Lease]:
    return [Lease(fields[b"lane"].decode(), entry.decode()) for entry, fields in entries]


def now_ms() -> int:
    """The time as scores of parked lanes have it."""
    return int(time.time() * 1000)
