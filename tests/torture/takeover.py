"""How long it takes until another replica takes up the answers of one that was lost."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from torture.replicas import Period
from torture.run import Evidence, Interrupted

STEP = 0.02
_TAKEN_OVER = frozenset({"lane taken over from a worker that is gone", "turn sealed"})


class Takeover(Struct, frozen=True):
    """From the loss of a replica until another went on with an answer of it, in seconds."""

    kind: str
    seconds: float
    there: float
    """Of these, how long another replica and Redis were there."""
    turn: str
    alone: bool
    """Nothing else went wrong in the meantime."""


def takeovers(evidence: Evidence) -> Iterator[Takeover]:
    """Every answer that was interrupted and taken up, as the replicas' logs tell."""
    people = {question.token: who for who in evidence.people for question in who.talk.questions}
    lines = _lines(evidence)
    for event in evidence.interrupted:
        for token in event.tokens:
            for number in people[token].acks[token].turns:
                turn = f"{people[token].lane}#{number}"
                both = sorted(lines[turn] + lines[people[token].lane])
                at, log = next((line for line in both if line[0] > event.at), (0.0, ""))
                # One that was frozen for a while and finished its answer has lost nothing.
                if at and (event.kind == "kill" or log != event.replica.partition(".")[0]):
                    alone = not _meanwhile(evidence, event, at)
                    there = _there(evidence, event.at, at)
                    yield Takeover(event.kind, at - event.at, there, turn, alone)


def _lines(evidence: Evidence) -> dict[str, list[tuple[float, str]]]:
    """When, and by which log, each lane was taken over and each turn went on."""
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    behind = time.time() - time.monotonic()
    for replica in evidence.replicas:
        for line in replica.log.read_text().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("event") in _TAKEN_OVER:
                at = datetime.fromisoformat(entry["timestamp"]).timestamp() - behind
                about = entry.get("turn") or entry["lane"]
                found[about].append((at, replica.log.stem))
    return found


def _there(evidence: Evidence, since: float, until: float) -> float:
    up = [period for replica in evidence.replicas for period in replica.there]
    steps = (since + n * STEP for n in range(int((until - since) / STEP)))
    return STEP * sum(_within(up, at) and not _within(evidence.store.outages, at) for at in steps)


def _within(periods: Sequence[Period], at: float) -> bool:
    return any(period.since <= at < period.until for period in periods)


def _meanwhile(evidence: Evidence, event: Interrupted, until: float) -> bool:
    others = [other.at for other in evidence.interrupted if other is not event]
    away = any(each.since < until and each.until > event.at for each in evidence.store.outages)
    return away or any(event.at < at < until for at in others)
