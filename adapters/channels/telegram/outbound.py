"""Replies out: where a reply goes, how it is shown, and what became of it."""

import zlib

from adapters.channels.telegram.abilities import Abilities
from adapters.channels.telegram.activity import Activity
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.errors import Limited, Refused, Unauthorized, Unreached, Unsure
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.memory import Memory
from adapters.channels.telegram.messages import Messages
from adapters.channels.telegram.pacing import Pace
from adapters.channels.telegram.place import Place
from adapters.channels.telegram.rendering import Rendering
from adapters.channels.telegram.tempo import Way
from adapters.channels.telegram.writer import Writer
from gateway.ports import (
    Channel,
    GatewayForChannels,
    NotSent,
    Outcome,
    Reply,
    Sent,
    StoreUnavailable,
    Undeliverable,
)

LATER_SECONDS = 5.0
"""An answer that Telegram cannot take now is tried again after this."""
MENDED_SECONDS = 60.0
"""One that it will take once an operator has mended something, after this."""


class Outbound:
    """Delivers the replies of one bot."""

    def __init__(
        self,
        channel: Channel,
        config: Config,
        gateway: GatewayForChannels,
        api: Api,
        pace: Pace,
        homes: Homes,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._api = api
        self._pace = pace
        self._homes = homes
        self._abilities = Abilities()

    async def deliver(self, reply: Reply) -> Outcome:
        """Render a reply to its end. The contract is Channel.deliver's."""
        try:
            await self._render(await self._place(reply), reply)
        except Limited as limited:
            return NotSent("limited", limited.retry_after)
        except Refused as refused:
            return _refused(refused)
        except (Unreached, Unsure, StoreUnavailable) as error:
            return NotSent(f"not sent: {type(error).__name__}", LATER_SECONDS)
        return Sent()

    async def stop(self) -> None:
        """Nothing is left to do: what an answer needs ends with it."""

    async def _render(self, place: Place, reply: Reply) -> None:
        messages = Messages(self._api, self._pace, self._homes, place, reply)
        writer = Writer(
            messages,
            self._abilities,
            self._way(place, reply),
            draft_id(reply),
            rich=self._config.rich,
        )
        memory = Memory(self._channel, self._gateway, reply)
        rendering = Rendering(self._config, self._gateway, reply, messages, writer, memory)
        activity = Activity(self._api, self._pace, place)
        if reply.messages:
            activity.begin()
        try:
            await rendering.run(activity)
        finally:
            await activity.end()

    def _way(self, place: Place, reply: Reply) -> Way:
        streaming = self._config.streaming
        if streaming == "off" or not reply.messages:
            return Way.OFF
        drafts = streaming == "auto" and place.private and self._abilities.drafts(place.chat)
        return Way.DRAFT if drafts else Way.EDIT

    async def _place(self, reply: Reply) -> Place:
        """Where a reply goes. Raises StoreUnavailable."""
        address = reply.address
        chat = await self._homes.chat_of(address.place)
        place = Place(chat, int(address.thread) if address.thread else None)
        facts = reply.messages[-1].origin.facts if reply.messages else {}
        # A group that has moved since counts its messages anew.
        if not place.private and facts.get("chat") == str(chat):
            place.reply_to = int(facts.get("message", 0)) or None
        return place


def draft_id(reply: Reply) -> int:
    """The name of an answer's draft: never 0, and the same in every attempt."""
    return zlib.crc32(reply.turn.encode()) % (2**31 - 1) + 1


def _refused(refused: Refused) -> Outcome:
    # Telegram knows no method of a token that is not right.
    if isinstance(refused, Unauthorized) or refused.code == 404:
        return NotSent("unauthorized", MENDED_SECONDS)
    return Undeliverable(str(refused))
