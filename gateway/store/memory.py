"""Memory: what an adapter keeps for itself, for all replicas."""

from typing import cast

from gateway.store import keys
from gateway.store.connection import Connection, Script

EXTEND = Script("extend")


class Memory:
    """Small values by their names. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, identity: str, name: str, value: bytes, seconds: int) -> None:
        """Keep a value for so long, 0 for ever; a later one replaces it."""
        lasting = ("EX", seconds) if seconds else ()
        await self._connection.execute("SET", keys.memory(identity, name), value, *lasting)

    async def claim(self, identity: str, name: str, value: bytes, seconds: int) -> bool:
        """Keep a value unless there is one; whether it was kept."""
        key = keys.memory(identity, name)
        return bool(await self._connection.execute("SET", key, value, "NX", "EX", seconds))

    async def extend(self, identity: str, name: str, value: bytes, seconds: int) -> bool:
        """Keep a value for longer, while it is still this one; whether it is."""
        key = keys.memory(identity, name)
        return bool(await self._connection.run(EXTEND, [key], [value, seconds]))

    async def drop(self, identity: str, name: str) -> bool:
        """Let go of a value; whether there was one."""
        return bool(await self._connection.execute("UNLINK", keys.memory(identity, name)))

    async def find(self, identity: str, name: str) -> bytes | None:
        """The value, while it is kept."""
        return cast(
            "bytes | None", await self._connection.execute("GET", keys.memory(identity, name))
        )
