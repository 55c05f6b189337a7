"""Survey: which keys there are of some lanes, found by looking at every key of the store.

So it is complete by construction: whatever carries a lane's name is found, whoever wrote it.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable

import msgspec
from redis.exceptions import RedisClusterException, RedisError

from gateway.ports import StoreUnavailable
from gateway.store import keys
from gateway.store.aliases import Place
from gateway.store.connection import Connection

SCAN_COUNT = 1000
PAGE = 256
"""How many aliases are read at once."""
Keys = dict[str, list[str]]
"""Keys by their lane."""

_decode = msgspec.json.Decoder(Place).decode


class Survey:
    """The keys of some lanes. ``look`` fills it."""

    def __init__(self, connection: Connection, lanes: Collection[str]) -> None:
        self.own: Keys = defaultdict(list)
        """The keys that belong to a lane; all are in its shard."""
        self.elsewhere: Keys = defaultdict(list)
        """Keys of others that speak of it: aliases, and what adapters keep under those."""
        self._connection = connection
        self._lanes = frozenset(lanes)
        self._named: dict[tuple[str, str], str] = {}

    async def look(self) -> None:
        """Look at every key: it takes seconds where there are millions. Raises StoreUnavailable."""
        aliases: list[str] = []
        async for key in _every(self._connection, keys.ALL):
            if (lane := keys.lane_of(key)) in self._lanes:
                self.own[lane].append(key)
            elif key.startswith(keys.ALL_ALIASES):
                aliases.append(key)
                if len(aliases) == PAGE:
                    await self._follow(aliases)
                    aliases = []
        await self._follow(aliases)
        if self._named:
            await self._look_for_memories()

    async def _follow(self, aliases: list[str]) -> None:
        sent = [self._connection.send("GET", key) for key in aliases]
        for key, stored in zip(aliases, await asyncio.gather(*sent), strict=True):
            lane = _decode(stored).lane if stored else ""
            if lane in self._lanes:
                self.elsewhere[lane].append(key)
                self._named[keys.identity_of(key), keys.name_of(key)] = lane

    async def _look_for_memories(self) -> None:
        async for key in _every(self._connection, f"{keys.ALL_MEMORIES}*"):
            identity = keys.identity_of(key)
            for name in _endings(keys.name_of(key)):
                if lane := self._named.get((identity, name)):
                    self.elsewhere[lane].append(key)
                    break


async def memories(connection: Connection, channel: str, person: str) -> dict[str, bytes]:
    """What a channel's adapter keeps that names a person. Raises StoreUnavailable."""
    owner, found = keys.owner_of_channel(channel), {}
    names = re.compile(rf"(?<![\w.@+-]){re.escape(person)}(?![\w@+-]|\.\w)").search
    async for key in _every(connection, f"{keys.memory(owner, '')}*"):
        value = await connection.execute("GET", key) or b""
        if names(keys.name_of(key)) or names(value.decode(errors="replace")):
            found[key] = value
    return found


async def buckets(connection: Connection, names: Collection[str]) -> list[str]:
    """The rate limits that name one of these. They only count: to lose one is no harm.

    Raises StoreUnavailable.
    """
    parts = {form for name in names for form in (name, keys.part(name))}
    found = _every(connection, f"{keys.ALL_BUCKETS}*")
    return [key async for key in found if any(part in key for part in parts)]


def _endings(name: str) -> Iterable[str]:
    """A name, and what is behind each of its colons."""
    while name:
        yield name
        name = name.partition(":")[2]


async def _every(connection: Connection, pattern: str) -> AsyncIterator[str]:
    try:
        async for key in connection.client.scan_iter(match=pattern, count=SCAN_COUNT):
            yield key.decode(errors="replace")
    except (RedisError, RedisClusterException, OSError) as error:
        raise StoreUnavailable(f"Redis: {error}") from error
