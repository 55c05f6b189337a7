"""Failures: how an event that was not done is answered."""

import traceback

import msgspec
import structlog
from slack_bolt.response import BoltResponse

from adapters.channels.slack.api import Unreached
from gateway.ports import NotRouted, StoreUnavailable

RETRY_SECONDS = "1"

log = structlog.get_logger(__name__)


class NotInstalled(Exception):
    """The event is of a workspace that nobody answers in."""


async def failed(error: Exception) -> BoltResponse:
    """How an event that was not done is answered: 5xx lets Slack send it again."""
    match error:
        case StoreUnavailable() | Unreached():
            log.warning("event not taken, to be sent again", reason=type(error).__name__)
            return BoltResponse(status=503, headers={"Retry-After": RETRY_SECONDS})
        case NotInstalled():
            log.warning("an event of a workspace that has not installed the app")
        case NotRouted():
            log.info("an event without a route")
        case msgspec.DecodeError():
            log.warning("an event of an unknown shape was left out")
        case _:
            # Neither its text nor its values: they may be a message's.
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{at.name}:{at.lineno}"
            log.error("event failed", error=type(error).__name__, place=place)
            return BoltResponse(status=500)
    return BoltResponse(status=200)
