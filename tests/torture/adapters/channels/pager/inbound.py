"""Raw webhooks in, messages out."""

import time

import msgspec
from msgspec import Struct

from gateway.model import Address, Inbound, Origin, Person


class Paged(Struct, frozen=True):
    """What the platform says of a message."""

    id: str
    place: str
    text: str


def parse(channel: str, body: bytes) -> Inbound:
    """The message of a webhook. Raises msgspec.DecodeError."""
    paged = msgspec.json.decode(body, type=Paged)
    return Inbound(
        id=paged.id,
        origin=Origin(Address(channel, paged.place), Person(paged.place, locale="en")),
        text=paged.text,
        received_at=time.time(),
    )
