"""The contract of a channel, whatever platform is behind it.

A subclass provides ``channel`` (started) and ``shown``: the text a person has after a delivery.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.adapters import inbound, origin

from gateway.delivery import Delivery
from gateway.model import (
    EndState,
    Inbound,
    Notice,
    ShownEvent,
    Status,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
    Usage,
)
from gateway.ports import Channel, Outcome, Sent


class KeptLog:
    """A reply log that keeps what is written."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def append(self, kind: str, data: object) -> None:
        self.events.append((kind, data))


class KeptJournal:
    """A journal that keeps what is noted."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.shown = ""

    async def show(self, text: str) -> None:
        self.shown = text

    async def begin(self, part: str) -> None:
        self.parts[part] = ""

    async def finish(self, part: str, name: str) -> None:
        self.parts[part] = name

    async def withdraw(self, part: str) -> None:
        self.parts.pop(part, None)


class ChannelContract:
    """What holds for every channel."""

    def message(self) -> Inbound:
        return inbound("hello")

    def delivery(self, log: KeptLog) -> Delivery:
        return Delivery("1", origin(locale="en"), (self.message(),), log, KeptJournal(), 100_000)

    async def send(
        self, channel: Channel, *events: ShownEvent, state: EndState = EndState.DONE
    ) -> tuple[Outcome, KeptLog]:
        log = KeptLog()
        delivery = self.delivery(log)
        delivering = asyncio.create_task(channel.deliver(delivery))
        for event in events:
            delivery.show(event)
            await asyncio.sleep(0)
        delivery.end(state, "" if state is EndState.DONE else "a notice")
        async with asyncio.timeout(10):
            return await delivering, log

    async def test_the_whole_answer_arrives(
        self, channel: Channel, shown: Callable[..., str]
    ) -> None:
        # Not every platform keeps white space at the end.
        words = [TextDelta(f"word{n}" if n == 499 else f"word{n} ") for n in range(500)]
        outcome, log = await self.send(channel, *words)
        assert isinstance(outcome, Sent)
        assert shown(outcome, log) == "".join(word.text for word in words)

    async def test_what_was_replaced_is_not_shown(
        self, channel: Channel, shown: Callable[..., str]
    ) -> None:
        events = (TextDelta("secret"), TextReplace("sorry"), TextDelta("!"))
        assert shown(*await self.send(channel, *events)) == "sorry!"

    async def test_what_the_bot_does_is_no_part_of_the_answer(
        self, channel: Channel, shown: Callable[..., str]
    ) -> None:
        events = (Thought("hm"), ToolUse("t"), Status("s"), Notice("n"), Usage(), TextDelta("a"))
        assert shown(*await self.send(channel, *events)) == "a"

    @pytest.mark.parametrize("state", [EndState.FAILED, EndState.STOPPED])
    async def test_an_answer_that_ends_early_keeps_what_was_shown(
        self, channel: Channel, shown: Callable[..., str], state: EndState
    ) -> None:
        outcome, log = await self.send(channel, TextDelta("half"), state=state)
        assert isinstance(outcome, Sent)
        assert shown(outcome, log) == "half"

    async def test_an_answer_may_be_delivered_from_the_start_again(
        self, channel: Channel, shown: Callable[..., str]
    ) -> None:
        log = KeptLog()
        delivery = self.delivery(log)
        delivery.show(TextDelta("whole"))
        delivery.end(EndState.DONE)
        for _ in range(2):
            outcome = await channel.deliver(delivery)
            assert isinstance(outcome, Sent)
            assert shown(outcome, log) == "whole"

    async def test_a_delivery_can_be_cancelled(self, channel: Channel) -> None:
        delivery = self.delivery(KeptLog())
        delivering = asyncio.create_task(channel.deliver(delivery))
        delivery.show(TextDelta("a"))
        await asyncio.sleep(0.01)
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
