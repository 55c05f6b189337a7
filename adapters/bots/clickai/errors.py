"""What can go wrong between the gateway and ClickAI, without a secret or a person's words in it."""

import re
from collections.abc import Iterable

from msgspec import DecodeError, json

from adapters.bots.clickai.objects import ErrorBody
from adapters.bots.clickai.wire import Error
from adapters.bots.errors import RETRY_SECONDS, ClientError
from gateway.model import Failure

_RETRY_BUSY = 2.0
_LONGEST_DETAIL = 200

_SECRET = re.compile(r"(?=\S*\d)\S{20,}")
_ECHO = re.compile(r"\[type=.*?(\]|$)|input_value=.*", re.DOTALL)
_WORD = re.compile(r"\w+")
_RATE_LIMIT = re.compile(r"too many requests|rate.?limit", re.IGNORECASE)
_NOT_A_UUID = re.compile(r"\nconversation_id\n.*valid UUID")

_BUSY = frozenset({"too_many_requests", "rate_limit_error"})
_MISCONFIGURED = frozenset(
    {
        "agent_not_published",
        "app_unavailable",
        "model_currently_not_support",
        "not_chat_app",
        "not_workflow_app",
        "provider_not_initialize",
        "provider_quota_exceeded",
        "workflow_version_execution_not_allowed",
    }
)

_STREAMS_ONLY = "does not support blocking mode"
_UNEXPLAINED = (
    (re.compile(_STREAMS_ONLY), Failure.MISCONFIGURED, "set response_mode: streaming"),
    (
        re.compile(r"^queue listening stopped unexpectedly"),
        Failure.MISCONFIGURED,
        "if the app asks people to fill in forms, set response_mode: streaming",
    ),
    (
        re.compile(r"is required in input form"),
        Failure.MISCONFIGURED,
        "give it under inputs, or name it in text_input",
    ),
    (re.compile(r"^Workflow not published"), Failure.MISCONFIGURED, "publish it in the Studio"),
    (re.compile(r"^Run failed:"), Failure.UNAVAILABLE, ""),
)
"""What ``invalid_param`` stands for besides invalid parameters, by its text, and what helps."""


class Late(ClientError):
    """The whole answer did not come within the limit for it."""

    failure = Failure.TIMEOUT

    def __init__(self, limit: float) -> None:
        super().__init__(
            f"no whole answer within {limit:g} s (blocking_timeout); "
            "response_mode: streaming has no such limit"
        )


class RunFailed(ClientError):
    """A workflow has run and failed. ``reason`` is the server's text and not safe to log."""

    def __init__(self, reason: str) -> None:
        super().__init__("the workflow failed")
        self.reason = reason


class NotTaken(ClientError):
    """The app would refuse the file, so it was not sent.

    ``limit`` is what the file is too large for, in megabytes; 0 when it is refused for its kind.
    """

    failure = Failure.REJECTED

    def __init__(self, reason: str, limit: float = 0) -> None:
        super().__init__(reason)
        self.limit = limit


class Refused(ClientError):
    """ClickAI said no, with an HTTP status or, ``midway``, with an ``error`` event.

    ``code`` is ClickAI's own word and may be empty. ``forgotten`` says that it does not know the
    conversation or will not continue it, ``only_streams`` that it must be asked for a stream.
    """

    def __init__(
        self,
        status: int,
        body: ErrorBody,
        *,
        private: Iterable[str] = (),
        retry_after: float | None = None,
        midway: bool = False,
    ) -> None:
        message = body.message or ""
        self.status = status
        self.code = _word(body.code)
        self.midway = midway
        self.forgotten = _is_forgotten(status, self.code, body)
        self.only_streams = status == 400 and _STREAMS_ONLY in message
        self.failure, hint = _failure(status, self.code, message, midway)
        self.retry_after = _retry(self.failure, retry_after)
        text = " ".join(f"{status} {self.code} {redact(message, private)}".split())
        super().__init__(f"{text} ({hint})" if hint else text)


def refusal(status: int, raw: bytes, private: Iterable[str], retry_after: str | None) -> Refused:
    """What an HTTP answer other than 200 says, even when its body is some proxy's HTML."""
    try:
        body = json.decode(raw, type=ErrorBody)
    except DecodeError:
        body = ErrorBody()
    return Refused(status, body, private=private, retry_after=_seconds(retry_after))


def midway(event: Error, private: Iterable[str]) -> Refused:
    """What an ``error`` event of a stream says."""
    body = ErrorBody(event.code, event.message)
    return Refused(event.status or 500, body, private=private, midway=True)


def redact(message: str, private: Iterable[str]) -> str:
    """A short form of ``message`` without the echoes that validation errors carry.

    No word of the ``private`` texts is left in it, nor anything that might be a key.
    """
    written = "\n".join(private).casefold()
    words = set(_WORD.findall(written))

    def hide(match: re.Match[str]) -> str:
        word = match[0].casefold()
        # Not every script puts spaces between its words.
        return "…" if word in words or (not word.isascii() and word in written) else match[0]

    text = _SECRET.sub("…", _ECHO.sub("", message[: 10 * _LONGEST_DETAIL]))
    return " ".join(_WORD.sub(hide, text).split())[:_LONGEST_DETAIL]


def _word(code: str | None) -> str:
    return code if code and re.fullmatch(r"[A-Za-z_]{1,60}", code) else ""


def _seconds(header: str | None) -> float | None:
    return float(header) if header and re.fullmatch(r"\d{1,5}", header.strip()) else None


def _failure(status: int, code: str, message: str, midway: bool) -> tuple[Failure, str]:
    """What it means, and what an operator can do about it."""
    if _is_busy(status, code, message):
        return Failure.BUSY, ""
    if code in _MISCONFIGURED:
        return Failure.MISCONFIGURED, ""
    # Once an answer has begun the request was fine: whatever failed is behind ClickAI.
    if status >= 500 or code == "completion_request_error" or (midway and status == 400):
        return Failure.UNAVAILABLE, ""
    if status < 400 or status in {401, 403, 404, 405, 415}:
        return Failure.MISCONFIGURED, ""
    found = ((what, hint) for said, what, hint in _UNEXPLAINED if said.search(message))
    return next(found, (Failure.REJECTED, ""))


def _is_busy(status: int, code: str, message: str) -> bool:
    if status == 429 or code in _BUSY:
        return True
    if code == "completion_request_error":
        return bool(_RATE_LIMIT.search(message))
    # The app's own limit of concurrent requests is a 400 that only its text tells apart.
    return code == "invalid_param" and message.startswith("Too many requests")


def _retry(failure: Failure, asked: float | None) -> float | None:
    if failure is Failure.BUSY:
        return _RETRY_BUSY if asked is None else asked
    if failure is Failure.UNAVAILABLE:
        return RETRY_SECONDS if asked is None else asked
    return None


def _is_forgotten(status: int, code: str, body: ErrorBody) -> bool:
    message = body.message or ""
    if code == "not_found":
        # What follows the prefix differs by route and version.
        return status == 404 and message.startswith("Conversation Not Exists")
    if code == "invalid_param":
        return body.params == "conversation_id" or bool(_NOT_A_UUID.search(message))
    return code == "conversation_completed"
