"""What can go wrong between the gateway and CiniterFlow, without a secret or a person's words."""

import re
from collections.abc import Iterable

from msgspec import DecodeError, json

from adapters.bots.ciniterflow.bodies import ErrorBody
from adapters.bots.errors import RETRY_SECONDS, ClientError
from gateway.model import Failure

_RETRY_BUSY = 2.0
_LONGEST_DETAIL = 200

_SECRET = re.compile(r"(?=\S*\d)\S{20,}")
_WORD = re.compile(r"\w+")
_UNAUTHORIZED = re.compile(r"(?:^|- )Unauthorized(?: Access)?$")
_NO_FLOW = re.compile(r"Chatflow \S+ not found|^Invalid Chatflow ID$")
_RATE_LIMIT = re.compile(r"too many requests|rate.?limit", re.IGNORECASE)
_ABORTED = re.compile(r"operation was aborted|\bAborted\b", re.IGNORECASE)
_FORGOTTEN = "No previous execution found"
_STALE = re.compile(rf"{_FORGOTTEN}|Cannot resume execution|not found in previous execution")


class Refused(ClientError):
    """CiniterFlow said no, with an HTTP status or, ``midway``, with an ``error`` event.

    ``unknown_flow``: there is no such flow. ``aborted``: someone stopped the answer. ``stale``:
    what a person was asked to decide waits no longer; ``forgotten``: nor is the conversation known.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        private: Iterable[str] = (),
        retry_after: float | None = None,
        midway: bool = False,
    ) -> None:
        said = message.strip()
        self.status = status
        self.midway = midway
        self.unknown_flow = bool(_NO_FLOW.search(said))
        self.aborted = midway and bool(_ABORTED.search(said))
        self.forgotten = _FORGOTTEN in said
        self.stale = bool(_STALE.search(said))
        self.failure = _failure(status, said)
        self.retry_after = _retry(self.failure, retry_after)
        super().__init__(" ".join(f"{status} {redact(said, private)}".split()))


def refusal(status: int, raw: bytes, private: Iterable[str], retry_after: str | None) -> Refused:
    """What an HTTP answer other than 200 says. Text that is not JSON is not repeated: it may be
    the operator's own words to people, or some proxy's page."""
    try:
        body = json.decode(raw, type=ErrorBody)
    except DecodeError:
        body = ErrorBody()
    said = body.message or body.error or ""
    return Refused(status, said, private=private, retry_after=_seconds(retry_after))


def midway(message: str | None, private: Iterable[str]) -> Refused:
    """What an ``error`` event of a stream says: the same as the body of a 500 would."""
    return Refused(500, message or "", private=private, midway=True)


def redact(message: str, private: Iterable[str]) -> str:
    """A short form of ``message`` with no word of the ``private`` texts, nor a possible key."""
    written = "\n".join(private).casefold()
    words = set(_WORD.findall(written))

    def hide(match: re.Match[str]) -> str:
        word = match[0].casefold()
        # Not every script puts spaces between its words.
        return "…" if word in words or (not word.isascii() and word in written) else match[0]

    text = _SECRET.sub("…", message[: 10 * _LONGEST_DETAIL])
    return " ".join(_WORD.sub(hide, text).split())[:_LONGEST_DETAIL]


def _seconds(header: str | None) -> float | None:
    return float(header) if header and re.fullmatch(r"\d{1,5}", header.strip()) else None


def _failure(status: int, message: str) -> Failure:
    if status == 429 or _RATE_LIMIT.search(message):
        return Failure.BUSY
    if _UNAUTHORIZED.search(message) or _NO_FLOW.search(message):
        return Failure.MISCONFIGURED
    if status >= 500:
        return Failure.UNAVAILABLE
    if status < 400 or status in {401, 403, 404, 405, 415}:
        return Failure.MISCONFIGURED
    return Failure.REJECTED


def _retry(failure: Failure, asked: float | None) -> float | None:
    if failure is Failure.BUSY:
        return _RETRY_BUSY if asked is None else asked
    if failure is Failure.UNAVAILABLE:
        return RETRY_SECONDS if asked is None else asked
    return None
