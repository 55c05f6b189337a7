"""Dead letters: messages that could not be answered, kept with the reason."""

import re
from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.work import Item

PAGE = 100
_ID = re.compile(r"([0-9]{2})-([0-9]{1,19}-[0-9]{1,19})")
_decode = msgspec.json.Decoder(Item).decode


class DeadLetter(Struct, frozen=True):
    """One message that was given up on. ``message`` is it as it was stored, ``at`` is when."""

    id: str
    lane: str
    turn: str
    reason: str
    message: bytes

    @property
    def at(self) -> float:
        """When it was given up on, in seconds since the epoch."""
        return int(self.id.split("-")[1]) / 1000

    @property
    def item(self) -> Item | None:
        """The message, if it is one that this version understands."""
        try:
            return _decode(self.message)
        except msgspec.MsgspecError:
            return None

    @property
    def content(self) -> Raw | str:
        """The message as JSON, or as text when it is nothing that this version understands."""
        return Raw(self.message) if self.item else self.message.decode("utf-8", "replace")


class DeadLetters:
    """Those of all lanes. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, lanes: Collection[str] = ()) -> AsyncIterator[DeadLetter]:
        """Every one there is, or those of some lanes; of each shard the oldest first."""
        shards = {keys.shard_of(lane) for lane in lanes} if lanes else range(keys.SHARDS)
        for shard in sorted(shards):
            async for letter in self._of_shard(shard):
                if not lanes or letter.lane in lanes:
                    yield letter

    async def _of_shard(self, shard: int) -> AsyncIterator[DeadLetter]:
        start = "-"
        while found := await self._range(shard, start, "+", PAGE):
            for entry, fields in found:
                yield _letter(shard, entry.decode(), fields)
            start = f"({found[-1][0].decode()}"

    async def find(self, id: str) -> DeadLetter | None:  # noqa: A002
        """The one of an id; None when there is none (any more)."""
        if not (place := _place(id)):
            return None
        shard, entry = place
        found = await self._range(shard, entry, entry, 1)
        return _letter(shard, entry, found[0][1]) if found else None

    async def of_turn(self, lane: str, turn: str) -> DeadLetter | None:
        """The latest that a turn's message became."""
        letters = [letter async for letter in self.all([lane]) if letter.turn == turn]
        return letters[-1] if letters else None

    async def drop(self, ids: Iterable[str]) -> list[str]:
        """Remove some; those that were there."""
        dropped = []
        for id_ in ids:
            place = _place(id_)
            if place and await self._connection.execute("XDEL", keys.dead(place[0]), place[1]):
                dropped.append(id_)
        return dropped

    async def _range(self, shard: int, first: str, last: str, most: int) -> Any:
        return await self._connection.execute(
            "XRANGE", keys.dead(shard), first, last, "COUNT", most
        )


def _place(id_: str) -> tuple[int, str] | None:
    """The shard and the stream entry that an id names."""
    match = _ID.fullmatch(id_)
    if not match or int(match[1]) >= keys.SHARDS:
        return None
    return int(match[1]), match[2]


def _letter(shard: int, entry: str, fields: dict[bytes, bytes]) -> DeadLetter:
    turn, _, message = fields[b"message"].partition(b":")
    return DeadLetter(
        id=f"{shard:02}-{entry}",
        lane=fields[b"lane"].decode(),
        turn=turn.decode(),
        reason=fields[b"reason"].decode(),
        message=message,
    )
