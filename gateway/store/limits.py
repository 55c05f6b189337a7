"""Rate limits: token buckets that all replicas share."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct
from redis.exceptions import NoScriptError

from gateway.ports import StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script

TAKE = Script("take")

PATIENCE = 0.5
"""Seconds that the tokens of one message may take; a platform waits three for all of it."""


class Tokens(Struct, frozen=True):
    """What was taken for one message: from which buckets, with their limits per minute.

    ``wait`` is in seconds, until the emptiest bucket has a token; 0 when every one had.
    """

    taken: Mapping[str, int] = {}
    wait: float = 0


def bucket_name(kind: str, *names: str) -> str:
    """The name of a bucket that counts messages. No other begins like it, whatever the names."""
    return "/".join((kind, *map(keys.part, names)))


class Limiter:
    """Takes tokens from named buckets."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take_all(self, buckets: Mapping[str, int]) -> Tokens:
        """Take a token from every bucket, in one round trip; a limit of 0 is none.

        A bucket holds and refills as many as its limit per minute.
        The buckets are apart on a cluster, so one that refuses does not keep the others from
        giving theirs: hand back what was taken for nothing. Never raises: a store that is away,
        or takes longer than PATIENCE, refuses nobody.
        """
        limits = {name: per_minute for name, per_minute in buckets.items() if per_minute}
        if not limits:
            return Tokens()
        try:
            async with asyncio.timeout(PATIENCE):
                waits = await self._change(limits, 1)
        except (StoreUnavailable, TimeoutError):
            return Tokens()
        waiting = dict(zip(limits, waits, strict=True))
        taken = {name: most for name, most in limits.items() if not waiting[name]}
        return Tokens(taken, max(waits))

    async def give_back(self, tokens: Tokens) -> None:
        """Put back what was taken. Never raises; lasts PATIENCE at most."""
        with suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._change(tokens.taken, -1)

    async def _change(self, buckets: Mapping[str, int], tokens: int) -> list[float]:
        try:
            return await self._call(buckets, tokens)
        except NoScriptError:
            # One node of a cluster may have forgotten it alone: then the others give twice.
            await self._connection.load(TAKE)
            return await self._call(buckets, tokens)

    async def _call(self, buckets: Mapping[str, int], tokens: int) -> list[float]:
        now = int(time.time() * 1000)
        calls = (
            self._connection.call(TAKE, [keys.bucket(name)], [most, most / 60, now, tokens])
            for name, most in buckets.items()
        )
        return [wait / 1000 for wait in await asyncio.gather(*calls)]
