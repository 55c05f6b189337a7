"""What can go wrong between the gateway and a bot's server, whoever made it.

An adapter adds what its vendor says in its own words. No text here or there holds a secret or
what a person wrote: all of them may be logged.
"""

from gateway.model import Failure

RETRY_SECONDS = 1.0


class ClientError(Exception):
    """The server could not be asked, or has not answered. Its text is safe to log.

    ``retry_after`` is in seconds, and None when asking again would not help. It holds only while
    nothing of the answer has been shown.
    """

    failure = Failure.UNAVAILABLE
    retry_after: float | None = None


class Unreachable(ClientError):
    """No connection could be made: nothing was asked."""

    retry_after = RETRY_SECONDS


class Silent(ClientError):
    """Not one byte came within the idle limit, or a stream did not begin."""

    failure = Failure.TIMEOUT


class Stalled(ClientError):
    """Only heartbeats came within the content limit."""

    failure = Failure.TIMEOUT


class BrokenOff(ClientError):
    """The connection was cut, or the stream ended before the answer."""

    failure = Failure.INTERRUPTED
    retry_after = RETRY_SECONDS


class Unintelligible(ClientError):
    """What came back is not the vendor's API."""

    failure = Failure.MISCONFIGURED


class TooMuch(ClientError):
    """The answer is larger than the client takes."""

    failure = Failure.TOO_LONG
