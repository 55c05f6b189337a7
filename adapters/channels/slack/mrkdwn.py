"""Slack's text as a person reads it: its tokens in angle brackets become words and links."""

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"<([^<>]{1,4000})>")
_MENTION = re.compile(r"<@([A-Z0-9]{1,40})(?:\|[^<>]*)?>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}


def plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """The text without Slack's own marks; ``names`` of people and channels by their ids.

    ``*bold*``, ``_italic_``, code and emoji are left as they were written.
    """
    known = names or {}
    words = [
        _word(part, known) if number % 2 else _unescaped(part)
        for number, part in enumerate(_TOKEN.split(text))
    ]
    return "".join(words)


def without_leading_mention(text: str, user: str) -> str:
    """The text behind the mention of ``user`` at its beginning; any other mention stays."""
    found = _MENTION.match(text.lstrip())
    if not found or found[1] != user:
        return text
    return text.lstrip()[found.end() :].lstrip(" \t\n,:")


def first_mention(text: str) -> str:
    """The id of the person who is mentioned first; empty when nobody is."""
    found = _MENTION.search(text)
    return found[1] if found else ""


def mentions(text: str, user: str) -> bool:
    """Whether a person is mentioned anywhere."""
    return any(found[1] == user for found in _MENTION.finditer(text))


def escaped(text: str) -> str:
    """Plain text as Slack takes it: nothing in it is a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _word(token: str, names: Mapping[str, str]) -> str:
    body, bar, label = token.partition("|")
    read = _READERS.get(body[:1], _link)
    return read(body, _unescaped(label) if bar else "", names)


def _person(body: str, label: str, names: Mapping[str, str]) -> str:
    return f"@{label or names.get(body[1:], body[1:])}"


def _place(body: str, label: str, names: Mapping[str, str]) -> str:
    return f"#{label or names.get(body[1:], body[1:])}"


def _special(body: str, label: str, names: Mapping[str, str]) -> str:
    name, _, rest = body[1:].partition("^")
    if name == "subteam":
        return label or f"@{names.get(rest, rest)}"
    # A date without a fallback is its seconds, as good as it gets.
    return label or (rest.partition("^")[0] if name == "date" else f"@{name}")


def _link(body: str, label: str, _: Mapping[str, str]) -> str:
    url = _unescaped(body)
    shown = url.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (url, shown) or f"http://{label}" == url or f"https://{label}" == url:
        return shown
    return f"{label} ({shown})"


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: _CHARACTERS[found[1]], text)


_READERS: Mapping[str, Callable[[str, str, Mapping[str, str]], str]] = {
    "@": _person,
    "#": _place,
    "!": _special,
}
