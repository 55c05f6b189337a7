"""The events of ChatAIBot's webhook: which conversation they are about, and what they say. No I/O.

The vendor shows one of them only, so every field is looked for at several places (``Fields``) and
whatever is not understood is passed over.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from adapters.bots.chataibot.config import Fields
from adapters.bots.chataibot.content import Content, Node, content_of

_RELAYED = frozenset({"BOT", "AGENT"})
_CLOSED = frozenset({"closed", "close", "resolved", "true", "1"})
_OPEN = frozenset({"open", "opened", "reopened", "false", "0"})
_CLOSING = re.compile(r"clos|resolv")
_PAUSING = re.compile(r"off|stop|end")
_DEEPEST = 8
_LONGEST_NAME = 200


class Kind(StrEnum):
    """What an event is to the gateway."""

    SAID = "said"
    """The bot or an agent says something."""
    ECHO = "echo"
    """What the visitor said themselves."""
    CLOSED = "closed"
    OPENED = "opened"
    TYPING = "typing"
    """An agent has begun to write."""
    PAUSED = "paused"
    """An agent has stopped writing."""
    OTHER = "other"


class Event(Struct, frozen=True, kw_only=True):
    """One event.

    ``kind`` is what it is, ``word`` ChatAIBot's own word for that. ``conversations`` are the names
    it gives to the conversation, ``visitors`` those to the person.
    """

    kind: Kind
    word: str
    name: str
    conversations: tuple[str, ...]
    visitors: tuple[str, ...]
    said: Content = Content()

    @property
    def aliases(self) -> tuple[str, ...]:
        """All names that may lead to the conversation, the best first."""
        return self.conversations + self.visitors

    @property
    def full_name(self) -> str:
        """A name that no event of another conversation has."""
        return "/".join((*self.aliases[:1], self.name))


def events_of(body: object, fields: Fields) -> list[Event]:
    """The events of one request, in the order in which they happened."""
    nodes = _unwrapped(body)
    at, times = float("-inf"), []
    for node in nodes:
        # One without a time happened with the one before it.
        found = _time(_first(node, fields.created_at))
        at = at if found is None else found
        times.append(at)
    order = sorted(range(len(nodes)), key=times.__getitem__)
    return [_event(nodes[index], fields) for index in order]


def _unwrapped(body: object, depth: int = 0) -> list[Node]:
    if depth > _DEEPEST:
        return []
    if isinstance(body, list):
        return [node for each in body for node in _unwrapped(each, depth + 1)]
    if not isinstance(body, dict):
        return []
    for wrapper in ("events", "event"):
        if isinstance(body.get(wrapper), list | dict):
            return _unwrapped(body[wrapper], depth + 1)
    return [body] if "payload" in body or "message" in body else []


def _event(node: Node, fields: Fields) -> Event:
    word = _word(node.get("type") or node.get("event"))
    message = next((found for found in _all(node, fields.message) if isinstance(found, dict)), {})
    sender = _text(_first(node, fields.sender)).upper()
    body = _text(_first(node, fields.body))
    kind = _kind(word, bool(message), sender, _text(_first(node, fields.status)).casefold())
    return Event(
        kind=kind,
        word=f"{word} of {_word(sender)}" if message else word,
        name=_text(_first(node, fields.message_id))[:_LONGEST_NAME] or _digest(node),
        conversations=_names(node, fields.conversation),
        visitors=_with_ours(_names(node, fields.visitor)),
        said=content_of(message, body) if kind is Kind.SAID else Content(),
    )


def _kind(word: str, has_message: bool, sender: str, status: str) -> Kind:
    # How far a message has come is no message, and its status not that of the conversation.
    if "message" in word and "status" in word:
        return Kind.OTHER
    if "typing" in word.casefold():
        return _writing(word.casefold(), sender)
    if has_message:
        if sender == "VISITOR":
            return Kind.ECHO
        return Kind.SAID if sender in _RELAYED else Kind.OTHER
    if status in _CLOSED or (not status and _CLOSING.search(word)):
        return Kind.CLOSED
    return Kind.OPENED if status in _OPEN else Kind.OTHER


def _writing(word: str, sender: str) -> Kind:
    if sender == "VISITOR":
        return Kind.OTHER
    return Kind.PAUSED if _PAUSING.search(word) else Kind.TYPING


def _with_ours(keys: tuple[str, ...]) -> tuple[str, ...]:
    # A visitor_key is <visitor_id>_<account_id>, and the visitor id is known before it.
    ours = (key.rpartition("_")[0] for key in keys)
    return tuple(dict.fromkeys((*keys, *(each for each in ours if each))))


def _names(node: Node, paths: tuple[str, ...]) -> tuple[str, ...]:
    found = (_text(value)[:_LONGEST_NAME] for value in _all(node, paths))
    return tuple(dict.fromkeys(each for each in found if each))


def _all(node: Node, paths: tuple[str, ...]) -> list[object]:
    return [value for path in paths if (value := _at(node, path)) is not None]


def _first(node: Node, paths: tuple[str, ...]) -> object:
    return next(iter(_all(node, paths)), None)


def _at(node: object, path: str) -> object:
    for part in path.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(part)
    return node


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _word(value: object) -> str:
    text = _text(value)
    return text if re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", text) else "unnamed"


def _digest(node: Node) -> str:
    return hashlib.sha256(msgspec.json.encode(node, order="deterministic")).hexdigest()[:32]


def _time(value: object) -> float | None:
    try:
        if isinstance(value, int | float):
            return value / 1000 if value > 1e11 else float(value)
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
