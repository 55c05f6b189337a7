"""What goes wrong on purpose, and how often a chat may be written to."""

import math
import time
from collections import defaultdict, deque

from support.telegram.model import Bot

COUNTED = ("send", "edit", "delete", "forward", "copy")
"""How the names of methods begin that are limited; chat actions are not."""

Limit = tuple[int, float]


class Faults:
    """Per method: faults that come once each, one that stays, and the limits of chats.

    A fault is ``429:seconds``, ``400:description`` or another code with one, ``500`` or another
    status alone, ``cut before`` or ``cut after`` (the connection ends before or after the call was
    done), ``slow:seconds`` (then it is done), or ``garbage`` (an answer that is no JSON).
    """

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self.chat: Limit | None = None
        self.group: Limit | None = None
        self.overall: Limit | None = None
        self.quiet: dict[tuple[int, int], float] = {}
        """Until when a chat is to be left alone, by bot and chat."""
        self._next: dict[str, deque[str]] = defaultdict(deque)
        self._taken: dict[tuple[int, ...], deque[float]] = defaultdict(deque)

    def fail(self, method: str, *faults: str) -> None:
        """The next calls of a method meet these faults, one each; ``ok`` is none."""
        self._next[method].extend(faults)

    def fault(self, method: str, chat: int) -> str:
        """What the call that is here now meets."""
        queue = self._next[method]
        fault = queue.popleft() if queue else self.broken.get(method, self.broken.get("*", ""))
        return "" if fault == "ok" else fault

    def silence(self, bot: Bot, chat: int, seconds: float) -> None:
        """A chat is to be left alone."""
        self.quiet[bot.id, chat] = time.monotonic() + seconds

    def is_quiet(self, bot: Bot, chat: int) -> bool:
        """Whether a chat is to be left alone."""
        return self.quiet.get((bot.id, chat), 0.0) > time.monotonic()

    def wait(self, bot: Bot, method: str, chat: int) -> int:
        """Whole seconds to wait; 0 when the chat may be written to now."""
        if not method.startswith(COUNTED) or method == "sendChatAction":
            return 0
        limits: dict[tuple[int, ...], Limit | None] = {
            (bot.id, chat): self.group if chat < 0 else self.chat,
            (bot.id,): self.overall,
        }
        now = time.monotonic()
        waits = [self._wait(key, limit, now) for key, limit in limits.items() if limit]
        if not any(waits):
            for key in limits:
                self._taken[key].append(now)
        return math.ceil(max(waits, default=0.0))

    def _wait(self, key: tuple[int, ...], limit: Limit, now: float) -> float:
        count, seconds = limit
        taken = self._taken[key]
        while taken and taken[0] <= now - seconds:
            taken.popleft()
        return taken[0] + seconds - now if len(taken) >= count else 0.0
