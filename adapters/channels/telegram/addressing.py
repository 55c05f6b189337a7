"""Addressing: whether something said in a group is for the bot, and what it says to it. Pure."""

import re
from collections.abc import Iterator

from msgspec import Struct

from adapters.channels.telegram.utf16 import Units
from adapters.channels.telegram.wire import Entity, Message

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a link to the bot may carry."""
WORDS = {
    "start": "start",
    "new": "new",
    "stop": "stop",
    "help": "help",
    "mới": "new",
    "moi": "new",
    "dừng": "stop",
    "dung": "stop",
    "trợgiúp": "help",
    "trợ_giúp": "help",
    "tro_giup": "help",
    "trogiup": "help",
}
"""The bot's commands, in each language."""
_COMMAND = re.compile(r"/([^\s/@]{1,32})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)
_LINE = "\n"
_BEHIND = " \t\n,:;–-"
"""What stands between a name and what is said to it."""


class Us(Struct, frozen=True):
    """The bot itself; without a username while Telegram has not told it."""

    id: int
    username: str = ""


class Said(Struct, frozen=True):
    """What a text says to the bot.

    ``called`` says that it names the bot or is one of its commands. ``other`` says that it is a
    command for another bot. ``anew`` says that a new conversation begins with it; ``start`` is
    what the link to the bot carried.
    """

    text: str
    called: bool = False
    other: bool = False
    anew: bool = False
    start: str = ""


def understood(text: str, entities: list[Entity], us: Us) -> Said:
    """What a text says to the bot, as Markdown, without the bot's name in front."""
    units = Units(text)
    named = any(_names(entity, units, us) for entity in entities)
    said = _command(_written(units, entities, us).strip(), us)
    return Said(said.text, named or said.called, said.other, said.anew, said.start)


def replies(message: Message, us: Us) -> bool:
    """Whether a message replies to one of the bot's."""
    above = message.reply_to_message
    return above is not None and _by(above, us) and not _is_topic(message)


def replied(message: Message) -> Message | None:
    """What a message replies to; in a topic all that is no reply names the topic's beginning."""
    return None if _is_topic(message) else message.reply_to_message


def _is_topic(message: Message) -> bool:
    above = message.reply_to_message
    return (
        message.is_topic_message
        and above is not None
        and above.message_id == message.message_thread_id
    )


def _by(message: Message, us: Us) -> bool:
    return message.from_ is not None and message.from_.id == us.id


def _is_ours(name: str, us: Us) -> bool:
    return name.casefold() == us.username.casefold()


def _names(entity: Entity, units: Units, us: Us) -> bool:
    """Whether an entity of the text is the bot's name."""
    if entity.type == "text_mention":
        return entity.user is not None and entity.user.id == us.id
    word = units.cut(entity.offset, entity.offset + entity.length)
    return entity.type == "mention" and bool(us.username) and _is_ours(word.removeprefix("@"), us)


def _command(text: str, us: Us) -> Said:
    found = _COMMAND.fullmatch(text)
    if not found:
        return Said(text)
    word, name, rest = found[1], found[2] or "", (found[3] or "").strip()
    if name and us.username and not _is_ours(name, us):
        return Said(text, other=True)
    ours = WORDS.get(word.casefold(), "")
    called = bool(name or ours)
    match ours:
        case "new" if rest:
            return Said(rest, called, anew=True)
        case "start" if not rest or PAYLOAD.fullmatch(rest):
            return Said("/start", called, start=rest)
        case "new" | "help" if not rest:
            return Said(f"/{ours}", called)
        case "stop":
            return Said("/stop", called)
    return Said(f"/{word} {rest}".strip() if name else text, called)


def _written(units: Units, entities: list[Entity], us: Us) -> str:
    """The text with what its entities mean to a bot, in Markdown."""
    written, end = "", 0
    for entity in _apart(entities, len(units)):
        written += units.cut(end, entity.offset)
        end = entity.offset + entity.length
        if _names(entity, units, us) and not written.strip():
            behind = units.cut(end, len(units))
            end += len(behind) - len(behind.lstrip(_BEHIND))
        else:
            written += _marked(units.cut(entity.offset, end), entity, written)
    return written + units.cut(end, len(units))


def _apart(entities: list[Entity], length: int) -> Iterator[Entity]:
    """Those that matter, in order, without those that overlap one before."""
    end = 0
    for entity in sorted(entities, key=lambda entity: entity.offset):
        if entity.type not in ("text_link", "code", "pre", "mention", "text_mention"):
            continue
        if entity.offset >= end and 0 < entity.length <= length - entity.offset:
            yield entity
            end = entity.offset + entity.length


def _marked(word: str, entity: Entity, before: str) -> str:
    match entity.type:
        case "text_link" if entity.url and "\n" not in word:
            return f"[{word}]({entity.url})"
        case "code":
            fence = _fence(word, 1)
            return f"{fence}{word}{fence}"
        case "pre":
            fence = _fence(word, 3)
            line = "\n" if before and not before.endswith("\n") else ""
            return f"{line}{fence}{entity.language}\n{word.strip(_LINE)}\n{fence}"
    return word


def _fence(word: str, least: int) -> str:
    """More backticks than the word has in a row."""
    longest = max(map(len, re.findall("`+", word)), default=0)
    return "`" * max(least, longest + 1)
