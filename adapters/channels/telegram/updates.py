"""Updates: each thing that happened in Telegram, and what is done for it. Webhook and polling."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from adapters.channels.telegram import inbound
from adapters.channels.telegram.addressing import Us
from adapters.channels.telegram.callbacks import Callbacks
from adapters.channels.telegram.config import MB, Config
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.identity import Identity
from adapters.channels.telegram.inbound import Door, parse
from adapters.channels.telegram.intake import Intake
from adapters.channels.telegram.ratings import Ratings
from adapters.channels.telegram.wire import (
    Chat,
    Membership,
    Message,
    Press,
    Reaction,
    Stopped,
)
from gateway.model import Person
from gateway.ports import Channel, GatewayForChannels, NotRouted, StoreUnavailable

POISON_SECONDS = 7 * 24 * 3600
OUT = frozenset({"left", "kicked"})
"""What the bot is in a chat that it may no longer write to."""
UNASKED = (
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "guest_message",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "subscription",
)
"""Kinds of updates that Telegram has and the gateway does nothing with."""

log = structlog.get_logger(__name__)
Update = dict[str, Any]


class Updates:
    """Does what updates ask for."""

    def __init__(
        self,
        channel: Channel,
        config: Config,
        gateway: GatewayForChannels,
        identity: Identity,
        homes: Homes,
        intake: Intake,
        callbacks: Callbacks,
        ratings: Ratings,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._identity = identity
        self._homes = homes
        self._intake = intake
        self._callbacks = callbacks
        self._ratings = ratings
        self._log = log.bind(channel=channel.name)
        self._ignored: set[str] = set()
        self._kinds: dict[str, Callable[[Any], Awaitable[None]]] = {
            "message": self._message,
            "edited_message": self._edited,
            "callback_query": self._press,
            "message_reaction": self._reaction,
            "my_chat_member": self._membership,
            "stopped_message_generation": self._stopped,
        }

    async def heed(self, update: Update) -> None:
        """Do it, durably where it is a message. Raises StoreUnavailable only.

        What no code can digest is kept for the operator, and counts as done: held back it would
        hold up all that comes behind it.
        """
        kind = next((kind for kind in self._kinds if kind in update), "")
        if not kind:
            self._ignore(update)
            return
        try:
            await self._kinds[kind](update[kind])
        except StoreUnavailable:
            raise
        except NotRouted:
            self._log.info("an update without a route", kind=kind)
        except Exception as error:
            await self._bury(update, kind, error)

    async def _message(self, raw: object) -> None:
        message = parse(Message, raw)
        chat = message.chat
        if message.migrate_to_chat_id:
            await self._homes.moved(chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id:
            await self._homes.moved(message.migrate_from_chat_id, chat.id)
        elif asked := await self._read(message):
            await self._intake.ask(asked)

    async def _edited(self, raw: object) -> None:
        if self._config.edits == "ignore":
            return
        message = parse(Message, raw)
        # Telegram also calls it an edit when somebody moves with a live location.
        if not message.edit_date or not (message.text or message.caption):
            return
        asked = await self._read(message)
        if asked and asked.called and not await self._intake.knows(asked.inbound):
            await self._intake.ask(inbound.edited(asked, message))

    async def _read(self, message: Message) -> inbound.Asked | None:
        place = await self._homes.place_of(message.chat.id)
        return inbound.read(message, self._door(await self._us(message.chat)), place)

    async def _press(self, raw: object) -> None:
        await self._callbacks.heed(parse(Press, raw))

    async def _reaction(self, raw: object) -> None:
        await self._ratings.heed(parse(Reaction, raw))

    async def _membership(self, raw: object) -> None:
        member = parse(Membership, raw)
        if member.new_chat_member.status in OUT:
            self._log.info("the bot was blocked or removed", chat_type=_known(member.chat))
            await self._halt(member.chat, "")

    async def _stopped(self, raw: object) -> None:
        stopped = parse(Stopped, raw)
        await self._halt(stopped.chat, str(stopped.message_thread_id or ""))

    async def _halt(self, chat: Chat, thread: str) -> None:
        # In a private chat, the only kind with drafts, the person has the chat's number.
        person = Person(str(chat.id))
        place = await self._homes.place_of(chat.id)
        await self._gateway.halt(inbound.origin(self._channel.name, chat, place, thread, person))

    async def _us(self, chat: Chat) -> Us:
        return self._identity.known if chat.private else await self._identity.us()

    def _door(self, us: Us) -> Door:
        config = self._config
        return Door(
            self._channel.name,
            us,
            everything=config.group_replies == "all",
            allow_bots=config.allow_bots,
            file_most=config.max_file_mb * MB,
        )

    def _ignore(self, update: Update) -> None:
        # Only names that are Telegram's: what else is in an update may be anybody's words.
        kind = next((kind for kind in UNASKED if kind in update), "unknown")
        if kind not in self._ignored:
            self._ignored.add(kind)
            self._log.info("updates of this kind are ignored", kind=kind)

    async def _bury(self, update: Update, kind: str, error: Exception) -> None:
        """Keep what could not be digested. Raises StoreUnavailable."""
        number = update.get("update_id")
        # Neither the error's text nor its values: they may be a message's.
        self._log.error(
            "an update could not be understood and is kept for seven days",
            kind=kind,
            update=number,
            error=type(error).__name__,
        )
        poison = json.dumps({"error": type(error).__name__, "update": update}).encode()
        await self._gateway.remember(self._channel, f"poison:{number}", poison, POISON_SECONDS)


def _known(chat: Chat) -> str:
    return chat.type if chat.type in ("private", "group", "supergroup", "channel") else "unknown"
