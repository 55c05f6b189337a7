"""An answer as its events tell it, and the clock of showing it."""

import asyncio
from collections.abc import AsyncIterator

from gateway.model import (
    Attachment,
    Choices,
    End,
    File,
    Notice,
    ShownEvent,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)

STEPS_MOST = 40


class Answer:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.end: End | None = None
        self.notices: list[str] = []
        self.files: list[Attachment] = []
        self.sources: tuple[Source, ...] = ()
        self.suggestions: tuple[str, ...] = ()
        self.choices: Choices | None = None
        self.doing = ""
        """What the bot says it does, in a few words."""
        self.steps: dict[str, bool] = {}
        """What it did, and whether that is done; the newest last."""
        self._text: list[str] = []
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def text(self) -> str:
        """The answer's text so far."""
        if len(self._text) > 1:
            self._text = ["".join(self._text)]
        return self._text[0] if self._text else ""

    async def read(self, events: AsyncIterator[ShownEvent]) -> None:
        """Take all events, each as it comes. Whoever waits for news learns of its end, too."""
        try:
            async for event in events:
                self._take(event)
                self._news.set()
        finally:
            self._news.set()
            self._over.set()

    async def news(self, seconds: float | None = None) -> None:
        """Wait until something has come since the last time, or for so long."""
        if await _is_set(self._news, seconds):
            self._news.clear()

    async def over(self, seconds: float | None = None) -> None:
        """Wait until nothing more comes, or for so long. What comes meanwhile wakes nobody."""
        await _is_set(self._over, seconds)

    def _take(self, event: ShownEvent) -> None:
        match event:
            case TextDelta(text):
                self._text.append(text)
            case TextReplace(text):
                self._text = [text]
            case Notice(text):
                self.notices.append(text)
            case File(attachment):
                self.files.append(attachment)
            case Sources(items):
                self.sources = items
            case Suggestions(items):
                self.suggestions = items
            case Choices():
                self.choices = event
            case Thought(text):
                self.doing = text
            case Status(text):
                self._do(text, done=False)
            case ToolUse(name, finished):
                self._do(name, done=finished)
            case End():
                self.end = event

    def _do(self, what: str, *, done: bool) -> None:
        self.doing = what
        if what.strip() and (what in self.steps or len(self.steps) < STEPS_MOST):
            self.steps[what] = done


async def _is_set(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether an event is set, or is within so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
