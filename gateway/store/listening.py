"""The pub/sub connection: one task reads it and renews it, any task adds and removes channels.

A connection that fails is thrown away. The next begins with everything that is listened to, so
nothing of a half-made or half-broken one has to be understood.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

SILENCE_SECONDS = 2.0
"""After so long without a word the server is asked for one, and has as long again to answer."""
CHUNK = 500
"""How many channels travel in one command."""

Heard = tuple[str, str, bytes]
"""What kind of message (``message``, ``subscribe``…), its channel and its data."""


class Listening:
    """A connection to what a client's server publishes."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection: Any = None
        self._asked = False

    @property
    def open(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None

    async def begin(self, channels: Collection[str]) -> None:
        """Connect anew and subscribe. Only for the task that reads. Raises RedisError, OSError."""
        await self.cut()
        async with asyncio.timeout(2 * SILENCE_SECONDS):
            self._connection = await self._connected(channels)
        self._asked = False

    async def _connected(self, channels: Collection[str]) -> Any:
        # One that loads its file takes subscriptions, and cannot be read yet.
        await self._client.ping()
        connection: Any = self._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()
            await _send(connection, "SUBSCRIBE", channels)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    async def send(self, command: str, channels: Iterable[str]) -> None:
        """SUBSCRIBE or UNSUBSCRIBE, without waiting for the server's word. Raises OSError and
        RedisError; then the connection is of no more use, which its reader finds out."""
        if self._connection is None:
            raise RedisConnectionError("not connected")
        await _send(self._connection, command, channels)

    async def next(self) -> Heard | None:
        """The next message; None when there was none for a while. Raises RedisError, OSError."""
        connection = self._connection
        if connection is None or not connection.is_connected:
            raise RedisConnectionError("the connection was lost")
        async with asyncio.timeout(2 * SILENCE_SECONDS):
            said = await connection.read_response(
                timeout=SILENCE_SECONDS, disconnect_on_error=False, push_request=True
            )
        if said is None:
            await self._ask(connection)
            return None
        self._asked = False
        if not isinstance(said, list) or said[0] == b"pong":
            return None
        kind, channel, data = said
        return kind.decode(), channel.decode(), data

    async def _ask(self, connection: Any) -> None:
        # A connection whose other end is gone without a word looks like a quiet one.
        if self._asked:
            raise RedisConnectionError("the server is silent")
        self._asked = True
        await connection.send_command("PING", check_health=False)

    async def cut(self) -> None:
        """Let go of the connection, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


async def _send(connection: Any, command: str, channels: Iterable[str]) -> None:
    if not connection.is_connected:
        raise RedisConnectionError("the connection was lost")
    names = list(channels)
    for start in range(0, len(names), CHUNK):
        await connection.send_command(command, *names[start : start + CHUNK], check_health=False)
