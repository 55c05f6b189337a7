"""The circuit breaker: a bot that keeps failing is left alone and tried now and then. No I/O.

closed ──FAILURES in a row──► open ──pause over──► one probe ──it succeeds──► closed
                                ▲                      │
                                └───twice the pause────┘ it fails
"""

import random
import time
from collections.abc import Callable
from types import TracebackType

from msgspec import Struct

FAILURES = 5
"""So many in a row open it."""
PAUSE_SECONDS = 5.0
PAUSE_MOST_SECONDS = 60.0
JITTER = 1.2
"""A pause is up to this much longer: replicas must not probe together."""
PROBE_SECONDS = 60.0
"""A probe that came to nothing for so long is no longer waited for."""
FIRST_WORDS_SECONDS = 5.0
"""Whoever is refused while a probe is under way comes back when it should have said something."""
MARGIN_SECONDS = 0.5
"""Whoever is refused during a pause must not come back a moment before its end."""


class Open(Struct, frozen=True):
    """The bot must not be asked. After ``retry_after`` seconds it may be, if all is well again."""

    retry_after: float


class Trial:
    """One question that was let through; leave its ``with`` block when it is over.

    The first thing that is said of it holds. Nothing said means nothing learnt: refused by the
    bot, or stopped by the person.
    """

    def __init__(self, breaker: "Breaker", era: int) -> None:
        self.era = era
        """How often the breaker had closed when the question was let through."""
        self._breaker = breaker
        self._settled = False

    def succeeded(self) -> None:
        """The bot answers."""
        if not self._settled:
            self._settled = True
            self._breaker.succeeded()

    def failed(self) -> None:
        """The bot could not be reached, or said nothing in time."""
        if not self._settled:
            self._settled = True
            self._breaker.failed(self)

    def __enter__(self) -> "Trial":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._breaker.left(self)


class Breaker:
    """Decides whether one bot is asked. It begins closed: everything is let through.

    ``changed`` is called with True when it opens and with False when it closes. ``clock`` is in
    seconds and never goes back.
    """

    def __init__(
        self, changed: Callable[[bool], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed = changed
        self._clock = clock
        self._failures = 0
        self._era = 0
        self._pause = 0.0
        self._due = 0.0
        self._probe: Trial | None = None

    def refusal(self) -> Open | None:
        """What ``admit`` would refuse with now; None when it would let a question through."""
        remaining = self._due - self._clock()
        if not self._pause or remaining <= 0:
            return None
        return Open(FIRST_WORDS_SECONDS if self._probe else remaining + MARGIN_SECONDS)

    def admit(self) -> Trial | Open:
        """Let a question through, or not."""
        if refusal := self.refusal():
            return refusal
        trial = Trial(self, self._era)
        if self._pause:
            self._probe = trial
            self._due = self._clock() + PROBE_SECONDS
        return trial

    def succeeded(self) -> None:
        """For trials: close. It need not be the probe that finds the bot well."""
        self._failures = 0
        if self._pause:
            self._pause = 0.0
            self._probe = None
            self._era += 1
            self._changed(False)

    def failed(self, trial: Trial) -> None:
        """For trials: count, unless the question is older than the bot's recovery."""
        if self._pause:
            if trial is self._probe:
                self._open(min(2 * self._pause, PAUSE_MOST_SECONDS))
        elif trial.era == self._era:
            self._failures += 1
            if self._failures == FAILURES:
                self._open(PAUSE_SECONDS)
                self._changed(True)

    def left(self, trial: Trial) -> None:
        """For trials: the next question may be the probe when this one taught nothing."""
        if trial is self._probe:
            self._probe = None
            self._due = self._clock()

    def _open(self, pause: float) -> None:
        self._pause = pause
        self._probe = None
        self._due = self._clock() + pause * random.uniform(1, JITTER)  # noqa: S311
