"""Ratings: what people think of an answer, by its message."""

import msgspec
from msgspec import Struct

from adapters.channels.slack.wire import Reaction
from gateway.model import Address, Origin, Person, Rating
from gateway.ports import Channel, GatewayForChannels

REACTIONS = {
    "+1": Rating.LIKE,
    "thumbsup": Rating.LIKE,
    "-1": Rating.DISLIKE,
    "thumbsdown": Rating.DISLIKE,
}
PRESSED_SECONDS = 30 * 24 * 3600


class Turn(Struct, frozen=True):
    """Which turn a message answers, as it was noted when the answer was sent."""

    turn: str
    place: str
    thread: str = ""
    person: str = ""


class Ratings:
    """Passes ratings on to the bot. Every method raises StoreUnavailable."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._gateway = gateway

    async def find(self, channel: str, ts: str) -> Turn | None:
        """The turn that a message answers; None when it is no answer, or is too old."""
        kept = await self._gateway.recall(self._channel, f"turn:{channel}:{ts}")
        return msgspec.json.decode(kept, type=Turn) if kept else None

    async def rate(self, turn: Turn, rating: Rating, comment: str = "") -> bool:
        """Tell the bot, which takes seconds; whether it heard. Raises NotRouted, too."""
        return await self._gateway.rate(self._origin(turn), turn.turn, rating, comment)

    async def pressed(self, channel: str, ts: str, person: str, value: str, at: str) -> Rating:
        """What a press means: the same button again takes it back; the same press again is one."""
        key = f"rating:{channel}:{ts}:{person}"
        kept = (await self._gateway.recall(self._channel, key) or b"").decode()
        before, _, when = kept.partition("@")
        rating = Rating(value)
        if when != at and before == rating:
            rating = Rating.NONE
        elif when == at:
            return Rating(before)
        note = f"{rating}@{at}".encode()
        await self._gateway.remember(self._channel, key, note, PRESSED_SECONDS)
        return rating

    def _origin(self, turn: Turn) -> Origin:
        # Whoever rates, the conversation is that of the person who asked.
        address = Address(self._channel.name, turn.place, turn.thread)
        channel = turn.place.rpartition(":")[2]
        return Origin(address, Person(turn.person), {"slack_channel": channel})


def meaning(reaction: Reaction) -> Rating | None:
    """What an emoji says of an answer; None when it says nothing."""
    # A skin tone goes behind two colons.
    rating = REACTIONS.get(reaction.reaction.partition("::")[0])
    if rating and reaction.type == "reaction_removed":
        return Rating.NONE
    return rating
