"""What there is in Telegram, as far as the stand-in knows it."""

import asyncio
import time
from collections import deque
from typing import Any

from msgspec import Struct, field

TOKEN = "1234567:AAtheTokenOfTheTestBotIsNoSecret012"


class Refusal(Exception):
    """Telegram says ok:false."""

    def __init__(self, description: str, code: int = 400, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(what: str) -> Refusal:
    """A bad request, in Telegram's words."""
    return Refusal(f"Bad Request: {what}")


class File(Struct, kw_only=True):
    """A file. ``kind`` is what it is shown as: photo, document, voice, audio, video, animation."""

    id: str
    name: str = ""
    data: bytes = b""
    mimetype: str = ""
    kind: str = "document"
    size: int = 0
    """In bytes; it may be larger than the data."""

    @property
    def path(self) -> str:
        """Where it is on the file host."""
        return f"{self.kind}s/{self.id}"


class Call(Struct, kw_only=True):
    """One call. ``at`` is of the monotonic clock, ``error`` is empty when it was done, ``fault``
    is what it met, ``message`` is the id of the message it made or changed, ``via`` is the name in
    the address it was called at (``/via/NAME/bot...``)."""

    method: str
    args: dict[str, Any]
    token: str
    at: float
    via: str = ""
    error: str = ""
    fault: str = ""
    message: int = 0


class Message(Struct, kw_only=True):
    """A message. ``user`` is who wrote it; ``mine`` says that it was the bot. ``text`` is as
    Telegram shows it, without white space around it; of a rich one it is the source."""

    id: int
    chat: int
    user: int = 0
    mine: bool = False
    text: str = ""
    entities: list[dict[str, Any]] = []
    thread: int = 0
    reply_to: int = 0
    keyboard: list[list[dict[str, Any]]] = []
    media: str = ""
    file: File | None = None
    caption: str = ""
    caption_entities: list[dict[str, Any]] = []
    group: str = ""
    """Of an album."""
    rich: dict[str, Any] = {}
    preview: bool = True
    silent: bool = False
    edited: int = 0
    deleted: bool = False
    date: int = field(default_factory=lambda: int(time.time()))
    raw: dict[str, Any] = {}
    """As the update said it, when a person wrote it."""

    @property
    def parts(self) -> tuple[str, list[str]]:
        """The bot's words, and what the gateway says below them, in italics."""
        text, notices = self.text, list[str]()
        for entity in reversed(self.entities):
            begin, end = entity["offset"], entity["offset"] + entity["length"]
            if entity["type"] != "italic" or end != _units(text):
                break
            units = text.encode("utf-16-le")
            notices.insert(0, units[2 * begin :].decode("utf-16-le"))
            text = units[: 2 * begin].decode("utf-16-le").rstrip("\n")
        return text, notices

    def button(self, label: str = "", data: str = "") -> dict[str, Any]:
        """A button, by a part of its label or by how its data begin."""
        buttons = [button for row in self.keyboard for button in row]
        for button in buttons:
            if label in button["text"] and button.get("callback_data", "").startswith(data):
                return button
        raise AssertionError(f"no button {label}{data} among {buttons}")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class Draft(Struct, kw_only=True):
    """What a person sees of a message that is being written."""

    id: int
    text: str
    entities: list[dict[str, Any]] = []
    since: float
    """When it was shown last; of the monotonic clock."""
    stoppable: bool = False
    rich: dict[str, Any] = {}


class Chat(Struct, kw_only=True):
    """A chat. ``topics`` are the threads there are; a forum has the general one besides."""

    id: int
    type: str
    title: str = ""
    forum: bool = False
    topics: set[int] = field(default_factory=set)
    kicked: bool = False
    migrated_to: int = 0
    admins: set[int] = field(default_factory=set)


class Webhook(Struct, kw_only=True):
    """Where a bot wants its updates."""

    url: str = ""
    secret: str = ""
    connections: int = 40
    last_error: str = ""
    last_error_at: int = 0


class Bot(Struct, kw_only=True):
    """A bot, and all that it did. ``aliases`` of its token are in ``Telegram.bots``."""

    token: str = TOKEN
    username: str = "test_bot"
    name: str = "Test"
    reads_all: bool = False
    """Privacy mode is off."""
    topics: bool = False
    """Its private chats have threads."""
    messages: dict[tuple[int, int], Message] = {}
    shown: dict[tuple[int, int], Draft] = {}
    """Drafts, also those that are gone."""
    actions: list[tuple[int, int, str]] = []
    commands: dict[tuple[str, str], list[dict[str, str]]] = {}
    """By scope and language."""
    queries: dict[str, float] = {}
    """Presses of buttons, and when."""
    answered: dict[str, str] = {}
    """Presses that were answered, and with what."""
    reactions: dict[tuple[int, int], list[dict[str, Any]]] = {}
    blocked: set[int] = set()
    webhook: Webhook = field(default_factory=Webhook)
    allowed: list[str] = []
    pending: deque[dict[str, Any]] = field(default_factory=deque)
    polls: int = 0
    """Which call of getUpdates is the newest."""
    polling: int = 0
    """How many calls of getUpdates wait."""
    poll_end: str = ""
    """What the one before ended with."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> int:
        """Its user id."""
        return int(self.token.partition(":")[0])


class Answer(Struct, frozen=True):
    """What a webhook was answered."""

    status: int
    body: str
    headers: dict[str, str] = {}
    seconds: float = 0.0
