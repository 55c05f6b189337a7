"""Raw messages in, what they mean out. Nothing here knows the network or the store."""

import time
from collections.abc import Collection
from typing import TypeVar

import msgspec
from msgspec import Struct

from adapters.channels.telegram import addressing, contents, utf16
from adapters.channels.telegram.addressing import Said, Us
from adapters.channels.telegram.wire import Below, Chat, Message, User
from gateway.model import Address, Attachment, Inbound, Origin, Person

Wired = TypeVar("Wired")


class Door(Struct, frozen=True):
    """How a bot takes messages. ``file_most`` is in bytes.

    ``everything`` says that in groups it answers all it can see.
    """

    name: str
    us: Us
    everything: bool = False
    allow_bots: Collection[str] = ()
    file_most: int = 0


class Asked(Struct, frozen=True):
    """Something was said.

    ``called`` says that it is meant for the bot. What is not may still be a part of what is:
    ``series`` names what it would be a part of. ``anew`` says that a new conversation begins
    with it.
    """

    inbound: Inbound
    called: bool
    series: str
    anew: bool = False


def parse(kind: type[Wired], raw: object) -> Wired:
    """A part of an update, typed. Raises msgspec.ValidationError, which names no values."""
    return msgspec.convert(raw, kind)


def read(message: Message, door: Door, place: str) -> Asked | None:
    """What a message means in a chat whose conversations are those of ``place``.

    None when nobody who is answered said it, or nothing is said with it.
    """
    person = _author(message, door)
    if not person:
        return None
    text, entities = contents.words(message)
    said = addressing.understood(text, entities, door.us)
    attached = contents.files(message, door.file_most)
    if (said.other and not message.chat.private) or not (text or attached):
        return None
    more = bool(message.media_group_id) or utf16.length(message.text) >= utf16.MESSAGE_MOST
    inbound = Inbound(
        id=f"{message.chat.id}:{message.message_id}",
        origin=_origin(message, door, place, person, said),
        text=_whole(message, said, door) or ("" if attached else "/help"),
        received_at=time.time(),
        attachments=attached + _files_above(message, said, door),
        more=more,
    )
    series = f"{message.chat.id}:{message.media_group_id or person.id}"
    return Asked(inbound, _called(message, said, door), series, said.anew)


def edited(asked: Asked, message: Message) -> Asked:
    """The same, said differently afterwards."""
    name = f"{asked.inbound.id}:{message.edit_date}"
    return msgspec.structs.replace(asked, inbound=msgspec.structs.replace(asked.inbound, id=name))


def beginning(asked: Asked) -> Inbound:
    """What comes before a message that a new conversation begins with."""
    inbound = asked.inbound
    return Inbound(
        id=f"{inbound.id}:new",
        origin=inbound.origin,
        text="/new",
        received_at=inbound.received_at,
    )


def origin(
    door_name: str,
    chat: Chat,
    place: str,
    thread: str,
    person: Person,
    facts: dict[str, str] | None = None,
) -> Origin:
    """Who does something where."""
    known = {"chat": str(chat.id), "chat_type": chat.type, "thread": thread}
    return Origin(Address(door_name, place, thread), person, known | (facts or {}))


def person_of(user: User) -> Person:
    """Somebody, as the gateway knows them."""
    name = f"{user.first_name} {user.last_name}".strip()
    return Person(str(user.id), name or user.username, user.language_code)


def pressed(door_name: str, below: Below, place: str, thread: str, user: User) -> Origin:
    """Who pressed a button below a message, in the conversation of that message."""
    facts = {
        "user": str(user.id),
        "username": user.username,
        "message": str(below.message_id),
    }
    return origin(door_name, below.chat, place, thread, person_of(user), facts)


def _origin(message: Message, door: Door, place: str, person: Person, said: Said) -> Origin:
    user = message.from_
    facts: dict[str, str] = {
        "user": str(user.id) if user else "",
        "username": user.username if user else "",
        "message": str(message.message_id),
    }
    if said.start:
        facts["start"] = said.start
    return origin(door.name, message.chat, place, message.thread, person, facts)


def _author(message: Message, door: Door) -> Person | None:
    """Who said it; None when nobody who is answered did."""
    user, chat = message.from_, message.sender_chat
    if message.chat.type == "channel" or (user and user.id == door.us.id):
        return None
    if message.via_bot and not _allowed(message.via_bot, door):
        return None
    if chat:
        # An anonymous admin or a channel: the user is one of Telegram's own, the same for all.
        return Person(f"chat:{chat.id}", chat.title or chat.username)
    if not user or (user.is_bot and not _allowed(user, door)):
        return None
    return person_of(user)


def _allowed(user: User, door: Door) -> bool:
    names = {str(user.id), user.username.lower()} - {""}
    return bool(names & set(door.allow_bots))


def _called(message: Message, said: Said, door: Door) -> bool:
    if message.chat.private or said.called:
        return True
    # What a channel posts is shown in its group by itself, and is no question to anybody.
    everything = door.everything and not message.is_automatic_forward
    return everything or addressing.replies(message, door.us)


def _whole(message: Message, said: Said, door: Door) -> str:
    """What is said, below what it is said about."""
    above = "" if _is_command(said) else _above(message, door)
    return "\n\n".join(part for part in (above, said.text) if part)


def _above(message: Message, door: Door) -> str:
    replied, quote = addressing.replied(message), message.quote
    if addressing.replies(message, door.us):
        # The bot knows what it said, and not which part of it is meant.
        return contents.quoted(quote.text) if quote and quote.is_manual else ""
    if quote:
        return contents.quoted(quote.text)
    return contents.quoted(contents.words(replied)[0]) if replied else ""


def _files_above(message: Message, said: Said, door: Door) -> tuple[Attachment, ...]:
    replied = addressing.replied(message)
    if not replied or _is_command(said) or addressing.replies(message, door.us):
        return ()
    return contents.files(replied, door.file_most)


def _is_command(said: Said) -> bool:
    return said.text in ("/start", "/new", "/stop", "/help")
