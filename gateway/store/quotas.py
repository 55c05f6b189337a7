"""Quotas: places in the order they were asked for, of what a vendor allows a key per minute and
per day. All replicas share them."""

import time
from collections.abc import Callable

from msgspec import Struct

from gateway.ports import Quota
from gateway.store import keys
from gateway.store.connection import Connection, Script

PLACE = Script("place")
WINDOW_SECONDS = 61
"""A minute as the vendor may see it: a question is on its way for a moment, and the next one may
be quicker."""


class Reserved(Struct, frozen=True):
    """A place: ask in ``wait`` seconds. ``used`` counts the day's places up to this one."""

    wait: float
    used: int = 0


class Exceeded(Struct, frozen=True):
    """No place was reserved. ``retry_after`` (seconds) is when there may be one.

    ``daily`` says that the day's are all used, else it is the minute's.
    """

    retry_after: float
    daily: bool = False


class Quotas:
    """Reserves places. A place that is not used after all is not given back.

    Days are those of UTC. ``clock`` is in seconds since the epoch; the replicas' clocks should
    agree within a second.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock

    def today(self) -> int:
        """The number of the day, counted from the epoch."""
        return int(self._clock() // keys.DAY)

    async def reserve(self, quota: Quota, most_wait: float) -> Reserved | Exceeded:
        """Reserve the next place, unless it is more than ``most_wait`` seconds away.

        A minute's worth may be used at once; the places behind it come as the minute passes.
        In no 60 seconds are there more than ``per_minute``. Raises StoreUnavailable.
        """
        names = [keys.quota_minute(quota.key), keys.quota_day(quota.key)]
        times = [seconds * 1000 for seconds in (WINDOW_SECONDS, self._clock(), most_wait)]
        arguments = [quota.per_minute, quota.per_day, *map(int, times)]
        status, wait, used = await self._connection.run(PLACE, names, arguments)
        if status == b"reserved":
            return Reserved(wait / 1000, used)
        return Exceeded(wait / 1000, daily=status == b"day")
