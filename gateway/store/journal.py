"""The journal of a turn: what of its answer went out, for whoever attempts the turn next.

A turn that was not sealed is attempted again, perhaps by another replica. What cannot be sent
twice without being seen twice is noted before it is sent and after; and an answer that is
complete but not delivered is kept, so that the bot is not asked again.
"""

import time
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gateway.model import Conversation, ShownEvent
from gateway.store.inbox import Inbox
from gateway.store.leases import LEASE_SECONDS, Lease

_PART = "part:"
_ANSWER = "answer"
_SHOWN = "shown"


class Kept(Struct, frozen=True):
    """A whole answer that is not delivered yet, and the conversation as it left it."""

    events: tuple[ShownEvent, ...]
    conversation: Conversation


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Kept).decode


class Journal:
    """What is noted of one turn. Writing raises Fenced and StoreUnavailable."""

    def __init__(self, inbox: Inbox, lease: Lease, turn: int) -> None:
        self.kept: Kept | None = None
        """The answer, if an earlier attempt had all of it."""
        self.shown = ""
        """What people were shown of the answer."""
        self._inbox = inbox
        self._lease = lease
        self._turn = turn
        self._parts: dict[str, str] = {}

    async def load(self) -> None:
        """Read what earlier attempts noted. Raises StoreUnavailable."""
        notes = await self._inbox.notes(self._lease.lane, self._turn)
        self.kept = _decode(notes[_ANSWER]) if _ANSWER in notes else None
        self.shown = notes.get(_SHOWN, b"").decode()
        self._parts = {
            field.removeprefix(_PART): name.decode()
            for field, name in notes.items()
            if field.startswith(_PART)
        }

    async def keep(self, answer: Kept) -> None:
        """Keep a whole answer until the turn is sealed."""
        await self._inbox.note(self._lease, self._turn, _ANSWER, _encode(answer))

    @property
    def parts(self) -> Mapping[str, str]:
        """What was begun, with the platform's name for it; empty when the outcome is unknown."""
        return self._parts

    async def begin(self, part: str) -> None:
        """Note that a part is about to be sent. Once this returned, send it."""
        await self._note_and_hold(_PART + part, "")
        self._parts[part] = ""

    async def show(self, text: str) -> None:
        """Note what people are about to be shown. Once this returned, show it."""
        await self._note_and_hold(_SHOWN, text)
        self.shown = text

    async def _note_and_hold(self, field: str, value: str) -> None:
        """Note, and be sure that the lane is ours for a while: noting renews its lease.

        A process that stood still reads of its success when the lane may be another's.
        """
        while True:
            asked = time.monotonic()
            await self._inbox.note(self._lease, self._turn, field, value)
            if time.monotonic() - asked < LEASE_SECONDS / 2:
                return

    async def finish(self, part: str, name: str) -> None:
        """Note under which name the platform took a part."""
        self._parts[part] = name
        await self._inbox.note(self._lease, self._turn, _PART + part, name)

    async def withdraw(self, part: str) -> None:
        """Note that a part was certainly not sent after all."""
        self._parts.pop(part, None)
        await self._inbox.strike(self._lease, self._turn, _PART + part)
