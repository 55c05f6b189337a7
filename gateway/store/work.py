"""What waits in the inbox: a message as it was admitted, and all that a leased lane has to do."""

from typing import Any

import msgspec
from msgspec import Struct

from gateway.model import Conversation, Inbound, Policy, ReplyEvent


class Item(Struct, frozen=True):
    """A message in the inbox, with what routing decided when it was admitted."""

    inbound: Inbound
    bot: str
    policy: Policy
    user: str
    command: str = ""
    push: tuple[ReplyEvent, ...] = ()
    """What the bot says unasked: then nobody wrote, and the inbound has only its origin."""


class Work(Struct, frozen=True):
    """What a leased lane has to do. ``attempt`` counts from 1, ``halted`` is a turn number."""

    attempt: int
    halted: int
    items: tuple[tuple[int, Item], ...]
    conversations: dict[str, bytes] = {}
    broken: bool = False
    """Whether the attempt before broke off: its worker died, or had to leave in the middle."""
    died: bool = False
    """Whether its worker died."""
    deaths: int = 0
    """In how many attempts the worker did."""

    def conversation(self, identity: str) -> Conversation:
        """What is kept of the lane's conversation with one bot."""
        stored = self.conversations.get(field_of(identity))
        return _decode_conversation(stored) if stored else Conversation()

    @property
    def number(self) -> int:
        """The turn number of the newest message."""
        return self.items[-1][0]

    @property
    def last(self) -> Item:
        """The newest message: the reply belongs below it."""
        return self.items[-1][1]

    @property
    def halts_predecessor(self) -> bool:
        """Whether what came right before was halted (by this very message, if it is a stop)."""
        return 0 < self.number - 1 <= self.halted


_decode_item = msgspec.json.Decoder(Item).decode
_decode_conversation = msgspec.json.Decoder(Conversation).decode


def work_of(messages: list[bytes], fields: list[bytes], opened: bytes) -> Work:
    """The work that a lane's messages and fields are, as the store has them."""
    lane: dict[str, Any] = {
        name.decode(): value for name, value in zip(fields[::2], fields[1::2], strict=True)
    }
    return Work(
        attempt=int(lane["attempt"]),
        halted=int(lane.get("halted", 0)),
        items=tuple(_numbered(raw) for raw in messages),
        conversations=lane,
        broken=bool(opened),
        died=opened == b"running",
        deaths=int(lane.get("deaths", 0)),
    )


def field_of(identity: str) -> str:
    """Where a lane keeps its conversation with a bot."""
    return f"conversation:{identity}"


def _numbered(raw: bytes) -> tuple[int, Item]:
    number, _, item = raw.partition(b":")
    return int(number), _decode_item(item)
