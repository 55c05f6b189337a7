"""Blobs: the bytes of files, for all replicas, for some days, and never more than there is room.

A blob is a hash of chunks, and its last field says what it is. Before that is written it cannot
be read, and lives no longer than writing may take; so does the room it was promised. Nothing has
to be tidied up after a gateway that went away meanwhile.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from secrets import token_urlsafe

import msgspec

from gateway import telemetry
from gateway.model import Attachment
from gateway.ports import FileGone, FileRefused, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, Script

RESERVE = Script("reserve")
PUT = Script("put")

CHUNK = 256 * 1024
"""Bytes of one command, and so of what one reader or writer holds up for all others."""
OVERHEAD = 1024
"""Bytes that a blob takes beside its data: even empty ones must have an end."""
WRITE_SECONDS = 30
SCHEME = "blob:"

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_META = "meta"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Attachment).decode


class Blobs:
    """Files by an id that cannot be guessed. Every method may raise StoreUnavailable.

    ``most_bytes_all`` is for all replicas together, ``days`` is from when a file was kept.
    """

    def __init__(
        self, connection: Connection, *, most_bytes_each: int, most_bytes_all: int, days: int
    ) -> None:
        self._connection = connection
        self._most_each = most_bytes_each
        self._most_all = most_bytes_all
        self._ttl = days * keys.DAY

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file; readable once this returned. Raises FileRefused.

        Gives up after WRITE_SECONDS, with StoreUnavailable.
        """
        if len(data) > self._most_each:
            raise FileRefused("too_large", self._most_each)
        kept = Attachment(name, media_type, SCHEME + token_urlsafe(16), len(data))
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._write(kept, data)
        except TimeoutError:
            raise StoreUnavailable("Redis: writing a file took too long") from None
        return kept

    async def _write(self, kept: Attachment, data: bytes) -> None:
        await self._reserve(kept, keys.UNFINISHED_TTL)
        view = memoryview(data)
        for number, start in enumerate(range(0, len(data), CHUNK)):
            chunk = bytes(view[start : start + CHUNK])
            await self._put(kept, str(number), chunk, keys.UNFINISHED_TTL)
        await self._reserve(kept, self._ttl)
        await self._put(kept, _META, _encode(kept), self._ttl)

    async def _reserve(self, kept: Attachment, ttl: int) -> None:
        now = int(time.time())
        arguments = [_id(kept), kept.size + OVERHEAD, now, now + ttl, self._most_all]
        reserved = await self._connection.run(
            RESERVE, [keys.BLOBS_HELD, keys.BLOBS_TOTAL], arguments
        )
        if reserved < 0:
            raise FileRefused("no_room")
        telemetry.FILE_BYTES_RESERVED.set(reserved)

    async def _put(self, kept: Attachment, field: str, value: bytes, ttl: int) -> None:
        await self._connection.run(PUT, [keys.blob(_id(kept))], [field, value, ttl])

    async def find(self, id: str) -> Attachment | None:  # noqa: A002
        """The file of an id, without its bytes; None when there is none (any more)."""
        if not _ID.fullmatch(id):
            return None
        stored = await self._connection.execute("HGET", keys.blob(id), _META)
        return _decode(stored) if stored else None

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone."""
        kept = await self.find(_id(attachment))
        if kept is None:
            raise FileGone
        return b"".join([chunk async for chunk in self.stream(kept, 0, kept.size)])

    async def stream(self, kept: Attachment, first: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` up to ``end`` of a file that was found, a chunk at a time.

        Raises FileGone, possibly midway.
        """
        for number in range(first // CHUNK, -(-end // CHUNK)):
            key = keys.blob(_id(kept))
            chunk = await self._connection.execute("HGET", key, str(number))
            if chunk is None:
                raise FileGone
            start = number * CHUNK
            yield chunk[max(0, first - start) : end - start]


def _id(attachment: Attachment) -> str:
    return attachment.content.removeprefix(SCHEME)
