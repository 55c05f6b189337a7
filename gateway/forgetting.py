"""Forgetting: everything about a person, in the store and, where they can, at the bots."""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gateway.config import Config
from gateway.dispatcher import Halt
from gateway.live import started
from gateway.ports import Bot, CanForget
from gateway.router import user_of
from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.erasure import Erasure
from gateway.store.holdings import Holding, Holdings
from gateway.store.inbox import Inbox
from gateway.store.people import People
from gateway.store.survey import buckets, memories
from gateway.store.whereabouts import is_leased

HALT_SECONDS = 10.0
"""For running turns to end; whoever is still at work then is fenced."""
HALT_LOOK_SECONDS = 0.05
VENDOR_SECONDS = 30.0
PASSES = 3
"""How often what was written meanwhile is removed too."""


class Lanes(Struct, frozen=True):
    """Where a person wrote: alone, and together with how many others."""

    own: tuple[str, ...] = ()
    shared: dict[str, int] = {}

    @property
    def known(self) -> bool:
        """Whether the person is known at all."""
        return bool(self.own or self.shared)


class AtBot(Struct, frozen=True):
    """What became of a conversation at the bot. ``problem`` is empty when it was removed."""

    lane: str
    bot: str
    conversation: str
    problem: str = ""


class Forgotten(Struct, frozen=True):
    """What was done. ``left`` are lanes in which something was written again meanwhile."""

    removed: tuple[Holding, ...]
    at_bots: tuple[AtBot, ...]
    left: tuple[str, ...] = ()


class Forgetting:
    """Finds and forgets people. Every method may raise StoreUnavailable."""

    def __init__(self, config: Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection
        self._people = People(connection, config.limits.conversation_days)
        self._inbox = Inbox(connection, "operator", config.limits)
        self._holdings = Holdings(connection)
        self._erasure = Erasure(connection)

    async def find(self, channel: str, person: str) -> Lanes:
        """Where a person wrote."""
        own, shared = [], {}
        for lane in await self._people.lanes(channel, person):
            if others := len(set(await self._people.of_lane(lane)) - {person}):
                shared[lane] = others
            else:
                own.append(lane)
        return Lanes(tuple(own), shared)

    async def read(self, lanes: Sequence[str]) -> list[Holding]:
        """All that there is of some lanes."""
        return await self._holdings.read(lanes)

    async def remembered(self, channel: str, person: str) -> dict[str, bytes]:
        """What the channel's adapter keeps of a person."""
        return await memories(self._connection, channel, person)

    async def forget(self, channel: str, person: str, lanes: Sequence[str]) -> Forgotten:
        """Remove some lanes of a person, for whoever else wrote there too. Safe to repeat."""
        people = {lane: {person, *await self._people.of_lane(lane)} for lane in lanes}
        await self._halt(lanes)
        holdings = await self._holdings.read(lanes)
        at_bots = await self._forget_at_bots(holdings)
        left = await self._erase(holdings)
        for lane in set(lanes) - set(left):
            for each in people[lane]:
                await self._people.forget(channel, each, lane)
        names = [keys.lane_name(channel, person), keys.part(person), *lanes]
        await self._erasure.unlink(await buckets(self._connection, names))
        await self._erasure.unlink(list(await self.remembered(channel, person)))
        return Forgotten(tuple(holdings), tuple(at_bots), tuple(left))

    async def _erase(self, holdings: list[Holding]) -> list[str]:
        """Remove lanes, and look again; those in which there still is something."""
        for _ in range(PASSES):
            for holding in holdings:
                await self._erasure.erase(holding)
            found = await self._holdings.read([holding.lane for holding in holdings])
            holdings = [holding for holding in found if not holding.empty]
            if not holdings:
                break
        return [holding.lane for holding in holdings]

    async def _halt(self, lanes: Sequence[str]) -> None:
        """Stop what is running, and wait for it within HALT_SECONDS."""
        running = await self._running(lanes)
        for lane in running:
            if upto := await self._inbox.halt(lane):
                message = msgspec.json.encode(Halt(lane, upto))
                await self._connection.execute("PUBLISH", keys.CONTROL, message)
        until = time.monotonic() + HALT_SECONDS
        while running and time.monotonic() < until:
            await asyncio.sleep(HALT_LOOK_SECONDS)
            running = await self._running(running)

    async def _running(self, lanes: Sequence[str]) -> list[str]:
        return [lane for lane in lanes if await is_leased(self._connection, lane)]

    async def _forget_at_bots(self, holdings: Sequence[Holding]) -> list[AtBot]:
        wanted = [
            (holding.lane, identity, kept.reference)
            for holding in holdings
            for identity, kept in holding.conversations.items()
            if kept.reference
        ]
        told: dict[tuple[str, str, str], AtBot] = {}
        for name in self._config.bots if wanted else ():
            async with started(self._config, name) as (bot, _):
                for lane, identity, reference in wanted:
                    if identity == bot.identity:
                        told[lane, identity, reference] = await forget_at(bot, lane, reference)
        return [told.get(each) or _nobody(*each) for each in wanted]


async def forget_at(bot: Bot, lane: str, conversation: str) -> AtBot:
    """Have a bot remove a conversation, if it can, within VENDOR_SECONDS."""
    if not isinstance(bot, CanForget):
        return AtBot(lane, bot.name, conversation, "the bot cannot remove conversations")
    try:
        async with asyncio.timeout(VENDOR_SECONDS):
            removed = await bot.forget(conversation, user_of(lane))
    except TimeoutError:
        removed = False
    return AtBot(lane, bot.name, conversation, "" if removed else "it could not be removed now")


def _nobody(lane: str, identity: str, conversation: str) -> AtBot:
    return AtBot(lane, identity, conversation, "no bot of the configuration has it")
