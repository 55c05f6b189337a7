"""How an answer becomes messages, while it grows and when it is whole. Pure."""

import re

from msgspec import Struct

from adapters.channels.telegram.entities import COUNTED_MOST
from adapters.channels.telegram.utf16 import MESSAGE_MOST, length
from gateway import pieces
from gateway.markdown import fence_behind, steady

_ENTITY = MESSAGE_MOST // COUNTED_MOST - 3
"""The share of a message's room of one entity that counts, without the signs that it is made of."""
_ROW = 40
"""Units: what a row takes at least, for it may be aligned to be wider than it is written."""
_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")


class Piece(Struct, frozen=True):
    """What one message shows of an answer: the Markdown of a slice, complete in itself.

    A block of code is closed, and opened again in the next; so is the head of a table. A piece
    that is not ``closed`` may go on.
    """

    start: int
    end: int
    markdown: str
    closed: bool


class Layout:
    """The pieces of one answer, as it grows. Each fits into a message when it is rendered."""

    def __init__(self) -> None:
        self._pieces = pieces.Layout(MESSAGE_MOST, _size)

    def cut(self, text: str) -> list[Piece]:
        """The pieces of an answer; the closed ones stay, unless the answer is another one."""
        return [
            Piece(piece.start, piece.end, _healed(text, piece), piece.closed)
            for piece in self._pieces.cut(text)
        ]


def interim(markdown: str) -> str:
    """What can be shown of a text that goes on: the head of a table not before it is known as one.

    Of what has begun within a line and is not closed the beginning is held back, too.
    """
    text = steady(markdown)
    *before, last = text.removesuffix("\n").rsplit("\n", 2)
    alone = not (before and before[-1].startswith("|"))
    if text.endswith("\n") and last.startswith("|") and alone and not fence_behind(text):
        return text[: len(text) - len(last) - 1]
    return text


def _size(text: str, code: bool) -> int:
    """Units, and the share of the room of what will be an entity that counts."""
    size = length(text)
    if code:
        return size
    size += _ENTITY * text.count("[") + (_ENTITY + 1) // 2 * text.count("`")
    return max(size, _ROW) if text.startswith("|") and len(text) > 1 else size


def _healed(text: str, piece: pieces.Piece) -> str:
    head = "" if piece.head else _table_head(text, piece.start)
    healed = head + piece.text
    return healed if length(healed) <= MESSAGE_MOST else piece.text


def _table_head(text: str, start: int) -> str:
    """The head of the table that goes on there, when it began before."""
    if not start or text[start] != "|" or text[start - 1] != "\n":
        return ""
    rows: list[str] = []
    at = start
    while at:
        begin = text.rfind("\n", 0, at - 1) + 1
        if not text.startswith("|", begin):
            break
        rows, at = [text[begin:at], *rows[:1]], begin
    return "".join(rows) if len(rows) == 2 and _RULE.fullmatch(rows[1].strip("\n")) else ""
