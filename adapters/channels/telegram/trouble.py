"""What is wrong with something that is tried again and again: said once, not at every try."""

import structlog
from structlog.typing import FilteringBoundLogger

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before the next try; doubled each time."""

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Trouble:
    """Writes one line when a trouble begins, and one when all is well again."""

    def __init__(self, channel: str, well: str) -> None:
        self._log = log.bind(channel=channel)
        self._well = well
        self._what = ""
        self._pause = 0.0

    def begins(self, what: str, *, reason: str = "", grave: bool = False) -> float:
        """Note that a try failed; the seconds to wait before the next one.

        ``what`` is for the operator, with what to do when there is something to do. ``grave``
        is what does not mend itself.
        """
        if what != self._what:
            say = self._log.error if grave else self._log.warning
            say(what, reason=reason) if reason else say(what)
            self._what = what
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return self._pause

    def ends(self) -> None:
        """Note that a try went well."""
        if self._what:
            self._log.info(self._well)
        self._what, self._pause = "", 0.0
