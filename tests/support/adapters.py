"""Small bots and channels that do what a test tells them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from itertools import count
from typing import Any

from gateway.model import (
    Address,
    Ask,
    Done,
    End,
    Inbound,
    Origin,
    Person,
    Reference,
    ReplyEvent,
    TextDelta,
)
from gateway.ports import Closing, NotSent, Outcome, Reply, Sent, Undeliverable

Script = Callable[[Ask], AsyncGenerator[ReplyEvent, None]]


class ScriptedBot:
    """Answers with what the test's script yields."""

    def __init__(self, script: Script | None = None, name: str = "bot") -> None:
        self.name = name
        self.identity = f"scripted:{name}"
        self.asks: list[Ask] = []
        self.stopped: list[Reference] = []
        self.script = script or echo

    async def start(self, gateway: Any) -> None:
        """Ready."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        """Follow the script."""
        self.asks.append(ask)
        async for event in self.script(ask):
            yield event

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Note it."""
        self.stopped.append(reference)

    async def stop(self) -> None:
        """Done."""


async def echo(ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
    """Say what was said."""
    yield Reference(conversation="c-1", task="t-1")
    yield TextDelta("You said: ")
    yield TextDelta(ask.text)
    yield Done()


class RecordingChannel:
    """Keeps the ends it is given; fails to send as often as it is told."""

    def __init__(self, name: str = "channel", *, logged: bool = False) -> None:
        self.name = name
        self.replies: list[Reply] = []
        self.ends: list[End] = []
        self.events: list[Any] = []
        self.outcomes: list[Outcome | Exception] = []
        self._logged = logged
        self.ended = asyncio.Event()

    async def start(self, gateway: Any) -> None:
        """Ready."""

    async def deliver(self, reply: Reply) -> Outcome:
        """Take the whole reply."""
        self.replies.append(reply)
        async for event in reply.events():
            self.events.append(event)
            if isinstance(event, End):
                if self.outcomes:
                    outcome = self.outcomes.pop(0)
                    if isinstance(outcome, Exception):
                        raise outcome
                    if isinstance(outcome, NotSent | Undeliverable):
                        return outcome
                self.ends.append(event)
                self.ended.set()
                data = {"turn": reply.turn, "text": event.text}
                return Sent(Closing("end", data) if self._logged else None)
        raise AssertionError("a reply without an end")

    async def stop(self) -> None:
        """Done."""


def origin(channel: str = "channel", place: str = "p", person: str = "u", **more: Any) -> Origin:
    """Someone, somewhere."""
    thread = more.pop("thread", "")
    locale = more.pop("locale", "")
    return Origin(Address(channel, place, thread), Person(person, locale=locale), more)


_numbers = count(1)


def inbound(text: str, id: str = "", **where: Any) -> Inbound:  # noqa: A002
    """Something they said."""
    name = id or f"m{next(_numbers)}"
    return Inbound(id=name, origin=origin(**where), text=text, received_at=1000.0)
