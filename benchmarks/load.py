"""Load: visitors who ask again and again, and what it was like for them."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.client import Answer
from benchmarks.visitors import Visitor


@dataclass(frozen=True)
class Plan:
    """What every visitor asks for, and how often. ``pause`` is in ms between two tokens."""

    rounds: int
    tokens: int
    pause: int = 40

    @property
    def seconds(self) -> float:
        """How long one answer takes."""
        return self.tokens * self.pause / 1000


@dataclass
class Samples:
    """Times in ms, one per message or token."""

    to_bot: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    token: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    missing: int = 0
    """Tokens that only the end brought."""

    def add(self, sent: int, answer: Answer, tokens: int) -> None:
        """Note one answer as one stream showed it."""
        self.missing += tokens - len(answer.tokens)
        if not answer.tokens:
            return
        delays = [(heard - left) / 1e6 for left, heard in answer.tokens]
        self.to_bot.append((answer.asked - sent) / 1e6)
        self.first.append(delays[0])
        self.token += delays
        self.end.append((answer.ended - answer.last) / 1e6)


Heard = list[tuple[int, list[Answer]]]
"""Of every message: when it was sent, and its answer as each stream showed it."""


async def ask_all(visitors: Sequence[Visitor], plan: Plan) -> Heard:
    """Let every visitor ask, each beginning at a moment of their own, evenly spread."""
    heard: Heard = []
    chance = random.Random(1)

    async def ask(visitor: Visitor, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(plan.rounds):
            heard.append(await visitor.ask(f"{plan.tokens} {plan.pause}"))
            await asyncio.sleep(chance.uniform(0.02, 0.06))

    async with asyncio.TaskGroup() as group:
        for i, visitor in enumerate(visitors):
            group.create_task(ask(visitor, plan.seconds * i / len(visitors)))
    return heard


def samples(heard: Heard, plan: Plan) -> Samples:
    """Everything that was heard, on whatever stream."""
    found = Samples()
    for sent, answers in heard:
        for answer in answers:
            found.add(sent, answer, plan.tokens)
    return found


def by_replica(heard: Heard, names: Sequence[str], plan: Plan) -> tuple[Samples, Samples]:
    """What readers on the replica that ran the turn heard, and readers on the other.

    Every visitor's streams are in the order of ``names``; the stand-in knows which one asked.
    """
    here, there = Samples(), Samples()
    for sent, answers in heard:
        for name, answer in zip(names, answers, strict=True):
            (here if answer.by == name else there).add(sent, answer, plan.tokens)
    return here, there
