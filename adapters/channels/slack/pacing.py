"""Pacing: how often a workspace may be called, counted over all replicas.

Slack counts each method for each workspace, and the sending of messages for each channel. The
budgets here are a tenth below what it publishes.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable

from adapters.channels.slack.api import Limited

POST = "chat.postMessage"
PER_MINUTE = {
    "chat.startStream": 18,
    "chat.stopStream": 18,
    "chat.appendStream": 90,
    "chat.update": 45,
    "chat.delete": 45,
    POST: 60,
    "conversations.history": 45,
    "conversations.replies": 45,
    "agents.sessions.setStatus": 45,
    "assistant.threads.setStatus": 45,
    "files.getUploadURLExternal": 90,
    "files.completeUploadExternal": 90,
}

Allow = Callable[[str, int], Awaitable[float]]
"""Takes a token from a bucket: 0, or the seconds to wait."""


class Pace:
    """When one workspace may be called next."""

    def __init__(self, allow: Allow, team: str) -> None:
        self._allow = allow
        self._team = team
        self._silent: dict[str, float] = {}

    def silence(self, method: str, seconds: float) -> None:
        """Slack wants to hear nothing of a method for so long; this process heeds it."""
        until = asyncio.get_running_loop().time() + seconds
        self._silent[method] = max(until, self._silent.get(method, 0.0))

    async def wait(self, method: str, channel: str = "", patience: float = 0.0) -> None:
        """Wait until a method may be called, for ``patience`` seconds at most.

        Raises Limited as soon as it is known that this would not be enough.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + patience
        while wait := await self._due(method, channel):
            if clock() + wait > until:
                raise Limited(math.ceil(wait))
            await asyncio.sleep(wait)

    async def _due(self, method: str, channel: str) -> float:
        """Seconds until the next call; 0 takes its place in the budget."""
        silent = self._silent.get(method, 0.0) - asyncio.get_running_loop().time()
        if silent > 0:
            return silent
        if method not in PER_MINUTE:
            return 0.0
        # Slack counts the sending of messages for each channel.
        place = f":{channel}" if method == POST else ""
        return await self._allow(f"slack:{self._team}:{method}{place}", PER_MINUTE[method])
