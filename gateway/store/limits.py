"""Rate limits: token buckets that all replicas share."""

import time

from gateway.store import keys
from gateway.store.connection import Connection, Script

TAKE = Script("take")


class Limiter:
    """Takes tokens from named buckets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take(self, bucket: str, per_minute: int) -> float:
        """Take a token from a bucket that holds and refills ``per_minute`` of them.

        0 when there was one, else the seconds until there is. Raises StoreUnavailable.
        """
        arguments = [per_minute, per_minute / 60, int(time.time() * 1000)]
        wait = await self._connection.run(TAKE, [keys.bucket(bucket)], arguments)
        return int(wait) / 1000
