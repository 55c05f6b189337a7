"""The hub: who is reading which lane in this process, and what other replicas publish.

One pub/sub connection serves the whole process. Whenever a subscription is confirmed, first or
again after a lost connection, the lane's readers are told to read the log: that closes every gap.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any, Protocol

import msgspec
import structlog
from msgspec import Raw
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway import telemetry
from gateway.ports import LogEntry, StoreUnavailable
from gateway.store import keys
from gateway.store.listening import Listening
from gateway.tasks import cancel

HEARTBEAT_SECONDS = 15.0
RETRY_SECONDS = 0.25

log = structlog.get_logger(__name__)
_decode = msgspec.json.Decoder(tuple[str, int, list[tuple[int, str, Raw]]]).decode


class Subscriber(Protocol):
    """One open stream."""

    stale: bool
    closing: bool

    def show(self, entries: Sequence[LogEntry]) -> None:
        """Hand over entries."""
        ...

    def wake(self) -> None:
        """Look again."""
        ...


class Hub:
    """Brings entries to the readers of this process."""

    def __init__(self, blocking: Redis, on_control: Callable[[bytes], Awaitable[None]]) -> None:
        self.process = token_hex(8)
        self._listening = Listening(blocking)
        self._on_control = on_control
        self._readers: dict[str, set[Subscriber]] = {}
        self._joining: dict[str, asyncio.Future[None]] = {}
        self._unheard: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen. Raises StoreUnavailable."""
        try:
            await self._begin()
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis: {error}") from error
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]

    def show(self, lane: str, entries: Sequence[LogEntry]) -> None:
        """Hand entries to the lane's readers here."""
        for reader in self._readers.get(lane, ()):
            reader.show(entries)

    async def join(self, lane: str, reader: Subscriber) -> None:
        """Add a reader; returns when nothing published from now on can pass it by."""
        readers = self._readers.setdefault(lane, set())
        readers.add(reader)
        telemetry.STREAMS_OPEN.labels(keys.channel_of(lane)).inc()
        if len(readers) == 1:
            self._joining[lane] = asyncio.get_running_loop().create_future()
            # Not by the reader's own task: one that leaves must not break off what all share.
            self._spawn(self._subscribe(lane))
        if joining := self._joining.get(lane):
            await asyncio.shield(joining)

    def leave(self, lane: str, reader: Subscriber) -> None:
        """Remove a reader."""
        readers = self._readers.get(lane, set())
        if reader not in readers:
            return
        readers.discard(reader)
        telemetry.STREAMS_OPEN.labels(keys.channel_of(lane)).dec()
        if not readers and self._readers.pop(lane, None) is not None:
            self._confirm(lane)
            self._spawn(self._unsubscribe(lane))

    @property
    def open(self) -> int:
        """How many streams are open."""
        return sum(len(readers) for readers in self._readers.values())

    def farewell(self) -> None:
        """Tell every reader to reconnect elsewhere."""
        for readers in self._readers.values():
            for reader in readers:
                reader.closing = True
                reader.wake()

    async def close(self) -> None:
        """Stop listening."""
        await cancel(*self._tasks)
        await self._listening.cut()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _subscribe(self, lane: str) -> None:
        try:
            await self._listening.send("SUBSCRIBE", [keys.events(lane)])
        except (RedisError, OSError):
            # The listener does it as soon as the server can be reached.
            self._unheard.add(lane)
            self._confirm(lane)

    async def _unsubscribe(self, lane: str) -> None:
        if lane in self._readers:
            return
        # The next connection begins without it.
        with suppress(RedisError, OSError):
            await self._listening.send("UNSUBSCRIBE", [keys.events(lane)])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for readers in list(self._readers.values()):
                for reader in readers:
                    reader.wake()

    async def _listen(self) -> None:
        deaf = False
        while True:
            try:
                if not self._listening.open:
                    await self._begin()
                if heard := await self._listening.next():
                    await self._heard(*heard)
                deaf = False
            except (RedisError, OSError) as error:
                if not deaf:
                    log.warning("not listening to other replicas", reason=str(error))
                deaf = True
                await self._cut()
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("a message of another replica was not understood")

    async def _begin(self) -> None:
        await self._listening.begin([keys.CONTROL, *map(keys.events, self._readers)])
        # Whoever joined while that was under way.
        unheard, self._unheard = self._unheard & self._readers.keys(), set()
        await self._listening.send("SUBSCRIBE", map(keys.events, unheard))

    async def _cut(self) -> None:
        # The next connection begins with all subscriptions, and those who wait for one now read
        # the log then.
        for lane in list(self._joining):
            self._confirm(lane)
        await self._listening.cut()

    async def _heard(self, kind: str, channel: str, data: bytes) -> None:
        if channel == keys.CONTROL:
            if kind == "message":
                await self._on_control(data)
            return
        lane = keys.lane_of_events(channel)
        if kind == "subscribe" and lane not in self._readers:
            # Taken up again with the connection: its readers had left meanwhile.
            await self._unsubscribe(lane)
        elif kind == "subscribe":
            self.refresh(lane)
        elif kind == "message":
            self._published(lane, data)

    def _confirm(self, lane: str) -> None:
        if joining := self._joining.pop(lane, None):
            joining.set_result(None)

    def refresh(self, lane: str) -> None:
        """Tell the lane's readers here to read the log."""
        self._confirm(lane)
        for reader in self._readers.get(lane, ()):
            reader.stale = True
            reader.wake()

    def _published(self, lane: str, data: bytes) -> None:
        process, turn, entries = _decode(data)
        if process != self.process:
            self.show(lane, [LogEntry(kind, bytes(raw), turn, n) for n, kind, raw in entries])
