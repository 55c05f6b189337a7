"""What can go wrong between the gateway and ChatAIBot, without a secret or a person's words in it.

A message that may have reached the bot is never sent again by itself: ``retry_after`` is only set
where it certainly did not.
"""

import re

from adapters.bots.chataibot.wire import Verdict
from gateway.model import Failure

_RETRY = 1.0
_RETRY_BUSY = 2.0

_MISCONFIGURED = frozenset(
    {
        "ACCOUNT_DETAILS_NOT_FOUND",
        "CHANNEL_NOT_ENABLED",
        "CHANNEL_TOKEN_EXPIRED",
        "JWT_SIGNATURE_EXCEPTION",
    }
)
_REJECTED = frozenset({"CONTACT_IS_BLOCKED", "CONVERSATION_CREATION_EXCEPTION"})
_FORGOTTEN = re.compile(r"CONVERSATION_(IS_|DOES_)?(NOT_FOUND|NOT_EXISTS?|CLOSED|ENDED|EXPIRED)")


class ClientError(Exception):
    """ChatAIBot could not be told, or has not confirmed. Its text is safe to log.

    ``retry_after`` is in seconds, and None when telling it again might say it twice.
    """

    failure = Failure.UNAVAILABLE
    retry_after: float | None = None
    forgotten = False
    """ChatAIBot does not know the conversation, or has closed it."""


class Unreachable(ClientError):
    """No connection could be made: nothing was sent."""

    retry_after = _RETRY


class Silent(ClientError):
    """The message was sent, and no answer came in time."""

    failure = Failure.TIMEOUT


class BrokenOff(ClientError):
    """The connection was cut before the answer."""

    failure = Failure.INTERRUPTED


class Unintelligible(ClientError):
    """What came back is not ChatAIBot's API."""

    failure = Failure.MISCONFIGURED


class Refused(ClientError):
    """ChatAIBot said no. ``code`` is its own word and may be empty."""

    def __init__(self, status: int, verdict: Verdict, retry_after: str | None = None) -> None:
        # The real status may stand in the body of a 200.
        self.status = status if status >= 300 else verdict.status or 400
        self.code = _word(verdict.code)
        self.forgotten = self._is_forgotten(verdict)
        self.failure = self._failure()
        self.retry_after = self._retry(_seconds(retry_after))
        # Its message may quote what was sent, so only the code is kept.
        super().__init__(f"{self.status} {self.code}".strip())

    def _is_forgotten(self, verdict: Verdict) -> bool:
        if self.code in _MISCONFIGURED:
            return False
        # A 404 without the API's own words is that of a wrong address.
        is_theirs = verdict.ok is False or bool(self.code)
        return (self.status == 404 and is_theirs) or bool(_FORGOTTEN.fullmatch(self.code))

    def _failure(self) -> Failure:
        if self.code in _MISCONFIGURED:
            return Failure.MISCONFIGURED
        if self.code in _REJECTED:
            return Failure.REJECTED
        if self.status == 429:
            return Failure.BUSY
        if self.status >= 500:
            return Failure.UNAVAILABLE
        if self.status < 400 or self.status in {401, 403, 404, 405, 415}:
            return Failure.MISCONFIGURED
        return Failure.REJECTED

    def _retry(self, asked: float | None) -> float | None:
        if self.failure is Failure.BUSY:
            return _RETRY_BUSY if asked is None else asked
        if self.failure is Failure.UNAVAILABLE and self.status == 503:
            return _RETRY if asked is None else asked
        return None


def _word(code: str | None) -> str:
    return code if code and re.fullmatch(r"[A-Z][A-Z_]{1,60}", code) else ""


def _seconds(header: str | None) -> float | None:
    return float(header) if header and re.fullmatch(r"\d{1,5}", header.strip()) else None
