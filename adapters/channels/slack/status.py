"""The status of a conversation: what people see while nothing is there to read yet."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from adapters.channels.slack import codes
from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.messages import Place
from adapters.channels.slack.workspace import Workspace

REFRESH_SECONDS = 90.0
"""Slack takes a status away after two minutes."""
LINE_SECONDS = 2.0
"""Between two lines."""
CLEAR_TRIES, CLEAR_SECONDS, CLEAR_PAUSE = 3, 30.0, 0.5
"""How often, and for how long each time, it is tried to take a status away."""
BEGIN_SECONDS = 0.15
"""What is answered sooner needs no status."""
SESSION = "agents.sessions.setStatus"
LINE = "assistant.threads.setStatus"
LONGEST = 50
_LACKING = codes.NO_STREAMS | {"not_agent_app", "missing_scope", "not_authorized"}


class Status:
    """The status of one thread. Best effort: nothing raises, and nobody waits for it.

    ``working`` is what it says at first; Slack writes it behind the app's name.
    """

    def __init__(self, workspace: Workspace, place: Place, working: str, *, agent: bool) -> None:
        self._workspace = workspace
        self._place = place
        self._on = agent and bool(place.thread)
        self._text = working
        self._news = asyncio.Event()
        self._showing: asyncio.Task[None] | None = None
        self._used = ""
        self._reserved = ""
        self._over = asyncio.Event()

    def begin(self) -> None:
        """Show that the bot is at work, again and again until it is ended."""
        if self._on:
            self._showing = asyncio.create_task(self._show())

    def say(self, text: str) -> None:
        """Say what the bot does, where Slack has a line for it."""
        text = " ".join(text.split())[:LONGEST]
        if text and text != self._text:
            self._text = text
            if self._used == LINE:
                self._news.set()

    def pause(self) -> None:
        """There is something to read: that takes the line away, and it does not come back."""
        self._over.set()
        self._news.set()

    async def end(self, *, settled: bool = False) -> None:
        """Take the status away; ``settled`` says that Slack has done it by itself.

        Waits for a call that is under way: it could arrive behind this one.
        """
        self.pause()
        if self._showing:
            await self._showing
        if self._used and not settled:
            await self._clear(self._used, "active" if self._used == SESSION else "")

    async def _show(self) -> None:
        await _until(self._over, BEGIN_SECONDS)
        while not self._over.is_set():
            self._news.clear()
            await self._tell()
            await _until(self._over, LINE_SECONDS)
            await _until(self._news, REFRESH_SECONDS - LINE_SECONDS)

    async def _tell(self) -> None:
        for method in self._methods():
            status = "processing" if method == SESSION else self._text
            try:
                await self._reserve_clearing(method)
                await self._call(method, status)
                return
            except Refused as refused:
                if refused.code not in _LACKING:
                    return
                self._workspace.lacks.add(method)
            except (Unsure, Unreached):
                return

    async def _clear(self, method: str, status: str) -> None:
        """What was not taken away would stay for minutes: it is tried more than once."""
        for _ in range(CLEAR_TRIES):
            paid, self._reserved = self._reserved == method, ""
            try:
                await self._call(method, status, CLEAR_SECONDS, paid=paid)
                return
            except (Limited, Unsure, Unreached):
                await asyncio.sleep(CLEAR_PAUSE)
            except Refused:
                return

    def _methods(self) -> Iterable[str]:
        return [name for name in (SESSION, LINE) if name not in self._workspace.lacks]

    async def _reserve_clearing(self, method: str) -> None:
        """What is shown must not stay because all that may be called was used up on showing."""
        if self._reserved != method:
            await self._workspace.pace.wait(method)
            self._reserved = method

    async def _call(
        self, method: str, status: str, patience: float = 0.0, *, paid: bool = False
    ) -> None:
        place, pace = self._place, self._workspace.pace
        if not paid:
            await pace.wait(method, patience=patience)
        self._used = method
        try:
            await self._workspace.api.call(
                method, channel_id=place.channel, thread_ts=place.thread, status=status
            )
        except Limited as limited:
            pace.silence(method, limited.retry_after)
            raise


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, so long at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
