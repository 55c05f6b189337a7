"""Holdings: what the store has of a lane, for those who want to see it or have it removed."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gateway.model import Attachment, Conversation
from gateway.store import keys
from gateway.store.blobs import SCHEME, Blobs
from gateway.store.connection import Connection
from gateway.store.dead import DeadLetter, DeadLetters
from gateway.store.survey import Survey

_CONVERSATION = b"conversation:"
_FILE = re.compile(rf"(?:{SCHEME}|.*/files/)([A-Za-z0-9_-]{{22}})(?:/[^/]*)?")
"""The id of a kept file, in its attachment's content or in the address that it is served at."""
_decode_conversation = msgspec.json.Decoder(Conversation).decode


class Holding(Struct, frozen=True):
    """All of one lane. Messages and transcript are JSON as it is stored, the oldest first.

    ``conversations`` are by the identity of their bot. ``keys`` are the lane's own, ``elsewhere``
    are those of others that speak of it.
    """

    lane: str
    keys: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    waiting: tuple[bytes, ...] = ()
    transcript: tuple[bytes, ...] = ()
    conversations: dict[str, Conversation] = {}
    files: tuple[Attachment, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.keys or self.elsewhere or self.files or self.dead_letters)


class Holdings:
    """Reads them. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._letters = DeadLetters(connection)
        self._blobs = Blobs(connection, most_bytes_each=0, most_bytes_all=0, days=0)

    async def read(self, lanes: Collection[str]) -> list[Holding]:
        """What there is of each lane, in their order. Looks at every key of the store."""
        survey = Survey(self._connection, lanes)
        await survey.look()
        letters = [letter async for letter in self._letters.all(lanes)] if lanes else []
        return [
            await self._read(lane, survey, [letter for letter in letters if letter.lane == lane])
            for lane in lanes
        ]

    async def _read(self, lane: str, survey: Survey, letters: Sequence[DeadLetter]) -> Holding:
        waiting = await self._list(keys.inbox(lane))
        transcript = await self._list(keys.transcript(lane))
        fields = await self._connection.execute("HGETALL", keys.lane(lane))
        messages = [message.partition(b":")[2] for message in waiting]
        answers = await self._unfinished(lane, survey.own[lane])
        dead = [letter.message for letter in letters]
        return Holding(
            lane=lane,
            keys=tuple(sorted(survey.own[lane])),
            elsewhere=tuple(sorted(survey.elsewhere[lane])),
            waiting=tuple(messages),
            transcript=tuple(transcript),
            conversations=_conversations(fields),
            files=await self._files([*messages, *transcript, *dead, *answers]),
            dead_letters=tuple(letters),
        )

    async def _unfinished(self, lane: str, own: Iterable[str]) -> list[bytes]:
        """What the reply log and the journals have of answers that are being given."""
        log = await self._connection.execute("XRANGE", keys.log(lane), "-", "+")
        values = [value for _, fields in log for value in fields.values()]
        for key in own:
            if keys.is_journal(key):
                values += (await self._connection.execute("HGETALL", key)).values()
        return values

    async def _files(self, written: Iterable[bytes]) -> tuple[Attachment, ...]:
        ids = sorted({id_ for text in written for id_ in files_named(text)})
        found = [await self._blobs.find(id_) for id_ in ids]
        return tuple(file for file in found if file)

    async def _list(self, key: str) -> list[bytes]:
        found: list[bytes] = await self._connection.execute("LRANGE", key, 0, -1)
        return found


def files_named(text: bytes) -> Iterator[str]:
    """The ids of the files that a JSON text names; none when it is no JSON.

    Only what describes a file names one: what people wrote is never taken for it.
    """
    try:
        yield from _named(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return


def _named(value: Any) -> Iterator[str]:
    match value:
        case list():
            for item in value:
                yield from _named(item)
        case dict():
            for name in ("content", "url") if "media_type" in value else ():
                if match := _FILE.fullmatch(str(value.get(name, ""))):
                    yield match[1]
            for item in value.values():
                yield from _named(item)


def _conversations(fields: dict[bytes, bytes]) -> dict[str, Conversation]:
    return {
        name.removeprefix(_CONVERSATION).decode(): _decode_conversation(value)
        for name, value in fields.items()
        if name.startswith(_CONVERSATION)
    }
