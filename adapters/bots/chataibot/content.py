"""What ChatAIBot's bot or agent said, as the gateway's events. No I/O."""

import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from msgspec import Struct
from yarl import URL

from gateway.model import Attachment, Choice, Choices, File, ReplyEvent, TextDelta

Node = Mapping[str, object]

_BUTTONS = ("buttons", "options", "quick_replies", "choices")
_CARDS = ("cards", "carousel", "elements", "items")
_FILES = ("files", "attachments", "images", "image", "file", "video", "audio", "media", "image_url")
_LABEL = ("label", "title", "body", "text", "name")
_TITLE = ("title", "label", "name", "body", "text")
_DETAIL = ("subtitle", "description")
_LINK = ("link", "url", "file_url", "src")
_PROSE = frozenset({"", "text", "button", "buttons", "carousel"})
"""Kinds of messages whose own link, if they have one, is a page and no file."""
_NAME = ("filename", "file_name", "name")
_TYPE = ("mime_type", "mimetype", "media_type")
_CARRIED = ("callback", "next_dialog", "key")
_MEDIA = {"image": "image/*", "video": "video/*", "audio": "audio/*"}
_UNKNOWN = "application/octet-stream"


class Button(Struct, frozen=True):
    """One button of a prompt. ``carried`` is what must go back with it, for the bot alone."""

    label: str
    carried: dict[str, object] = {}


class Content(Struct, frozen=True):
    """One message: what a person sees, and the buttons that stand below it."""

    events: tuple[ReplyEvent, ...] = ()
    buttons: tuple[Button, ...] = ()


def content_of(message: Node, body: str) -> Content:
    """What ``message`` says; without events when there is nothing a person could see."""
    data = _node(message.get("data")) or message
    kind = str(message.get("type") or "").casefold()
    cards = _nodes(data, _CARDS)
    text = "\n\n".join(part for part in (body.strip(), *map(_card, cards)) if part)
    files = [*_files(data, kind), *(file for card in cards for file in _files(card, ""))]
    buttons = (*_buttons(data), *(button for card in cards for button in _buttons(card)))
    return Content(tuple(_events(text, files, buttons)), buttons)


def _events(
    text: str, files: list[Attachment], buttons: tuple[Button, ...]
) -> Iterator[ReplyEvent]:
    if text:
        yield TextDelta(text)
    for attachment in files:
        yield File(attachment)
    if buttons:
        # What goes back is the label: the rest is between ChatAIBot and the adapter.
        yield Choices("", tuple(Choice(button.label, button.label) for button in buttons))


def _card(card: Node) -> str:
    title, detail = _text(card, _TITLE), _text(card, _DETAIL)
    return "\n".join(part for part in (title and f"**{title}**", detail) if part)


def _buttons(data: Node) -> tuple[Button, ...]:
    found: dict[str, Button] = {}
    for node in _nodes(data, _BUTTONS):
        if label := _text(node, _LABEL):
            carried = {key: node[key] for key in _CARRIED if node.get(key) is not None}
            found.setdefault(label, Button(label, carried))
    return tuple(found.values())


def _files(data: Node, kind: str) -> Iterator[Attachment]:
    # A picture may be the data itself, or stand below a name of its own, as text or as an object.
    found = [] if kind in _PROSE else [(data, kind)]
    found += [(node, key) for key in _FILES for node in _listed(data.get(key))]
    links: set[str] = set()
    for node, word in found:
        link = _link(node)
        if link and link not in links:
            links.add(link)
            yield _attachment(node, link, word.removesuffix("_url").removesuffix("s"))


def _listed(value: object) -> list[Node]:
    values = value if isinstance(value, list) else [value]
    return [_node(each) or {"link": each} for each in values if each]


def _link(node: Node) -> str:
    link = _text(node, _LINK)
    return link if link.startswith(("https://", "http://")) else ""


def _attachment(node: Node, link: str, kind: str) -> Attachment:
    name = _text(node, _NAME) or _last_part(link) or "file"
    guessed = mimetypes.guess_type(name)[0] or _MEDIA.get(kind, _UNKNOWN)
    return Attachment(name, _text(node, _TYPE) or guessed, link)


def _last_part(link: str) -> str:
    try:
        return PurePosixPath(URL(link).path).name
    except ValueError:
        return ""


def _nodes(data: Node, names: tuple[str, ...]) -> list[Node]:
    for name in names:
        value = data.get(name)
        if isinstance(value, list) and (nodes := [each for each in map(_node, value) if each]):
            return nodes
    return []


def _node(value: object) -> Node | None:
    return value if isinstance(value, dict) else None


def _text(node: Node, names: tuple[str, ...]) -> str:
    values = (node.get(name) for name in names)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")
