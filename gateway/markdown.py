"""Markdown as it grows: what can be shown of it, and what is open in it. Pure."""

import re

HELD = 200
"""Characters: a construct that is open for longer is shown as it is."""

_HALF = re.compile(r"(?:<|(?<!\*)\*|\\)\Z")
_FENCE = re.compile(r"[ \t]*(`{3,16}|~{3,16})([^\n]*)")
_TOKEN = re.compile(r"\\.|`+|\*\*|\[|<(?=https?:|mailto:)")
_LINK = re.compile(r"\[[^\]\n]*\](?:\([^)\n]*\)|(?=[^(]))")
_AUTOLINK = re.compile(r"<[^>\s]*>")


def steady(text: str) -> str:
    """What can be shown of a text that goes on: what is left out might mean something else soon.

    That is half a sign, a construct within the line that has begun (bold, code, a link), and a
    row of a table until it is whole.
    """
    if _HALF.search(text, max(len(text) - 1, 0)):
        text = text[:-1]
    start = text.rfind("\n") + 1
    line = text[start:]
    if fence := fence_behind(text[:start]):
        return text[:start] if fence[0].startswith(line.strip()[:3]) else text
    if line.startswith("|"):
        return text[:start]
    at = opened(line)
    return text[: start + at] if at is not None and len(line) - at <= HELD else text


def opened(line: str) -> int | None:
    """Where in a line the first construct begins that is not closed in it; None: there is none."""
    bold: int | None = None
    at = 0
    while found := _TOKEN.search(line, at):
        sign, at = found[0], found.end()
        if sign == "**":
            bold = found.start() if bold is None else None
        elif sign[0] != "\\":
            end = _closed(line, found)
            if end is None:
                return found.start() if bold is None else bold
            at = end
    return bold


def _closed(line: str, opening: re.Match[str]) -> int | None:
    """Where the code or the link ends that begins there."""
    sign = opening[0]
    if sign[0] == "`":
        ticks = re.compile(rf"(?<!`){sign}(?!`)")
        closing = ticks.search(line, opening.end())
    else:
        closing = (_LINK if sign == "[" else _AUTOLINK).match(line, opening.start())
    return closing.end() if closing else None


Fence = tuple[str, str]
"""An open block of code: the signs that opened it, and what was said behind them."""


def fence_after(line: str, fence: Fence | None) -> Fence | None:
    """The block of code that is open behind a line, when ``fence`` was before it."""
    found = _FENCE.match(line)
    if not found:
        return fence
    signs, info = found[1], found[2].strip()
    if fence:
        return None if signs.startswith(fence[0]) and not info else fence
    return None if signs[0] == "`" and "`" in info else (signs, info[:60])


def fence_behind(text: str, fence: Fence | None = None) -> Fence | None:
    """The block of code that is open behind a text."""
    if "```" not in text and "~~~" not in text:
        return fence
    for line in text.split("\n"):
        fence = fence_after(line, fence)
    return fence
