"""The parts of Telegram's updates that the gateway reads, typed. All else in them is left alone."""

from typing import Any

from msgspec import Struct, field


class Chat(Struct, frozen=True):
    """Where something was said."""

    id: int
    type: str = ""
    title: str = ""
    username: str = ""

    @property
    def private(self) -> bool:
        """Whether one person talks to the bot there."""
        return self.type == "private"


class User(Struct, frozen=True):
    """Who did something."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class Entity(Struct, frozen=True):
    """A stretch of a text, counted in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    user: User | None = None


class Media(Struct, frozen=True):
    """A file at Telegram, of whatever kind."""

    file_id: str
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0
    width: int = 0
    height: int = 0


class Sticker(Struct, frozen=True):
    """A sticker; its emoji says what it means."""

    emoji: str = ""


class Contact(Struct, frozen=True):
    """Somebody's telephone number."""

    first_name: str = ""
    last_name: str = ""
    phone_number: str = ""


class Location(Struct, frozen=True):
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


class Venue(Struct, frozen=True):
    """A place with a name."""

    location: Location
    title: str = ""
    address: str = ""


class Line(Struct, frozen=True):
    """One answer of a poll, or one task of a checklist."""

    text: str = ""


class Poll(Struct, frozen=True):
    """A question to many."""

    question: str = ""
    options: list[Line] = []


class Checklist(Struct, frozen=True):
    """Things to be done."""

    title: str = ""
    tasks: list[Line] = []


class Dice(Struct, frozen=True):
    """A thrown die, or another game of chance."""

    emoji: str = ""
    value: int = 0


class Quote(Struct, frozen=True):
    """The part of a message that is replied to."""

    text: str = ""
    is_manual: bool = False


class Placed(Struct, frozen=True):
    """A message, as far as its place in a chat goes."""

    message_id: int
    chat: Chat
    message_thread_id: int = 0
    is_topic_message: bool = False

    @property
    def thread(self) -> str:
        """The topic it belongs to; empty outside of topics."""
        # In a group without topics this is only the beginning of a chain of replies.
        inside = self.is_topic_message or self.chat.private
        return str(self.message_thread_id) if inside and self.message_thread_id else ""


class Message(Placed, frozen=True):
    """Something that was said. ``edit_date`` is in seconds since the epoch."""

    edit_date: int = 0
    from_: User | None = field(name="from", default=None)
    sender_chat: Chat | None = None
    via_bot: User | None = None
    is_automatic_forward: bool = False
    reply_to_message: "Message | None" = None
    quote: Quote | None = None
    media_group_id: str = ""
    text: str = ""
    entities: list[Entity] = []
    caption: str = ""
    caption_entities: list[Entity] = []
    rich_message: Any = None
    photo: list[Media] = []
    document: Media | None = None
    audio: Media | None = None
    voice: Media | None = None
    video: Media | None = None
    video_note: Media | None = None
    animation: Media | None = None
    sticker: Sticker | None = None
    contact: Contact | None = None
    location: Location | None = None
    venue: Venue | None = None
    poll: Poll | None = None
    checklist: Checklist | None = None
    dice: Dice | None = None
    migrate_to_chat_id: int = 0
    migrate_from_chat_id: int = 0


class Keyboard(Struct, frozen=True):
    """The buttons below a message, as they are."""

    inline_keyboard: list[list[dict[str, Any]]] = []


class Below(Placed, frozen=True):
    """The message with the button that was pressed; of an old one only its name is known."""

    reply_markup: Keyboard | None = None


class Press(Struct, frozen=True):
    """A press of a button."""

    id: str
    from_: User = field(name="from")
    data: str = ""
    message: Below | None = None


class Emoji(Struct, frozen=True):
    """One reaction; other kinds than emoji have none."""

    emoji: str = ""


class Reaction(Struct, frozen=True):
    """What somebody's reactions to a message were, and are now."""

    chat: Chat
    message_id: int
    user: User | None = None
    old_reaction: list[Emoji] = []
    new_reaction: list[Emoji] = []


class Standing(Struct, frozen=True):
    """What the bot is in a chat."""

    status: str = ""


class Membership(Struct, frozen=True):
    """The bot's standing in a chat changed."""

    chat: Chat
    new_chat_member: Standing


class Stopped(Struct, frozen=True):
    """The stop button of a draft was pressed."""

    chat: Chat
    message_thread_id: int = 0
