"""Traces: the checkpoints that a turn passed, for the operator who is asked what became of it."""

import time
from asyncio import Future
from typing import Any

import msgspec
from msgspec import Struct

from gateway.store import keys
from gateway.store.connection import Connection, Script

TRACE = Script("trace")

LONGEST = 200
"""Characters of one fact; a longer one is cut."""

Fact = str | int | float | bool


class Checkpoint(Struct, frozen=True):
    """One thing that happened to a turn. ``at`` is in seconds since the epoch."""

    at: float
    worker: str
    what: str
    facts: dict[str, Fact] = {}


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Checkpoint).decode


class Traces:
    """The traces of all turns; ``worker`` is who notes here."""

    def __init__(self, connection: Connection, worker: str = "") -> None:
        self._connection = connection
        self._worker = worker

    def note(self, lane: str, turn: int | str, what: str, **facts: Fact) -> None:
        """Add a checkpoint. Never waits and never raises: without a store it is lost.

        Facts are small: never a secret, never a message's text. Beyond TRACE_MOST checkpoints
        the oldest go.
        """
        small = {name: _cut(fact) for name, fact in facts.items()}
        checkpoint = _encode(Checkpoint(time.time(), self._worker, what, small))
        key = keys.trace(lane, str(turn))
        # With its source, for there is nobody here to load a script that the server has lost.
        command = ("EVAL", TRACE.source, 1, key, checkpoint, keys.TRACE_MOST, keys.TRACE_TTL)
        self._connection.send(*command).add_done_callback(_ignore)

    async def read(self, lane: str, turn: int | str) -> list[Checkpoint]:
        """A turn's checkpoints in the order of their times. Raises StoreUnavailable.

        The times are those of the workers' clocks.
        """
        stored = await self._connection.execute("LRANGE", keys.trace(lane, str(turn)), 0, -1)
        return sorted(map(_decode, stored), key=lambda checkpoint: checkpoint.at)


def _cut(fact: Fact) -> Fact:
    return fact[:LONGEST] if isinstance(fact, str) else fact


def _ignore(reply: Future[Any]) -> None:
    if not reply.cancelled():
        reply.exception()
