"""Memory: what a bot's adapter keeps for itself, for all replicas."""

from typing import cast

from gateway.store import keys
from gateway.store.connection import Connection


class Memory:
    """Small values by their names. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, identity: str, name: str, value: bytes, seconds: int) -> None:
        """Keep a value for so long; a later one replaces it."""
        await self._connection.execute("SET", keys.memory(identity, name), value, "EX", seconds)

    async def find(self, identity: str, name: str) -> bytes | None:
        """The value, while it is kept."""
        return cast(
            "bytes | None", await self._connection.execute("GET", keys.memory(identity, name))
        )
