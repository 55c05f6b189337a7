"""The conversations of a person: which there are, whose they are, and how one is removed."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from gateway.model import Address, Conversation
from gateway.ports import Bot, CanForget, Written
from gateway.router import user_of
from gateway.services import Services
from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.erasure import Erasure
from gateway.store.holdings import Holding, Holdings
from gateway.store.whereabouts import is_leased

PASSES = 3
"""How often what was written meanwhile is removed too."""
HALT_SECONDS = 5.0
LOOK_SECONDS = 0.02
VENDOR_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Conversations:
    """What people wrote where. Every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, services: Services) -> None:
        self._people = services.people
        self._replies = services.replies
        self._bots = services.bots
        self._connection = connection
        self._holdings = Holdings(connection)
        self._erasure = Erasure(connection)
        # Removing looks at every key there is: one after the other is enough.
        self._one = asyncio.Lock()

    async def written(self, channel: str, person: str, most: int) -> Sequence[Written]:
        """Those of a person, the newest first."""
        lanes = (await self._people.lanes(channel, person))[:most]
        newest = await asyncio.gather(*(self._replies.newest(lane) for lane in lanes))
        pairs = zip(lanes, newest, strict=True)
        return [Written(_address(lane), message) for lane, message in pairs if message]

    async def hand_over(self, channel: str, lane: str, before: str, person: str) -> None:
        """Make a lane another person's, and let its readers begin anew."""
        # In this order: a lane is never nobody's, and could be forgotten at any time.
        await self._people.note(channel, person, lane)
        await self._people.forget(channel, before, lane)
        await self._replies.begin_anew(lane)

    async def erase(self, channel: str, lane: str) -> bool:
        """Remove a lane that was halted, and ask its bots to forget it."""
        await self._settle(lane)
        async with self._one:
            people = await self._people.of_lane(lane)
            conversations = await self._remove(lane)
        for person in people:
            await self._people.forget(channel, person, lane)
        await self._forget_at_bots(conversations, user_of(lane))
        return bool(people)

    async def _settle(self, lane: str) -> None:
        """Wait until what was halted has ended; whoever goes on for longer is fenced."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HALT_SECONDS):
                while await is_leased(self._connection, lane):  # noqa: ASYNC110 - in the store
                    await asyncio.sleep(LOOK_SECONDS)

    async def _remove(self, lane: str) -> Mapping[str, Conversation]:
        """Remove a lane, and what was written meanwhile; the conversations it had at bots."""
        found: dict[str, Conversation] = {}
        for _ in range(PASSES):
            holding: Holding = (await self._holdings.read([lane]))[0]
            if holding.empty:
                break
            found |= holding.conversations
            await self._erasure.erase(holding)
        return found

    async def _forget_at_bots(self, conversations: Mapping[str, Conversation], user: str) -> None:
        for bot in self._bots.values():
            kept = conversations.get(bot.identity)
            if kept and kept.reference:
                await _forget(bot, kept.reference, user)


async def _forget(bot: Bot, reference: str, user: str) -> None:
    forgotten = False
    if isinstance(bot, CanForget):
        with suppress(TimeoutError):
            async with asyncio.timeout(VENDOR_SECONDS):
                forgotten = await bot.forget(reference, user)
    log.info("conversation erased", bot=bot.name, forgotten=forgotten)


def _address(lane: str) -> Address:
    channel, place, thread = [*keys.parts_of(lane), "", ""][:3]
    return Address(channel, place, thread)
