"""Reply logs: what an answer shows, as it comes, for readers on any replica.

A token does not wait for Redis. Readers in this process get it at once, from memory; the log and
the readers of other replicas get it with the next flush, at most 20 ms later. Ids are known
before anything is written, so it does not matter which way an event came: a reader takes each id
once, in order, and reads the log whenever it may have missed one.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct
from redis.exceptions import ResponseError

from gateway.ports import Behind, History, LogEntry, ShuttingDown, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script
from gateway.store.hub import Hub

GLANCE = Script("glance")

FLUSH_SECONDS = 0.02
ATTEMPT = 1_000_000
"""Ids of an answer's second attempt begin here, behind everything the first could write."""
PENDING_MOST = 2000
"""Entries kept in memory for one slow reader; beyond, it reads the log when it is ready."""
UNFLUSHED_MOST = 5000
"""Entries kept for one lane while Redis is away; beyond, the end alone carries the text."""
PAGE = 500

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
Position = tuple[int, int]


class Batch(Struct, frozen=True):
    """Entries of one turn that are written together, under the id of the last."""

    entries: tuple[LogEntry, ...]
    process: str

    @property
    def arguments(self) -> tuple[str, bytes]:
        """The id and the value of the stream's entry."""
        return self.entries[-1].id, _encode(_raw(self.entries))

    @property
    def publication(self) -> bytes:
        """The same for readers on other replicas, who skip what they published themselves."""
        return _encode((self.process, self.entries[-1].turn, _raw(self.entries)))

    @property
    def last(self) -> bytes:
        """The data of the last entry."""
        return self.entries[-1].data


class Glance(Struct, frozen=True):
    """A lane at one instant: its newest turn, the end of its log, what waits, what was said."""

    turns: int
    sealed: Position
    waiting: tuple[bytes, ...]
    said: tuple[bytes, ...]


class Replies:
    """The reply logs of one process: writers, readers, and the flush between them."""

    def __init__(self, connection: Connection, hub: Hub) -> None:
        self._connection = connection
        self._hub = hub
        self._unflushed: dict[str, list[LogEntry]] = {}
        self._flushing: asyncio.Task[None] | None = None
        self._flushed_at = 0.0

    def writer(self, lane: str, turn: int, attempt: int) -> "Writer":
        """Writes one attempt at one turn."""
        return Writer(self, lane, turn, attempt)

    def write(self, lane: str, entry: LogEntry) -> None:
        """Show an entry here and now, and elsewhere soon."""
        self._hub.show(lane, (entry,))
        entries = self._unflushed.setdefault(lane, [])
        if len(entries) < UNFLUSHED_MOST:
            entries.append(entry)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_soon())

    def sealed(self, lane: str, closing: Batch) -> None:
        """Show the end here, now that it is written."""
        self._hub.show(lane, closing.entries)

    def forget(self, lane: str) -> None:
        """Drop what is not flushed yet: the end that is written next carries it."""
        self._unflushed.pop(lane, None)

    async def announce(self, lane: str, kind: str, data: object) -> None:
        """Say something beside the log to whoever is reading it now. Best effort."""
        entry = LogEntry(kind, _encode(data))
        self._hub.show(lane, (entry,))
        await self._publish(lane, Batch((entry,), self._hub.process))

    async def history(self, lane: str, most: int) -> History:
        """The last messages of the transcript and the cursor behind them."""
        glance = await self._glance(lane, most)
        return History(glance.said, _id(glance.sealed), bool(glance.waiting))

    async def follow(self, lane: str, cursor: str) -> "Reader":
        """Read a lane's log behind a cursor. Raises Behind and StoreUnavailable."""
        position = parse_id(cursor)
        glance = await self._glance(lane, 0)
        if position is None:
            position = glance.sealed
        behind = glance.sealed[0] - position[0]
        if position[0] > glance.turns or behind > keys.LOG_TURNS:
            raise Behind
        if glance.sealed > position and not await self._connection.execute(
            "XRANGE", keys.log(lane), _id(glance.sealed), _id(glance.sealed)
        ):
            raise Behind
        reader = Reader(self, self._hub, lane, position)
        await self._hub.join(lane, reader)
        return reader

    async def read(self, lane: str, after: Position) -> tuple[list[LogEntry], bool]:
        """A page of the log behind a position, and whether there may be more."""
        await self._flush()
        found = await self._connection.execute(
            "XRANGE", keys.log(lane), f"({_id(after)}", "+", "COUNT", PAGE
        )
        return [entry for id_, fields in found for entry in _entries(id_, fields)], len(
            found
        ) == PAGE

    async def _glance(self, lane: str, most: int) -> Glance:
        turns, sealed, waiting, said = await self._connection.run(
            GLANCE, [keys.lane(lane), keys.inbox(lane), keys.transcript(lane)], [most]
        )
        position = parse_id(sealed.decode()) or (0, 0)
        return Glance(int(turns), position, tuple(waiting), tuple(said))

    async def _flush_soon(self) -> None:
        while self._unflushed:
            await asyncio.sleep(max(0.0, self._flushed_at + FLUSH_SECONDS - time.monotonic()))
            await self._flush()

    async def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        unflushed, self._unflushed = self._unflushed, {}
        await asyncio.gather(*(self._flush_lane(*lane) for lane in unflushed.items()))

    async def _flush_lane(self, lane: str, entries: list[LogEntry]) -> None:
        batch = Batch(tuple(entries), self._hub.process)
        id_, value = batch.arguments
        try:
            await asyncio.gather(
                self._connection.execute("XADD", keys.log(lane), id_, "e", value),
                self._connection.execute("EXPIRE", keys.log(lane), keys.RUNNING_LOG_TTL),
                self._publish(lane, batch),
            )
        except ResponseError as error:
            # A later attempt or the end is already in the log: this is a latecomer's writing.
            if "equal or smaller" not in str(error):
                raise
        except StoreUnavailable as error:
            log.warning("reply log not written: %s", error)
            later = self._unflushed.get(lane, [])
            self._unflushed[lane] = (entries + later)[:UNFLUSHED_MOST]
            self._flushed_at = time.monotonic() + 10 * FLUSH_SECONDS

    async def _publish(self, lane: str, batch: Batch) -> None:
        await self._connection.execute("PUBLISH", keys.events(lane), batch.publication)


class Writer:
    """The LogWriter of one attempt at one turn."""

    def __init__(self, replies: Replies, lane: str, turn: int, attempt: int) -> None:
        self._replies = replies
        self._lane = lane
        self._turn = turn
        self._n = attempt * ATTEMPT
        self._closed = False

    def append(self, kind: str, data: object) -> None:
        """Show an event. After ``close`` it is ignored: the end has been decided."""
        if not self._closed:
            self._replies.write(self._lane, self._entry(kind, data))

    def close(self, kind: str, data: object) -> Batch:
        """The last entry, to be written by whoever seals the turn."""
        self._closed = True
        self._replies.forget(self._lane)
        return Batch((self._entry(kind, data),), self._replies._hub.process)

    def _entry(self, kind: str, data: object) -> LogEntry:
        self._n += 1
        return LogEntry(kind, _encode(data), self._turn, self._n)


class Reader:
    """The LogReader of one open stream."""

    __slots__ = (
        "_hub",
        "_lane",
        "_pending",
        "_position",
        "_replies",
        "_waiter",
        "closing",
        "stale",
    )

    def __init__(self, replies: Replies, hub: Hub, lane: str, position: Position) -> None:
        self._replies = replies
        self._hub = hub
        self._lane = lane
        self._position = position
        self._pending: list[LogEntry] = []
        self._waiter: asyncio.Future[None] | None = None
        self.stale = True
        self.closing = False

    async def next(self) -> Sequence[LogEntry]:
        """The next entries, an empty sequence as a heartbeat."""
        if not (self._pending or self.stale or self.closing):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.closing:
            raise ShuttingDown
        if self.stale:
            self.stale = False
            entries, self.stale = await self._replies.read(self._lane, self._position)
        else:
            entries, self._pending = self._pending, []
        return [entry for entry in entries if self._is_next(entry)]

    def _is_next(self, entry: LogEntry) -> bool:
        if not entry.turn:
            return True
        position = (entry.turn, entry.n)
        if position <= self._position:
            return False
        self._position = position
        return True

    def show(self, entries: Sequence[LogEntry]) -> None:
        """Hand over entries as they appear."""
        if len(self._pending) + len(entries) > PENDING_MOST:
            self._pending.clear()
            self.stale = True
        else:
            self._pending.extend(entries)
        self.wake()

    def wake(self) -> None:
        """Let ``next`` look again; it returns nothing when nothing came: a heartbeat."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Let go of the subscription."""
        self._hub.leave(self._lane, self)


def parse_id(text: str) -> Position | None:
    """``<turn>-<n>`` as numbers; None when it is not one."""
    turn, dash, n = text.partition("-")
    if not dash or not (turn.isascii() and turn.isdigit() and n.isascii() and n.isdigit()):
        return None
    return (int(turn), int(n)) if len(text) <= 40 else None


def _id(position: Position) -> str:
    return f"{position[0]}-{position[1]}"


def _raw(entries: Sequence[LogEntry]) -> list[tuple[int, str, Raw]]:
    return [(entry.n, entry.kind, Raw(entry.data)) for entry in entries]


def _entries(id_: bytes, fields: Any) -> list[LogEntry]:
    turn = int(id_.partition(b"-")[0])
    return decode_entries(turn, fields[b"e"])


_decode_raw = msgspec.json.Decoder(list[tuple[int, str, Raw]]).decode


def decode_entries(turn: int, batch: bytes) -> list[LogEntry]:
    """A batch as it was written."""
    return [LogEntry(kind, bytes(data), turn, n) for n, kind, data in _decode_raw(batch)]
