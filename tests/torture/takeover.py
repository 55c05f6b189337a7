"""How long people wait when the replica that answers them is lost."""

from collections.abc import Iterator

from msgspec import Struct

from torture.people import Person, Visitor
from torture.run import Evidence, Interrupted


class Wait(Struct, frozen=True):
    """From the loss of a replica to the next that somebody saw of an answer, in seconds."""

    kind: str
    seconds: float
    token: str
    lane: str
    alone: bool
    """Nothing else went wrong in the meantime."""


def waits(evidence: Evidence) -> Iterator[Wait]:
    """Every answer that was interrupted and went on."""
    people = {question.token: who for who in evidence.people for question in who.talk.questions}
    for event in evidence.interrupted:
        for token in event.tokens:
            seen = _next(evidence, people[token], token, event)
            if seen is not None and not _again(evidence, token, event.at, seen):
                alone = not _meanwhile(evidence, event, seen)
                yield Wait(event.kind, seen - event.at, token, people[token].lane, alone)


def _next(evidence: Evidence, who: Person, token: str, event: Interrupted) -> float | None:
    if isinstance(who, Visitor):
        return _next_in_widget(who, token, event.at)
    touches = evidence.platform.touches[token]
    return next((each.at for each in touches if _goes_on(each.at, each.replica, event)), None)


def _again(evidence: Evidence, token: str, since: float, until: float) -> bool:
    """Whether the answer was interrupted once more: then people waited for that one."""
    return any(since < each.at < until and token in each.tokens for each in evidence.interrupted)


def _goes_on(at: float, replica: str, event: Interrupted) -> bool:
    return at > event.at and replica != event.replica


def _next_in_widget(who: Visitor, token: str, at: float) -> float | None:
    turns = who.acks[token].turns
    seen = [(attempt, when) for (turn, attempt), when in who.stream.seen.items() if turn in turns]
    before = max((attempt for attempt, when in seen if when <= at), default=0)
    return min((when for attempt, when in seen if attempt > before and when > at), default=None)


def _meanwhile(evidence: Evidence, event: Interrupted, until: float) -> bool:
    others = [other.at for other in evidence.interrupted if other is not event]
    away = any(each.since < until and each.until > event.at for each in evidence.store.outages)
    return away or any(event.at < at < until for at in others)
