"""Delivery: the single owner of what a person sees of a turn.

A bot's events go in on one side, the channel reads them on the other, each at its own pace. What
was shown, and the one End that closes it, are decided here and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from gateway.model import (
    Choices,
    End,
    EndState,
    File,
    Inbound,
    Notice,
    Origin,
    ShownEvent,
    Sources,
    Suggestions,
    TextDelta,
    TextReplace,
    Usage,
)
from gateway.ports import Journal, LogWriter

EVENTS_MOST = 200_000
"""Events of one answer; one that has more is cut, like one that is too long."""

_LASTING = (Choices, End, File, Notice, Sources, Suggestions, Usage)


class Delivery:
    """The Reply of one attempt at one turn."""

    def __init__(
        self,
        turn: str,
        origin: Origin,
        messages: tuple[Inbound, ...],
        log: LogWriter,
        journal: Journal,
        most: int,
    ) -> None:
        self.turn = turn
        self.address = origin.address
        self.locale = origin.person.locale
        self.messages = messages
        self.log = log
        self.journal = journal
        self.state: EndState | None = None
        """How the answer ended; None while it is open."""
        self.substance = False
        """Whether the person was given anything they would miss."""
        self._most = most
        self._length = 0
        self._text: list[str] = []
        self._events: list[ShownEvent] = []
        self._changed: asyncio.Future[None] | None = None

    @property
    def text(self) -> str:
        """The answer as far as it was shown."""
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    @property
    def too_long(self) -> bool:
        """Whether the answer has outgrown what the gateway carries."""
        return self._length > self._most or len(self._events) > EVENTS_MOST

    def show(self, event: ShownEvent) -> None:
        """Give the channel one more event. After ``end`` it is ignored."""
        if self.state:
            return
        match event:
            case TextDelta(text):
                self._text.append(text)
                self._length += len(text)
            case TextReplace(text):
                self._text = [text]
                self._length = len(text)
        if isinstance(event, TextDelta | TextReplace | File | Suggestions | Choices):
            self.substance = True
        self._events.append(event)
        self._wake()

    def end(self, state: EndState, notice: str = "") -> None:
        """Close the answer: this is the final, whatever comes later."""
        if not self.state:
            self.state = state
            self._events.append(End(self.text, state, notice))
            self._wake()

    def whole(self) -> tuple[ShownEvent, ...]:
        """An answer that has ended, in as few events as show all of it."""
        text: tuple[ShownEvent, ...] = (TextDelta(self.text),) if self.text else ()
        return text + tuple(event for event in self._events if isinstance(event, _LASTING))

    def replay(self, events: Sequence[ShownEvent]) -> None:
        """Show an answer that was whole before, to its end."""
        for event in events:
            if isinstance(event, End):
                self.end(event.state, event.notice)
            else:
                self.show(event)

    async def events(self) -> AsyncIterator[ShownEvent]:
        """Every event from the first, then each as it comes; the last is End."""
        index = 0
        while True:
            while index < len(self._events):
                event = self._events[index]
                index += 1
                yield event
                if isinstance(event, End):
                    return
            if self._changed is None:
                self._changed = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._changed)

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set_result(None)
            self._changed = None
