"""Aliases: what a bot calls a conversation when it speaks unasked, and where that leads."""

import msgspec
from msgspec import Struct

from gateway.model import Origin
from gateway.store import keys
from gateway.store.connection import Connection

_encode = msgspec.json.Encoder().encode


class Place(Struct, frozen=True):
    """Where a push goes: a lane, and whom and where its person last wrote."""

    lane: str
    origin: Origin
    user: str


_decode = msgspec.json.Decoder(Place).decode


class Aliases:
    """The index from bots' names to lanes. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, days: int) -> None:
        self._connection = connection
        self._ttl = days * keys.DAY

    async def name(self, identity: str, aliases: tuple[str, ...], place: Place) -> None:
        """Let a bot's names lead to a place; a name that led elsewhere leads there now."""
        value = _encode(place)
        replies = [
            self._connection.send("SET", keys.alias(identity, alias), value, "EX", self._ttl)
            for alias in aliases
        ]
        for reply in replies:
            await reply

    async def find(self, identity: str, alias: str) -> Place | None:
        """Where a name leads; None when it is not known."""
        stored = await self._connection.execute("GET", keys.alias(identity, alias))
        return _decode(stored) if stored else None
