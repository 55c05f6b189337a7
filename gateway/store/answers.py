"""Answers: what it takes to speak with a bot about an answer it gave."""

import msgspec

from gateway.model import Answered
from gateway.store import keys
from gateway.store.connection import Connection

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answered).decode


class Answers:
    """Given answers by their turns. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, days: int) -> None:
        self._connection = connection
        self._ttl = days * keys.DAY

    async def keep(self, lane: str, turn: str, answered: Answered) -> None:
        """Remember whose answer a turn's is; a later one replaces it."""
        key = keys.answer(lane, turn)
        await self._connection.execute("SET", key, _encode(answered), "EX", self._ttl)

    async def find(self, lane: str, turn: str) -> Answered | None:
        """Whose answer it was; None when that is not, or no longer, known."""
        stored = await self._connection.execute("GET", keys.answer(lane, turn))
        return _decode(stored) if stored else None
