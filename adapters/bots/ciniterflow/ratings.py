"""What people think of a flow's answers, passed on."""

import structlog

from adapters.bots.ciniterflow import session
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.client import Rating as Thumb
from adapters.bots.errors import ClientError
from gateway.model import Answered, Rating
from gateway.ports import Bot, GatewayForBots, StoreUnavailable

_THUMBS: dict[Rating, Thumb] = {Rating.LIKE: "THUMBS_UP", Rating.DISLIKE: "THUMBS_DOWN"}
_KEPT = 90 * 24 * 3600

log = structlog.get_logger()


class Ratings:
    """Rates answers, each of them once: the server keeps one rating of an answer, and whoever
    wants to change it must know its id."""

    def __init__(self, bot: Bot, gateway: GatewayForBots, client: Client) -> None:
        self._bot = bot
        self._gateway = gateway
        self._client = client

    async def give(self, answered: Answered, rating: Rating, comment: str) -> bool:
        """Whether the server took it. Does not raise. A rating cannot be taken back."""
        here = session.decode(answered.conversation)
        thumb = _THUMBS.get(rating)
        if not here or not thumb or not answered.answer:
            return False
        try:
            if known := await self._known(answered.answer):
                await self._client.rate_anew(known, thumb, comment)
            else:
                made = await self._client.rate(here.chat, answered.answer, thumb, comment)
                await self._remember(answered.answer, made)
        except ClientError as error:
            log.warning("ciniterflow.rating_failed", bot=self._bot.name, error=str(error))
            return False
        return True

    async def _known(self, answer: str) -> str:
        try:
            return (await self._gateway.recall(self._bot, _key(answer)) or b"").decode()
        except StoreUnavailable:
            return ""

    async def _remember(self, answer: str, rating: str) -> None:
        try:
            await self._gateway.remember(self._bot, _key(answer), rating.encode(), _KEPT)
        except StoreUnavailable:
            log.warning("ciniterflow.rating_not_remembered", bot=self._bot.name)


def _key(answer: str) -> str:
    return f"rating:{answer}"
