"""The flusher: writes reply events to Redis, all lanes of the process together, every 20 ms.

Nothing here is waited for: a token is shown to local readers before it is written. The first
words of an answer do not wait for the next flush. A lane has one write on its way at a time: two
could overtake each other, and the log would refuse the one that comes late.
"""

import asyncio
from asyncio import Future
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec import Raw, Struct
from redis.exceptions import NoScriptError

from gateway.ports import LogEntry, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script

WRITE = Script("write")

FLUSH_SECONDS = 0.02
RETRY_SECONDS = 0.25
UNFLUSHED_MOST = 5000
"""Entries kept for one lane while Redis is away; beyond, the end alone carries the text."""
URGENT = 2
"""How many entries of an answer are written at once: its start, and its first words."""
ATTEMPT = 1_000_000
"""Ids of an answer's second attempt begin here, behind everything the first could write."""

log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


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


class Flusher:
    """Collects entries per lane and writes them in order."""

    def __init__(self, connection: Connection, process: str) -> None:
        self._connection = connection
        self._process = process
        self._waiting: dict[str, list[LogEntry]] = {}
        self._writing: dict[str, Future[Any]] = {}
        self._timer: asyncio.Handle | None = None
        self._due = 0.0

    async def start(self) -> None:
        """Make the server ready for writing. Raises StoreUnavailable."""
        await self._connection.load(WRITE)

    def add(self, lane: str, entry: LogEntry) -> None:
        """Write an entry soon."""
        entries = self._waiting.setdefault(lane, [])
        if entries and entries[-1].turn < entry.turn:
            # Left over from an answer whose end is written, which carries it all.
            entries.clear()
        if len(entries) < UNFLUSHED_MOST:
            entries.append(entry)
        self._schedule(0 if entry.n % ATTEMPT <= URGENT else FLUSH_SECONDS)

    def forget(self, lane: str) -> None:
        """Drop what is not written yet: the end that is written next carries it."""
        self._waiting.pop(lane, None)

    async def stop(self) -> None:
        """Write what is left, once."""
        await self.settle()
        self._waiting.clear()
        if self._timer:
            self._timer.cancel()

    async def settle(self) -> None:
        """Write what is waiting now, and wait until it is written or has failed."""
        # What waits behind a write that is on its way takes a second round.
        for _ in range(2):
            self._flush()
            writing = set(self._writing.values())
            if not writing:
                return
            await asyncio.wait(writing)
            if any(future.exception() for future in writing):
                return

    def _schedule(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        if self._timer:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = loop.call_later(delay, self._flush) if delay else loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for lane in self._waiting.keys() - self._writing.keys():
            self._write(lane, self._waiting.pop(lane))

    def _write(self, lane: str, entries: list[LogEntry]) -> None:
        batch = Batch(tuple(entries), self._process)
        first = entries[0].n % ATTEMPT == 1
        future = self._connection.call(
            WRITE,
            [keys.log(lane)],
            [
                *batch.arguments,
                keys.RUNNING_LOG_TTL if first else 0,
                keys.events(lane),
                batch.publication,
            ],
        )
        self._writing[lane] = future
        future.add_done_callback(partial(self._written, lane, entries))

    def _written(self, lane: str, entries: list[LogEntry], future: Future[Any]) -> None:
        del self._writing[lane]
        error = future.exception()
        if isinstance(error, NoScriptError):
            self._reload(lane, entries)
        elif isinstance(error, StoreUnavailable):
            self._again(lane, entries)
        else:
            if error:
                log.error("reply log not written", exc_info=error)
            if lane in self._waiting:
                self._schedule(0)

    def _reload(self, lane: str, entries: list[LogEntry]) -> None:
        loading = asyncio.ensure_future(self._connection.load(WRITE))
        self._writing[lane] = loading

        def loaded(future: Future[Any]) -> None:
            del self._writing[lane]
            future.exception()
            self._again(lane, entries, delay=0)

        loading.add_done_callback(loaded)

    def _again(self, lane: str, entries: list[LogEntry], delay: float = RETRY_SECONDS) -> None:
        later = self._waiting.get(lane, [])
        if not later or later[0].turn == entries[0].turn:
            self._waiting[lane] = (entries + later)[:UNFLUSHED_MOST]
        self._schedule(delay)


def _raw(entries: tuple[LogEntry, ...]) -> list[tuple[int, str, Raw]]:
    return [(entry.n, entry.kind, Raw(entry.data)) for entry in entries]
