"""What is asked and what goes wrong, and when: all of it follows from the seed."""

import random
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

TAIL_SECONDS = 3.0
"""Nothing goes wrong on purpose for so long before the last message."""
LEASE_SECONDS = 5.0


class Manner(StrEnum):
    """How the bot answers a question."""

    WHOLE = "whole"
    FAIL = "fail"
    """It says that it failed, before the first word."""
    MIDWAY = "midway"
    """It says that it failed, behind the last word."""
    CUT = "cut"
    """The connection ends behind the last word."""
    HANG = "hang"
    """Nothing comes behind the last word."""


MANNERS = {Manner.WHOLE: 92, Manner.FAIL: 2, Manner.MIDWAY: 3, Manner.CUT: 2, Manner.HANG: 1}


class Door(Struct, frozen=True):
    """A channel and the bot behind it. A widget site, unless it is a pager, Slack or Telegram."""

    name: str
    bot: str
    pager: bool = False
    slack: bool = False
    telegram: bool = False
    can_look_up: bool = False


DOORS = (
    Door("site-a", "clickai"),
    Door("site-b", "ciniterflow"),
    Door("exact-a", "clickai", pager=True, can_look_up=True),
    Door("exact-b", "ciniterflow", pager=True, can_look_up=True),
    Door("blind-a", "clickai", pager=True),
    Door("blind-b", "ciniterflow", pager=True),
    Door("slack-a", "clickai", slack=True, can_look_up=True),
    Door("slack-b", "ciniterflow", slack=True, can_look_up=True),
    Door("telegram-a", "clickai", telegram=True),
    Door("telegram-b", "ciniterflow", telegram=True),
)

APP_CONVERSATIONS = 10
"""A Slack app has so many: a workspace lets each begin about 18 answers a minute."""


class Options(Struct, frozen=True, kw_only=True):
    """How much of everything. ``seconds`` is how long messages are sent and faults happen."""

    conversations: int = 60
    messages: int = 5
    replicas: int = 3
    kills: int = 12
    redis_restarts: int = 2
    freezes: int = 4
    seconds: float = 60
    settle: float = 120
    """Seconds that the last answers may take, at most."""
    seed: int = 1


class Question(Struct, frozen=True):
    """One message. ``at`` and ``copies`` are in seconds: when it is sent first, and again."""

    token: str
    at: float
    manner: Manner
    text: str
    copies: tuple[float, ...] = ()


class Talk(Struct, frozen=True):
    """One conversation."""

    place: str
    door: Door
    questions: tuple[Question, ...]


class Fault(Struct, frozen=True):
    """Something that goes wrong at a time, for so many seconds; of a replica unless it is -1."""

    at: float
    kind: str
    seconds: float
    replica: int = -1


class Plan(Struct, frozen=True):
    """The whole run."""

    talks: tuple[Talk, ...]
    faults: tuple[Fault, ...]

    @property
    def doors(self) -> tuple[Door, ...]:
        """Each door that somebody writes through."""
        return tuple({talk.door.name: talk.door for talk in self.talks}.values())


def make(options: Options) -> Plan:
    """The plan of a seed and its options: always the same."""
    dice = random.Random(options.seed)
    talks = tuple(_talk(dice, options, number) for number in range(options.conversations))
    faults = sorted(_faults(dice, options), key=lambda fault: fault.at)
    return Plan(talks, tuple(faults))


def _talk(dice: random.Random, options: Options, number: int) -> Talk:
    place = f"c{number:04}"
    at = dice.uniform(0, max(0.0, options.seconds - TAIL_SECONDS - options.messages))
    questions = []
    for message in range(options.messages):
        questions.append(_question(dice, f"{place}m{message}-{dice.randrange(16**6):06x}", at))
        at += dice.choice((0.0, dice.uniform(0, 0.3), dice.uniform(0.3, 3)))
    return Talk(place, _door(number), tuple(questions))


def _door(number: int) -> Door:
    door = DOORS[number % len(DOORS)]
    app = number // len(DOORS) // APP_CONVERSATIONS
    return replace(door, name=f"{door.name}{app}") if door.slack else door


def _question(dice: random.Random, token: str, at: float) -> Question:
    manner = dice.choices(list(MANNERS), weights=list(MANNERS.values()))[0]
    pace = dice.choice((0, 10, 30, 100, 200))
    text = f"{token} {manner} {dice.randint(1, 45)} {pace}"
    copies = tuple(dice.uniform(0, 8) for _ in range(dice.choice((0, 0, 0, 1, 2))))
    return Question(token, at, manner, text, copies)


def _faults(dice: random.Random, options: Options) -> Iterator[Fault]:
    def when() -> float:
        return dice.uniform(1, max(1.0, options.seconds - TAIL_SECONDS))

    for _ in range(options.kills):
        yield Fault(when(), "kill", dice.uniform(0, 2), dice.randrange(options.replicas))
    for _ in range(options.freezes):
        seconds = LEASE_SECONDS + dice.uniform(0.5, 4)
        yield Fault(when(), "freeze", seconds, dice.randrange(options.replicas))
    for _ in range(options.redis_restarts):
        yield Fault(when(), "redis", dice.uniform(0.2, 3))
