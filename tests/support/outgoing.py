"""What a channel is handed to deliver a reply, without a gateway behind it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec

from gateway.delivery import Delivery
from gateway.model import (
    Address,
    Attachment,
    EndState,
    Inbound,
    Origin,
    Person,
    Rating,
    ShownEvent,
)
from gateway.ports import FileGone, StoreUnavailable
from gateway.texts import Texts


class Notes:
    """A journal in memory. While ``away`` is above 0 each call fails, and counts it down."""

    def __init__(self, parts: dict[str, str] | None = None, shown: str = "") -> None:
        self.parts = parts or {}
        self.shown = shown
        self.shows: list[str] = []
        self.away = 0

    async def show(self, text: str) -> None:
        self._reach()
        self.shown = text
        self.shows.append(text)

    async def begin(self, part: str) -> None:
        self._reach()
        self.parts[part] = ""

    async def finish(self, part: str, name: str) -> None:
        self._reach()
        assert name
        self.parts[part] = name

    async def withdraw(self, part: str) -> None:
        self._reach()
        self.parts.pop(part, None)

    def _reach(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailable


class Given:
    """A GatewayForChannels that keeps everything in memory, and limits what it is told to."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.public_url = "https://chat.example.com"
        self.memory: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.halted: list[Origin] = []
        self.asked: dict[str, int] = defaultdict(int)
        self.waits: dict[str, list[float]] = defaultdict(list)
        """Per method: what the next calls have to wait, one each."""

    async def allow(self, bucket: str, per_minute: int) -> float:
        self.asked[bucket] += 1
        queue = next((queue for name, queue in self.waits.items() if name in bucket), [])
        return queue.pop(0) if queue else 0.0

    async def remember(self, channel: Any, key: str, value: bytes, seconds: int) -> None:
        self.memory[key] = value

    async def halt(self, origin: Origin) -> bool:
        self.halted.append(origin)
        return True

    async def rate(self, origin: Origin, turn: str, rating: Rating, comment: str = "") -> bool:
        return True

    async def read(self, attachment: Attachment) -> bytes:
        try:
            return self.files[attachment.content]
        except KeyError:
            raise FileGone from None

    def file_path(self, attachment: Attachment) -> str:
        return f"/files/{attachment.content}"

    def text(self, locale: str, key: str, **values: object) -> str:
        return Texts().get(locale, key, **values)

    def remembered(self, key: str) -> Any:
        return msgspec.json.decode(self.memory[key])


class Log:
    """Nothing is written to it."""

    def append(self, kind: str, data: object) -> None:
        raise AssertionError("this channel keeps no log")


def delivery(
    place: str, thread: str, journal: Notes, facts: dict[str, str] | None = None, turn: str = "7"
) -> Delivery:
    """A reply to a message with these facts; to nobody's when there are none."""
    person = Person("T1:U1", locale="en")
    origin = Origin(Address("slack", place, thread), person, facts or {})
    asked = Inbound(id=f"{place}:1", origin=origin, text="?", received_at=0.0)
    return Delivery(turn, origin, (asked,) if facts else (), Log(), journal, 400_000)


async def told(
    reply: Delivery,
    events: Sequence[ShownEvent],
    state: EndState = EndState.DONE,
    notice: str = "",
    pause: float = 0.0,
) -> None:
    """Tell a reply to its end, with a pause after each event."""
    for event in events:
        reply.show(event)
        await asyncio.sleep(pause)
    reply.end(state, notice)
