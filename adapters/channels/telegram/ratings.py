"""Ratings: what people think of an answer, by a button below it or a reaction to it."""

import msgspec
from msgspec import Struct

from adapters.channels.background import Background
from adapters.channels.telegram.inbound import origin
from adapters.channels.telegram.wire import Chat, Reaction
from gateway.model import Person, Rating
from gateway.ports import Channel, GatewayForChannels

REACTIONS = {"👍": Rating.LIKE, "👎": Rating.DISLIKE}
RATED_SECONDS = 30 * 24 * 3600


class Answer(Struct, frozen=True):
    """Which turn a message answers, and whose, as it was noted when the answer was sent."""

    turn: str
    place: str
    thread: str = ""
    person: str = ""


class Ratings:
    """Passes ratings on to the bot. Its methods raise StoreUnavailable."""

    def __init__(
        self, channel: Channel, gateway: GatewayForChannels, background: Background
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._background = background

    async def find(self, chat: int, message: int) -> Answer | None:
        """What a message answers; None when it is no answer, or is too old."""
        kept = await self._gateway.recall(self._channel, f"sent:{chat}:{message}")
        return msgspec.json.decode(kept, type=Answer) if kept else None

    async def heed(self, reaction: Reaction) -> None:
        """Rate an answer by a reaction to it, if that comes from whoever asked."""
        rating = meaning(reaction)
        if rating is None:
            return
        answer = await self.find(reaction.chat.id, reaction.message_id)
        user = str(reaction.user.id) if reaction.user else ""
        if answer and may(answer.person, user):
            self._background.start("rating", self.rate(reaction.chat, answer, rating))

    async def claim(self, answer: Answer, user: str) -> bool:
        """Whether the answer has no rating by a button yet; now it has."""
        # The user, so that it is found when they want to be forgotten.
        return await self._gateway.claim(
            self._channel, _rated(answer), user.encode(), RATED_SECONDS
        )

    async def unclaim(self, answer: Answer) -> None:
        """Let the answer be rated again: the bot did not take it."""
        await self._gateway.drop(self._channel, _rated(answer))

    async def rate(self, chat: Chat, answer: Answer, rating: Rating) -> bool:
        """Tell the bot, which takes seconds; whether it heard. Raises NotRouted, too."""
        person = Person(answer.person)
        where = origin(self._channel.name, chat, answer.place, answer.thread, person)
        return await self._gateway.rate(where, answer.turn, rating)


def may(asker: str, user: str) -> bool:
    """Whether a user may use what is below an answer to ``asker``.

    Who asked as a chat (an anonymous admin, a channel) acts under another name when pressing.
    """
    return not asker or asker == user or asker.startswith("chat:")


def meaning(reaction: Reaction) -> Rating | None:
    """What a change of reactions says of an answer; None when it says nothing."""
    now, before = (
        {REACTIONS[each.emoji] for each in emojis if each.emoji in REACTIONS}
        for emojis in (reaction.new_reaction, reaction.old_reaction)
    )
    if now == before:
        return None
    return next(iter(now), Rating.NONE)


def _rated(answer: Answer) -> str:
    return f"rated:{answer.place}:{answer.thread}:{answer.person}:{answer.turn}"
