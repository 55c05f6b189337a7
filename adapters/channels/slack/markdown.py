"""Slack's own words in Markdown: what calls people, and must be made harmless. Pure."""

import re

from gateway import markdown

_JOINER = "\u2060"

_MENTION = re.compile(r"<(?=!(?i:channel|here|everyone|group|subteam\^)|@[UWB][A-Z0-9])")
_HALF = re.compile(r"<(?:![a-zA-Z]{0,9}|@[UWB]?)\Z")


def neutralised(text: str) -> str:
    """The same text to read, in which nobody is called: neither a person nor everyone.

    What stands for a mention gets a character without width; links stay as they are.
    """
    return _MENTION.sub(f"<{_JOINER}", text)


def steady(text: str) -> str:
    """What can be shown of a text that goes on; half a mention is held back, too."""
    return markdown.steady(_HALF.sub("", text))
