"""Tempo: when the next frame of an answer that is being written is due."""

import asyncio
import math
from enum import Enum

from msgspec import Struct

FIRST_SECONDS = 0.3
"""From the first character to its being shown; and until it is shown that there is none yet."""
DRAFT_SECONDS = 0.8
"""Between two drafts of a short text; twice that of a long one."""
LONG = 8000
KEEP_SECONDS = 20.0
"""Telegram takes a draft away after about 30 s."""
ENOUGH, WAIT_SECONDS = 20, 1.0
"""A message that is edited begins with so many characters, or after so long."""
PRIVATE_SECONDS, GROUP_SECONDS = 1.1, 3.1
"""Between two edits."""
QUICK_FRAMES, SLOWEST = 20, 3.0
"""After so many frames edits come slower and slower, up to so many times."""


class Way(Enum):
    """How an answer is shown while it grows."""

    DRAFT = "draft"
    EDIT = "edit"
    OFF = "off"


class Frame(Struct, frozen=True):
    """What can be shown now: the answer's text, and what the bot does while there is none."""

    text: str = ""
    doing: str = ""


class Tempo:
    """The clock of one answer in a private chat or a group."""

    def __init__(self, *, private: bool) -> None:
        self._edit_seconds = PRIVATE_SECONDS if private else GROUP_SECONDS
        self._began = self._now()
        self._first = math.inf
        self._last = -math.inf
        self._shown: Frame | None = None
        self._frames = 0
        self._not_before = 0.0

    def wait(self, frame: Frame, way: Way) -> float | None:
        """Seconds until a frame is due; None when it need not be shown at all."""
        if frame.text and self._first == math.inf:
            self._first = self._now()
        due = max(self._due(frame, way), self._not_before)
        return None if due == math.inf else max(due - self._now(), 0.0)

    def is_set(self, frame: Frame, way: Way) -> bool:
        """Whether nothing that comes makes the next frame due sooner, or later."""
        return way is Way.OFF or (self._frames > 0 and frame != self._shown)

    def shown(self, frame: Frame) -> None:
        """A frame was shown."""
        self._shown, self._last = frame, self._now()
        self._frames += bool(frame.text)

    def rest(self, seconds: float) -> None:
        """A frame could not be shown: none is due for so long."""
        self._not_before = self._now() + seconds

    def _due(self, frame: Frame, way: Way) -> float:
        if way is Way.OFF:
            return math.inf
        if frame == self._shown:
            return self._last + KEEP_SECONDS if way is Way.DRAFT else math.inf
        if self._frames:
            return self._last + self._interval(frame, way)
        if frame.text:
            ready = way is Way.EDIT and len(frame.text) >= ENOUGH
            return self._first + (0.0 if ready else self._patience(way))
        if way is Way.EDIT and not frame.doing:
            return math.inf
        return max(self._began + self._patience(way), self._last + self._interval(frame, way))

    def _patience(self, way: Way) -> float:
        return FIRST_SECONDS if way is Way.DRAFT else WAIT_SECONDS

    def _interval(self, frame: Frame, way: Way) -> float:
        if way is Way.DRAFT:
            return DRAFT_SECONDS * (1 + min(len(frame.text) / LONG, 1.0))
        slower = 1 + max(self._frames - QUICK_FRAMES, 0) / QUICK_FRAMES
        return self._edit_seconds * min(slower, SLOWEST)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
