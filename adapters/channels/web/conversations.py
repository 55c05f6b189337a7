"""A visitor's conversations: their names, the list, what was read, and those of before."""

import asyncio
import hashlib
import re

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.channels.web.tokens import LIFETIME, Visitor
from adapters.channels.web.wire import Listed
from gateway.model import Address, Origin, Person
from gateway.ports import Channel, GatewayForChannels, Refusal, Written

FIRST = "first"
"""The one that is there from the beginning: in the gateway a place without a thread."""
LISTED_MOST = 50
TITLE_LONGEST = 60
ADOPTED = "adopted-"
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CURSOR = re.compile(r"(\d{1,15})-\d{1,15}")


class _Newest(Struct):
    kind: str = ""
    turn: str = "0"
    text: str = ""
    at: float = 0


class Conversations:
    """The conversations of one site's visitors. Every method may raise StoreUnavailable."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._gateway = gateway

    async def address(self, visitor: Visitor, name: str) -> Address:
        """Where a visitor's conversation of that name is. Raises Refusal."""
        if name in ("", FIRST):
            return Address(self._channel.name, visitor.id)
        if not _ID.fullmatch(name):
            message = "conversation must be 8 to 64 letters, digits, - or _, or first."
            raise Refusal(400, "bad_request", message)
        if name.startswith(ADOPTED):
            key = _key("adopted", visitor.id, name)
            if kept := await self._gateway.recall(self._channel, key):
                return msgspec.json.decode(kept, type=Address)
        return Address(self._channel.name, visitor.id, name)

    async def adopt(self, before: Visitor, origin: Origin) -> str:
        """Make an anonymous visitor's conversations a person's, whose ``origin`` it is.

        Returns the name of the one that the visitor's token was made for; empty when nothing was
        said in it. What that token says counts no longer: whoever has a copy of it is not them.
        """
        current = await self.address(before, before.conversation)
        there = Origin(Address(self._channel.name, before.id), Person(before.id))
        opened = ""
        for written in await self._gateway.written(there, LISTED_MOST):
            if old := _name(written.address, before.id):
                name = await self._take_over(before.id, old, written.address, origin)
                opened = name if written.address == current else opened
        # For as long as there may be a token of theirs.
        await self._gateway.remember(self._channel, _key("left", before.id), b"1", LIFETIME)
        return opened

    async def _take_over(self, before: str, old: str, address: Address, origin: Origin) -> str:
        name, person = _adopted(address), origin.person.id
        await self._keep(_key("adopted", person, name), msgspec.json.encode(address))
        for what in ("title", "read", "inputs"):
            if kept := await self._gateway.recall(self._channel, _key(what, before, old)):
                await self._keep(_key(what, person, name), kept)
                await self._gateway.drop(self._channel, _key(what, before, old))
        await self._gateway.hand_over(replace(origin, address=address), before)
        return name

    async def has_left(self, visitor: Visitor) -> bool:
        """Whether an anonymous visitor's conversation has become a person's."""
        return await self._gateway.recall(self._channel, _key("left", visitor.id)) is not None

    async def entitle(self, origin: Origin, name: str, text: str) -> None:
        """Note how a conversation begins."""
        title = " ".join(text.split())[:TITLE_LONGEST].encode()
        await self._keep(_key("title", origin.person.id, name), title)

    async def read(self, origin: Origin, name: str, cursor: str) -> None:
        """Note up to where a conversation was read. Raises Refusal."""
        if not (found := _CURSOR.fullmatch(cursor)):
            raise Refusal(400, "bad_request", "cursor must be the id of an event.")
        await self._keep(_key("read", origin.person.id, name), found[1].encode())

    async def listed(self, origin: Origin) -> list[Listed]:
        """A visitor's conversations, the newest first."""
        written = await self._gateway.written(origin, LISTED_MOST)
        found = await asyncio.gather(*(self._describe(origin, each) for each in written))
        return sorted((each for each in found if each), key=lambda each: -each.at)

    async def forget(self, origin: Origin, name: str) -> None:
        """Forget what was noted of a conversation."""
        for what in ("title", "read", "inputs", "adopted"):
            await self._gateway.drop(self._channel, _key(what, origin.person.id, name))

    async def answered(self, person: str, name: str) -> dict[str, str] | None:
        """What was answered in the form of a conversation; None while it was not."""
        kept = await self._gateway.recall(self._channel, _key("inputs", person, name))
        return msgspec.json.decode(kept, type=dict[str, str]) if kept else None

    async def answer(self, person: str, name: str, inputs: dict[str, str]) -> None:
        """Keep the answers to the form of a conversation; the first ones stay."""
        key, kept = _key("inputs", person, name), msgspec.json.encode(inputs)
        await self._gateway.claim(self._channel, key, kept, self._gateway.conversation_seconds)

    async def prolong(self, person: str, name: str, inputs: dict[str, str]) -> None:
        """Keep the answers to the form for as long as the conversation that goes on."""
        await self._keep(_key("inputs", person, name), msgspec.json.encode(inputs))

    async def count(self, visitor: Visitor) -> int:
        """How many messages a visitor has sent before, this one included."""
        key = _key("messages", visitor.id)
        before = int(await self._gateway.recall(self._channel, key) or b"0")
        await self._keep(key, str(before + 1).encode())
        return before + 1

    async def _keep(self, key: str, value: bytes) -> None:
        seconds = self._gateway.conversation_seconds
        await self._gateway.remember(self._channel, key, value, seconds)

    async def _describe(self, origin: Origin, written: Written) -> Listed | None:
        name = _name(written.address, origin.person.id)
        if not name:
            return None
        person = origin.person.id
        title, read = await asyncio.gather(
            self._gateway.recall(self._channel, _key("title", person, name)),
            self._gateway.recall(self._channel, _key("read", person, name)),
        )
        newest = msgspec.json.decode(written.newest, type=_Newest)
        unread = newest.kind == "bot" and int(newest.turn) > int(read or b"0")
        said = title.decode() if title else " ".join(newest.text.split())[:TITLE_LONGEST]
        return Listed(name, said, newest.at, unread)


def _name(address: Address, person: str) -> str:
    """What a person calls the conversation at an address; empty for one that has no name."""
    if address.place != person:
        return _adopted(address)
    return address.thread if _ID.fullmatch(address.thread) else "" if address.thread else FIRST


def _adopted(address: Address) -> str:
    digest = hashlib.sha256(msgspec.json.encode([address.place, address.thread])).hexdigest()
    return ADOPTED + digest[:24]


def _key(what: str, person: str, *names: str) -> str:
    return ":".join((what, person, *names))
