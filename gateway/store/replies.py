"""Reply logs: what an answer shows, as it comes, for readers on any replica.

A token does not wait for Redis. Readers in this process get it at once, from memory; the log and
the readers of other replicas get it from the flusher, at most 20 ms later. Ids are known before
anything is written, so it does not matter which way an event came: a reader takes each id once,
in order, and reads the log whenever it may have missed one.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.ports import Behind, History, LogEntry, ShuttingDown
from gateway.store import keys
from gateway.store.connection import Connection, Script, briefly
from gateway.store.flusher import ATTEMPT, Batch, Flusher
from gateway.store.hub import Hub

GLANCE = Script("glance")

PENDING_MOST = 2000
"""Entries kept in memory for one slow reader; beyond, it reads the log when it is ready."""
PAGE = 500
ERASED = "erased"
"""The kind of what is published when a lane was removed: its readers begin anew."""

_encode = msgspec.json.Encoder().encode
_decode_raw = msgspec.json.Decoder(list[tuple[int, str, Raw]]).decode
Position = tuple[int, int]


class Glance(Struct, frozen=True):
    """A lane at one instant: its newest turn, the end of its log, what waits, what was said."""

    turns: int
    sealed: Position
    waiting: int
    said: tuple[bytes, ...]


class Replies:
    """The reply logs of one process: its writers and its readers."""

    def __init__(self, connection: Connection, hub: Hub) -> None:
        self._connection = connection
        self._hub = hub
        self._flusher = Flusher(connection, hub.process)

    async def start(self) -> None:
        """Get ready to write. Raises StoreUnavailable."""
        await self._flusher.start()

    async def stop(self) -> None:
        """Write what is left."""
        await self._flusher.stop()

    def writer(self, lane: str, turn: int, attempt: int) -> "Writer":
        """Writes one attempt at one turn."""
        return Writer(self, lane, turn, attempt)

    def write(self, lane: str, entry: LogEntry) -> None:
        """Show an entry here and now, and elsewhere soon."""
        self._hub.show(lane, (entry,))
        self._flusher.add(lane, entry)

    def closing(self, lane: str, entry: LogEntry) -> Batch:
        """The last entry of an answer, for the step that seals its turn."""
        self._flusher.forget(lane)
        return Batch((entry,), self._hub.process)

    def sealed(self, lane: str, closing: Batch) -> None:
        """Show the end here, now that it is written."""
        self._hub.show(lane, closing.entries)

    def refresh(self, lane: str) -> None:
        """Let the readers here look into the log: something may have passed them by."""
        self._hub.refresh(lane)

    async def announce(self, lane: str, kind: str, data: object) -> None:
        """Say something beside the log to whoever is reading it now. Raises StoreUnavailable."""
        entry = LogEntry(kind, _encode(data))
        self._hub.show(lane, (entry,))
        publication = Batch((entry,), self._hub.process).publication
        await self._connection.execute("PUBLISH", keys.events(lane), publication)

    async def begin_anew(self, lane: str) -> None:
        """Let everyone who reads a lane begin anew from its history. Raises StoreUnavailable."""
        entry = LogEntry(ERASED, b"{}")
        await self._connection.execute(
            "PUBLISH", keys.events(lane), Batch((entry,), "").publication
        )

    async def newest(self, lane: str) -> bytes:
        """The last of a lane's transcript; empty when there is none. Raises StoreUnavailable."""
        return await self._connection.execute("LINDEX", keys.transcript(lane), -1) or b""

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
        try:
            await self._hub.join(lane, reader)
        except BaseException:
            # Whoever asked has left while waiting: nobody else would close it.
            reader.close()
            raise
        return reader

    async def of_turn(self, lane: str, turn: int) -> list[LogEntry]:
        """What is in the log of one turn. Raises StoreUnavailable."""
        await self._flusher.settle()
        found = await self._connection.execute("XRANGE", keys.log(lane), turn, turn)
        return [entry for id_, fields in found for entry in _entries(id_, fields)]

    async def read(self, lane: str, after: Position) -> tuple[list[LogEntry], bool]:
        """A page of the log behind a position, and whether there may be more."""
        await self._flusher.settle()
        found = await self._connection.execute(
            "XRANGE", keys.log(lane), f"({_id(after)}", "+", "COUNT", PAGE
        )
        entries = [entry for id_, fields in found for entry in _entries(id_, fields)]
        return entries, len(found) == PAGE

    async def _glance(self, lane: str, most: int) -> Glance:
        turns, sealed, waiting, said = await self._connection.run(
            GLANCE, [keys.lane(lane), keys.inbox(lane), keys.transcript(lane)], [most]
        )
        position = parse_id(sealed.decode()) or (0, 0)
        return Glance(int(turns), position, waiting, tuple(said))


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
        return self._replies.closing(self._lane, self._entry(kind, data))

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
        "_turn",
        "_waiter",
        "closing",
        "stale",
    )

    def __init__(self, replies: Replies, hub: Hub, lane: str, position: Position) -> None:
        self._replies = replies
        self._hub = hub
        self._lane = lane
        self._position = position
        self._turn = position[0]
        self._pending: list[LogEntry] = []
        self._waiter: asyncio.Future[None] | None = None
        self.stale = True
        self.closing = False

    async def next(self) -> Sequence[LogEntry]:
        """The next entries, an empty sequence as a heartbeat. Raises Behind, ShuttingDown, and
        StoreUnavailable when the store has been away for a while."""
        if not (self._pending or self.stale or self.closing):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.closing:
            raise ShuttingDown
        if self.stale:
            self.stale = False
            # A store that is just back may refuse the first who ask.
            entries, more = await briefly(lambda: self._replies.read(self._lane, self._position))
            # While it was read, a lost subscription may have made it stale once more.
            self.stale = self.stale or more
        else:
            entries, self._pending = self._pending, []
            if any(entry.kind == ERASED for entry in entries):
                raise Behind
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
        if entries[-1].turn > self._turn:
            # While other replicas cannot be heard, the end of the turn before may have passed by.
            self._turn = entries[-1].turn
            self.stale = True
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


def _entries(id_: bytes, fields: Any) -> list[LogEntry]:
    turn = int(id_.partition(b"-")[0])
    return [LogEntry(kind, bytes(data), turn, n) for n, kind, data in _decode_raw(fields[b"e"])]
