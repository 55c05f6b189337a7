"""Activity: what people see the bot do while nothing is there to read yet."""

import asyncio

from adapters.channels.telegram.api import Api
from adapters.channels.telegram.errors import Limited, Refused, Unreached, Unsure
from adapters.channels.telegram.pacing import Pace, Priority
from adapters.channels.telegram.place import Place
from gateway.tasks import cancel

BEGIN_SECONDS = 0.15
"""What is answered sooner needs none."""
REPEAT_SECONDS = 4.5
"""Telegram shows one for 5 s."""
TYPING, UPLOADING = "typing", "upload_document"


class Activity:
    """The activity in one place. Best effort: nothing raises, and nobody waits for it."""

    def __init__(self, api: Api, pace: Pace, place: Place) -> None:
        self._api = api
        self._pace = pace
        self._place = place
        self._showing: asyncio.Task[None] | None = None

    def begin(self, action: str = TYPING) -> None:
        """Show what the bot does, again and again until it is ended."""
        self.pause()
        self._showing = asyncio.create_task(self._show(action))

    def pause(self) -> None:
        """There is something to see: show nothing more."""
        if self._showing:
            self._showing.cancel()

    async def end(self) -> None:
        """Show nothing more, for certain."""
        if self._showing:
            await cancel(self._showing)

    async def _show(self, action: str) -> None:
        pause = BEGIN_SECONDS
        while True:
            await asyncio.sleep(pause)
            if not await self._act(action):
                return
            pause = REPEAT_SECONDS

    async def _act(self, action: str) -> bool:
        """Show it once, if there is room for it; whether it is worth showing again."""
        place = self._place
        try:
            await self._pace.wait(place.chat, Priority.ACTION, 0.0)
        except Limited:
            return True
        try:
            await self._api.act(place.chat, action, place.thread)
        except Limited as limited:
            self._pace.silence(place.chat, limited.retry_after)
        except Refused:
            return False
        except (Unsure, Unreached):
            pass
        return True
