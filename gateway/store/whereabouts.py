"""Whereabouts: where a turn is now, by what the store has of it."""

from enum import StrEnum

from msgspec import Struct

from gateway.store import keys
from gateway.store.connection import Connection, Script
from gateway.store.dead import DeadLetters

LOCATE = Script("locate")

HEARD_SECONDS = 5.0
"""A worker that has renewed its lease within this time is at work."""


class State(StrEnum):
    """What is happening with a turn."""

    WAITING = "waiting"
    RUNNING = "running"
    PARKED = "parked"
    SEALED = "sealed"
    DEAD = "dead letter"
    UNKNOWN = "unknown"


class Whereabouts(Struct, frozen=True, omit_defaults=True):
    """Where one turn is.

    ``place`` counts from 1 among the ``waiting`` messages of its lane, ``attempt`` is the latest,
    ``due`` is in seconds since the epoch, ``heard`` is how many seconds ago the worker renewed
    its lease. Of what was collected into one turn, all but the first message are waiting.
    """

    state: State
    place: int = 0
    waiting: int = 0
    attempt: int = 0
    due: float = 0
    worker: str = ""
    heard: float = 0
    dead_letter: str = ""
    reason: str = ""


class _Lane(Struct, frozen=True):
    """A lane at one instant, and the place of one turn in it."""

    place: int
    waiting: int
    newest: int
    at_work: int
    attempt: int
    open: bool
    due: float
    worker: str
    heard: float

    @property
    def leased(self) -> bool:
        """Whether a worker has it that is alive."""
        return bool(self.worker) and self.heard < HEARD_SECONDS


async def locate(connection: Connection, lane: str, turn: int) -> Whereabouts:
    """Where a turn is. Raises StoreUnavailable."""
    found = await _look(connection, lane, turn)
    if found.place:
        return _in_the_inbox(found, turn)
    if letter := await DeadLetters(connection).of_turn(lane, str(turn)):
        return Whereabouts(State.DEAD, dead_letter=letter.id, reason=letter.reason)
    return Whereabouts(State.SEALED if 0 < turn <= found.newest else State.UNKNOWN)


async def is_leased(connection: Connection, lane: str) -> bool:
    """Whether a worker that is alive works on a lane. Raises StoreUnavailable."""
    return (await _look(connection, lane, 0)).leased


async def _look(connection: Connection, lane: str, turn: int) -> _Lane:
    shard = keys.shard_of(lane)
    names = [keys.inbox(lane), keys.lane(lane), keys.later(shard), keys.ready(shard)]
    reply = await connection.run(LOCATE, names, [lane, turn, keys.GROUP])
    place, waiting, newest, at_work, attempt, is_open, due_ms, worker, idle_ms = reply
    return _Lane(
        *(place, waiting, newest, at_work, attempt, bool(is_open)),
        *(due_ms / 1000, worker.decode(), idle_ms / 1000),
    )


def _in_the_inbox(lane: _Lane, turn: int) -> Whereabouts:
    begun = lane.at_work == turn
    if begun and lane.open and lane.worker:
        state = State.RUNNING
    elif lane.due and lane.place == 1:
        state = State.PARKED
    else:
        state = State.WAITING
    return Whereabouts(
        state=state,
        place=lane.place,
        waiting=lane.waiting,
        attempt=lane.attempt if begun else 0,
        due=lane.due,
        worker=lane.worker,
        heard=lane.heard,
    )
