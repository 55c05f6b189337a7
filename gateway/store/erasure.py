"""Erasure: removes a lane from the store, and its bytes from the store's own file."""

import asyncio

from redis.exceptions import ResponseError

from gateway.model import Attachment
from gateway.ports import LogEntry
from gateway.store import keys
from gateway.store.blobs import OVERHEAD, SCHEME
from gateway.store.connection import Connection, Script
from gateway.store.dead import DeadLetters
from gateway.store.flusher import Batch
from gateway.store.holdings import Holding
from gateway.store.replies import ERASED

ERASE = Script("erase")
DISCARD = Script("discard")

PAGE = 256
"""How many keys are removed at once."""
REWRITE_SECONDS = 60.0
LOOK_SECONDS = 0.05


class RewriteFailed(Exception):
    """The server's file was not written anew; the text says why."""


class Erasure:
    """Removes what there is. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def erase(self, holding: Holding) -> None:
        """Remove a lane. Whoever works on it is fenced in the same step. Safe to repeat."""
        await self._erase_lane(holding)
        await self.unlink(holding.elsewhere)
        for file in holding.files:
            await self._discard(file)
        letters = DeadLetters(self._connection)
        await letters.drop(letter.id for letter in holding.dead_letters)

    async def _erase_lane(self, holding: Holding) -> None:
        lane = holding.lane
        shard = keys.shard_of(lane)
        more = [key for key in holding.keys if key != keys.lane(lane)]
        first = [keys.ready(shard), keys.later(shard), keys.lane(lane), *more[:PAGE]]
        await self._connection.run(ERASE, first, [keys.GROUP, lane])
        erased = Batch((LogEntry(ERASED, b"{}"),), process="").publication
        await self._connection.execute("PUBLISH", keys.events(lane), erased)
        await self.unlink(more[PAGE:])

    async def unlink(self, names: list[str] | tuple[str, ...]) -> None:
        """Remove keys of any shard."""
        for start in range(0, len(names), PAGE):
            page = names[start : start + PAGE]
            await asyncio.gather(*(self._connection.send("UNLINK", key) for key in page))

    async def _discard(self, file: Attachment) -> None:
        id_, size = file.content.removeprefix(SCHEME), file.size + OVERHEAD
        await self._connection.execute("UNLINK", keys.blob(id_))
        names = [keys.BLOBS_HELD, keys.BLOBS_TOTAL]
        await self._connection.run(DISCARD, names, [f"{id_}:{size}", size])

    async def rewrite(self) -> None:
        """Have the server write its append-only file anew, without what was removed.

        Raises RewriteFailed, also when it takes longer than REWRITE_SECONDS.
        """
        try:
            async with asyncio.timeout(REWRITE_SECONDS):
                await self._settled()
                await self._connection.execute("BGREWRITEAOF")
                status = await self._settled()
        except TimeoutError:
            raise RewriteFailed(f"it takes longer than {REWRITE_SECONDS:.0f} s") from None
        except ResponseError as error:
            raise RewriteFailed(str(error)) from None
        if status != "ok":
            raise RewriteFailed("the server's log says why")

    async def _settled(self) -> str:
        """Wait until no rewriting is under way; how the last one ended."""
        while True:
            state = await self._connection.execute("INFO", "persistence")
            if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
                return str(state["aof_last_bgrewrite_status"])
            await asyncio.sleep(LOOK_SECONDS)
