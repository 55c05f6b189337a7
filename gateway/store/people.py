"""People: who wrote in which lanes, so that everything about a person can be found."""

import asyncio
import time

from redis.exceptions import NoScriptError

from gateway.store import keys
from gateway.store.connection import Connection, Script, briefly

REMEMBER = Script("remember")


class People:
    """The index of people and lanes, for ``days`` after somebody wrote.

    Every method may raise StoreUnavailable.
    """

    def __init__(self, connection: Connection, days: int) -> None:
        self._connection = connection
        self._ttl = days * keys.DAY

    async def note(self, channel: str, person: str, lane: str) -> None:
        """Remember that a person of a channel wrote in a lane, trying for HOLD_SECONDS.

        Safe to repeat.
        """
        await briefly(lambda: self._note_loaded(channel, person, lane))

    async def _note_loaded(self, channel: str, person: str, lane: str) -> None:
        try:
            await self._note(channel, person, lane)
        except NoScriptError:
            await self._connection.load(REMEMBER)
            await self._note(channel, person, lane)

    async def _note(self, channel: str, person: str, lane: str) -> None:
        # Both are sent before anything is waited for: they travel with the message itself.
        now = int(time.time())
        pairs = ((keys.person(channel, person), lane), (keys.people(lane), person))
        await asyncio.gather(
            *(
                self._connection.call(REMEMBER, [key], [member, now, self._ttl, keys.LANES_MOST])
                for key, member in pairs
            )
        )

    async def lanes(self, channel: str, person: str) -> list[str]:
        """Where a person wrote, the newest first, LANES_MOST at most."""
        return await self._members(keys.person(channel, person))

    async def of_lane(self, lane: str) -> list[str]:
        """Who wrote in a lane, the newest first, LANES_MOST at most."""
        return await self._members(keys.people(lane))

    async def forget(self, channel: str, person: str, lane: str) -> None:
        """Forget that a person wrote in a lane. Without people a lane is nobody's."""
        pairs = ((keys.person(channel, person), lane), (keys.people(lane), person))
        await asyncio.gather(*(self._connection.send("ZREM", *pair) for pair in pairs))

    async def _members(self, key: str) -> list[str]:
        members = await self._connection.execute("ZREVRANGE", key, 0, -1)
        return [member.decode() for member in members]
