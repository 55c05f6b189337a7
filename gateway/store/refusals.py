"""Refusals: telling a store that takes nothing now from a command that is wrong."""

from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from gateway.ports import StoreUnavailable

REFUSALS = (OutOfMemoryError, ReadOnlyError, TryAgainError, ClusterDownError, MasterDownError)
"""What a server answers that is there, but takes nothing now."""
REFUSING = ("MISCONF", "NOREPLICAS", "UNBLOCKED")
"""The same, where the client knows no more than the word."""


def as_unavailable(error: Exception) -> Exception:
    """StoreUnavailable for whatever the client raised; an answer that a command is wrong stays."""
    if isinstance(error, StoreUnavailable):
        return error
    refused = isinstance(error, REFUSALS) or str(error).startswith(REFUSING)
    if isinstance(error, ResponseError) and not refused:
        return error
    return StoreUnavailable(f"Redis: {type(error).__name__}: {error}")
