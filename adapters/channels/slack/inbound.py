"""Raw events in, what they mean out. Nothing here knows the network or the store."""

import time
from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from adapters.channels.slack import mrkdwn
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.wire import File, Message, User
from gateway.model import Address, Inbound, Origin, Person

FILES_MOST = 10
MESSAGES = frozenset({None, "file_share", "thread_broadcast"})
"""The subtypes that are something a person said."""
SLACKBOT = "USLACKBOT"
COMMANDS = {
    "stop": "/stop",
    "dừng": "/stop",
    "dừng lại": "/stop",
    "new": "/new",
    "mới": "/new",
    "help": "/help",
    "trợ giúp": "/help",
}
"""Messages that consist of one of these are commands: here a slash begins another kind."""

Wired = TypeVar("Wired")


class Door(Struct, frozen=True):
    """Where an event came in: the configured channel, and the workspace behind it.

    ``team`` is the workspace of the event itself; ``shared`` says that strangers' organisations
    take part there.
    """

    name: str
    installation: Installation
    single: bool = False
    allow_bots: Collection[str] = ()
    team: str = ""
    shared: bool = False


class Asked(Struct, frozen=True):
    """Something was said.

    ``called`` says that it is meant for the bot for certain: a direct message, or a mention.
    ``aside`` says that it begins by turning to somebody else.
    """

    inbound: Inbound
    files: tuple[File, ...] = ()
    called: bool = False
    aside: bool = False


class Edited(Struct, frozen=True):
    """Something was said differently afterwards."""

    asked: Asked


class Deleted(Struct, frozen=True):
    """Something was taken back."""

    origin: Origin


def parse(kind: type[Wired], raw: object) -> Wired:
    """A part of an event, typed. Raises msgspec.ValidationError, which names no values."""
    return msgspec.convert(raw, kind)


def read(event: dict[str, Any], door: Door) -> Asked | Edited | Deleted | None:
    """What a message event means; None when it is nothing to the bot.

    Raises msgspec.ValidationError.
    """
    message = parse(Message, event)
    if message.subtype == "message_changed":
        return _edited(message, door)
    if message.subtype == "message_deleted":
        return _deleted(message, door)
    called = event.get("type") == "app_mention"
    return _asked(message, door, called=called) if not message.hidden else None


def origin(
    door: Door,
    channel: str,
    user: str,
    *,
    ts: str = "",
    thread: str | None = None,
    team: str | None = None,
    kind: str | None = None,
    name: str = "",
) -> Origin:
    """Who speaks from where. ``team`` is the person's own, as far as the event says it."""
    kind = kind or channel_type(channel)
    alone = door.single and kind == "im"
    home = team or door.team or door.installation.home
    facts = {
        "team": home,
        "workspace": home,
        "user": user,
        "slack_channel": channel,
        "slack_channel_type": kind,
        "ts": ts,
        "thread": (thread or "") if alone else (thread or ts),
    }
    place = f"{door.installation.home}:{channel}"
    address = Address(door.name, place, "" if alone else facts["thread"])
    return Origin(address, Person(f"{_realm(door, home)}:{user}", name), facts)


def pressed_by(door: Door, user: User, channel: str, message: Message) -> Origin:
    """Who pressed something below a message, in the conversation of that message."""
    thread = message.thread_ts
    return origin(door, channel, user.id, ts=message.ts, thread=thread, team=user.team_id)


def channel_type(channel: str) -> str:
    """What a channel's id says of it, where the event does not."""
    return {"D": "im", "G": "group"}.get(channel[:1], "channel")


def command(text: str) -> str:
    """The text, or the command that it stands for."""
    return COMMANDS.get(text.strip(" \t\n.!").casefold(), text)


def _asked(message: Message, door: Door, *, called: bool) -> Asked | None:
    author, channel = _author(message, door), message.channel or ""
    if not author or not channel or not message.ts:
        return None
    bot, raw = door.installation.bot_user, message.text or ""
    direct = _kind(message) == "im"
    called = called or direct or mrkdwn.mentions(raw, bot)
    where = origin(
        door,
        channel,
        author,
        ts=message.ts,
        thread=message.thread_ts,
        team=message.user_team or message.source_team or message.team,
        kind=_kind(message),
        name=message.username or "",
    )
    text = command(mrkdwn.plain(mrkdwn.without_leading_mention(raw, bot)).strip())
    files = tuple(message.files or ())[:FILES_MOST]
    inbound = Inbound(
        id=f"{channel}:{message.ts}",
        origin=where,
        # A mention with nothing behind it asks what the bot is there for.
        text=text or ("" if files else "/help"),
        received_at=time.time(),
    )
    return Asked(inbound, files, called, mrkdwn.first_mention(raw) not in ("", bot))


def _edited(event: Message, door: Door) -> Edited | None:
    new, old = event.message, event.previous_message
    # Unfurled links and translations change a message, too.
    if not new or not new.edited or (old and old.text == new.text):
        return None
    asked = _asked(_within(new, event), door, called=False)
    if not asked:
        return None
    name = f"{asked.inbound.id}:{new.edited.ts}"
    return Edited(msgspec.structs.replace(asked, inbound=_renamed(asked.inbound, name)))


def _deleted(event: Message, door: Door) -> Deleted | None:
    old = event.previous_message
    asked = _asked(_within(old, event), door, called=False) if old else None
    return Deleted(asked.inbound.origin) if asked else None


def _within(message: Message, event: Message) -> Message:
    return msgspec.structs.replace(
        message, channel=event.channel, channel_type=event.channel_type, hidden=False
    )


def _renamed(inbound: Inbound, name: str) -> Inbound:
    return msgspec.structs.replace(inbound, id=name)


def _author(message: Message, door: Door) -> str:
    """Who said it; empty when nobody who is answered did."""
    if message.bot_id or message.subtype == "bot_message":
        return _bot(message, door)
    if message.subtype not in MESSAGES or message.user in (None, "", "USLACK", SLACKBOT):
        return ""
    return "" if message.user == door.installation.bot_user else message.user or ""


def _bot(message: Message, door: Door) -> str:
    own = {door.installation.bot_id, door.installation.bot_user, door.installation.app} - {""}
    ids = {message.bot_id, message.app_id, message.user} - {None}
    allowed = message.subtype in MESSAGES | {"bot_message"} and ids & set(door.allow_bots)
    return (message.user or message.bot_id or "") if allowed and not ids & own else ""


def _kind(message: Message) -> str:
    # The messages tab of an app calls itself app_home, and is a direct message.
    channel = message.channel or ""
    kind = message.channel_type or channel_type(channel)
    return "im" if kind == "app_home" or channel.startswith("D") else kind


def _realm(door: Door, home: str) -> str:
    """What makes a person's id unique: the organisation where there is one, else the team."""
    installation = door.installation
    inside = home == installation.team
    if not door.shared:
        inside = inside or home == door.team or not installation.team
    return (installation.enterprise if inside else "") or home
