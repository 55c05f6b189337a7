"""What goes wrong on purpose, and how often a method may be called."""

import time
from collections import defaultdict, deque


class Faults:
    """Per method: faults that come once each, one that stays, and a rate limit.

    A fault is ``429:seconds``, ``500`` or another status, ``cut before`` or ``cut after`` (the
    connection ends before or after the call was done), ``slow:seconds`` (then it is done), or the
    code of an error.
    """

    def __init__(self) -> None:
        self.limits: dict[str, tuple[int, float]] = {}
        self.broken: dict[str, str] = {}
        self._next: dict[str, deque[str]] = defaultdict(deque)
        self._taken: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def fail(self, method: str, *faults: str) -> None:
        """The next calls of a method meet these faults, one each; ``ok`` is none."""
        self._next[method].extend(faults)

    def fault(self, method: str) -> str:
        """What the call that is here now meets."""
        queue = self._next[method]
        fault = queue.popleft() if queue else self.broken.get(method, self.broken.get("*", ""))
        return "" if fault == "ok" else fault

    def wait(self, team: str, method: str) -> int:
        """Whole seconds to wait; 0 when the method may be called now."""
        if method not in self.limits:
            return 0
        count, seconds = self.limits[method]
        taken, now = self._taken[team, method], time.monotonic()
        while taken and taken[0] <= now - seconds:
            taken.popleft()
        if len(taken) >= count:
            return int(taken[0] + seconds - now) + 1
        taken.append(now)
        return 0
