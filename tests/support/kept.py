"""What a channel is handed, as far as it serves pages and keeps things: over a real store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from gateway.config import RedisConfig
from gateway.ports import Channel, Handler, StoreUnavailable
from gateway.store.connection import Connection, connect
from gateway.store.memory import Memory
from gateway.texts import Texts


class Kept:
    """Some of GatewayForChannels. Several with one store are several replicas."""

    def __init__(self, memory: Memory, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.public_url = ""
        self.keys: Sequence[bytes] = [b"k" * 32]
        self.handlers: dict[tuple[str, str], Handler] = {}
        self.away = False
        """Whether the store is."""
        self.wait = 0.0
        """What every bucket says."""
        self._memory = memory
        self._texts = Texts()

    def mount(self, method: str, path: str, handler: Handler) -> None:
        self.handlers[method, path] = handler

    def client_ip(self, request: web.Request) -> str:
        return request.remote or ""

    async def remember(self, channel: Channel, key: str, value: bytes, seconds: int) -> None:
        await self._store().keep(channel.name, key, value, seconds)

    async def recall(self, channel: Channel, key: str) -> bytes | None:
        return await self._store().find(channel.name, key)

    async def claim(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        return await self._store().claim(channel.name, key, value, seconds)

    async def extend(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        return await self._store().extend(channel.name, key, value, seconds)

    async def drop(self, channel: Channel, key: str) -> bool:
        return await self._store().drop(channel.name, key)

    async def allow(self, bucket: str, per_minute: int) -> float:
        return self.wait

    def signing_keys(self) -> Sequence[bytes]:
        return self.keys

    languages = ("en", "vi")

    def text(self, locale: str, key: str, **values: Any) -> str:
        return self._texts.get(locale, key, **values)

    def _store(self) -> Memory:
        if self.away:
            raise StoreUnavailable("away")
        return self._memory


@asynccontextmanager
async def memory(redis_url: str) -> AsyncIterator[Memory]:
    """The memory of a real store."""
    connection = Connection(connect(RedisConfig(url=redis_url), blocking=False), ())
    await connection.open()
    try:
        yield Memory(connection)
    finally:
        await connection.close()
