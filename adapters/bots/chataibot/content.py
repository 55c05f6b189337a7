"""What ChatAIBot's bot or agent said, as the gateway's events. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


class Button(Struct, frozen=True):
    """One button of a prompt. ``carried`` is what must go back with it, for the bot alone."""

    label: str
    carried: dict[str, object] = {}


class Link(Struct, frozen=True):
    """Where a file is, and what the message says of it: empty where it says nothing."""

    url: str
    name: str = ""
    media_type: str = ""

    @property
    def shown_name(self) -> str:
        """What a person may be told the file is called."""
        return self.name or _last_part(self.url) or "file"


class Content(Struct, frozen=True):
    """One message: its text, where its files are, and the buttons that stand below it."""

    text: str = ""
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing a person could see."""
        return not (self.text or self.links or self.buttons)

    def events(self, files: Sequence[Attachment]) -> tuple[ReplyEvent, ...]:
        """The message as a person sees it, once its ``files`` are here."""
        # What goes back is the label: the rest is between ChatAIBot and the adapter.
        choices = tuple(Choice(button.label, button.label) for button in self.buttons)
        return (
            *((TextDelta(self.text),) if self.text else ()),
            *map(File, files),
            *((Choices("", choices),) if choices else ()),
        )


def content_of(message: Node, body: str) -> Content:
    """What ``message`` says; empty when there is nothing a person could see."""
    data = _node(message.get("data")) or message
    kind = str(message.get("type") or "").casefold()
    cards = _nodes(data, _CARDS)
    text = "\n\n".join(part for part in (body.strip(), *map(_card, cards)) if part)
    links = (*_links(data, kind), *(link for card in cards for link in _links(card, "")))
    buttons = (*_buttons(data), *(button for card in cards for button in _buttons(card)))
    return Content(text, links, buttons)


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


def _links(data: Node, kind: str) -> Iterator[Link]:
    # A picture may be the data itself, or stand below a name of its own, as text or as an object.
    found = [] if kind in _PROSE else [data]
    found += [node for key in _FILES for node in _listed(data.get(key))]
    urls: set[str] = set()
    for node in found:
        url = _url(node)
        if url and url not in urls:
            urls.add(url)
            media_type = _text(node, _TYPE)
            is_type = _MEDIA_TYPE.fullmatch(media_type)
            yield Link(url, _text(node, _NAME), media_type if is_type else "")


def _listed(value: object) -> list[Node]:
    values = value if isinstance(value, list) else [value]
    return [_node(each) or {"link": each} for each in values if each]


def _url(node: Node) -> str:
    url = _text(node, _LINK)
    return url if url.startswith(("https://", "http://")) else ""


def _last_part(url: str) -> str:
    try:
        return PurePosixPath(URL(url).path).name
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
