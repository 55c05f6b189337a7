"""Batches: calls of one tick of the event loop travel in one pipeline."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

from redis.asyncio import Redis

from gateway.ports import StoreUnavailable
from gateway.store.keys import PROBE, PROBE_TTL
from gateway.store.refusals import as_unavailable

MOST = 256
"""How many calls travel in one pipeline at most."""
REPLICAS = 1
WAIT_MS = 100
"""How many replicas must have what is to be replicated, and how soon."""

Command = tuple[Any, ...]
Call = tuple[Command, asyncio.Future[Any]]


class Batches:
    """Sends calls over a client's connections, many at a time."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: list[Call] = []
        self._to_replicate: list[Call] = []
        self._replicating = False
        self._sending: set[asyncio.Task[None]] = set()

    def add(self, command: Command) -> asyncio.Future[Any]:
        """Send with all others of this tick. Fails with a server's error, or StoreUnavailable."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self.flush)
        self._waiting.append((command, reply))
        return reply

    def add_replicated(self, command: Command) -> asyncio.Future[Any]:
        """Likewise; succeeds when a replica has what the command found or wrote.

        When none has within WAIT_MS it fails, though the server itself has it.
        """
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._to_replicate.append((command, reply))
        if not self._replicating:
            self._replicating = True
            self._spawn(self._replicate())
        return reply

    def flush(self) -> None:
        """Send now."""
        waiting, self._waiting = self._waiting, []
        for batch in _split(waiting):
            self._spawn(self._send(batch))

    async def settle(self) -> None:
        """Wait for what is on its way."""
        self.flush()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _spawn(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _replicate(self) -> None:
        # One round after the other, and what comes meanwhile travels in the next: waiting for a
        # replica that is away must not use up the connections of everything else.
        while calls := self._to_replicate:
            self._to_replicate = []
            batches = (self._send(batch, replicated=True) for batch in _split(calls))
            await asyncio.gather(*batches)
        self._replicating = False

    async def _send(self, batch: list[Call], *, replicated: bool = False) -> None:
        commands = [command for command, _ in batch]
        try:
            replies = await (self._replicated(commands) if replicated else self._pipe(commands))
        except Exception as error:
            # Nobody may be left waiting, whatever the client raised.
            replies = [error] * len(batch)
        for (_, future), reply in zip(batch, replies, strict=True):
            if future.done():
                continue
            if isinstance(reply, Exception):
                future.set_exception(as_unavailable(reply))
            else:
                future.set_result(reply)

    async def _replicated(self, commands: Sequence[Command]) -> list[Any]:
        # WAIT waits for what its own connection has written, and a copy of a message that is
        # already there writes nothing: what is written here comes after whatever it found.
        write, wait = ("SET", PROBE, "1", "EX", PROBE_TTL), ("WAIT", REPLICAS, WAIT_MS)
        *replies, written, reached = await self._pipe([*commands, write, wait])
        lacking = _lacking(written, reached)
        return [reply if isinstance(reply, Exception) else lacking or reply for reply in replies]

    async def _pipe(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return await pipeline.execute(raise_on_error=False)


def _split(calls: list[Call]) -> Iterator[list[Call]]:
    return (calls[start : start + MOST] for start in range(0, len(calls), MOST))


def _lacking(written: Any, reached: Any) -> Exception | None:
    for reply in (written, reached):
        if isinstance(reply, Exception):
            return reply
    return None if reached >= REPLICAS else StoreUnavailable("Redis: no replica has it yet")
