"""Pieces: where an answer that is longer than a message is cut. Pure.

A cut is decided by what stands before it and by the character behind it, so that it is the same
while the answer grows, when it is whole, and when another process delivers it once more.
"""

import unicodedata
from collections.abc import Callable

from msgspec import Struct

from gateway.markdown import Fence, fence_after, fence_behind, opened

Size = Callable[[str, bool], int]
"""How much of a message's room a text takes; True: within a block of code. A text that goes on is
never smaller than it was."""
_CLOSING = 17
"""Signs: a line break and the longest fence."""
_PARAGRAPH, _LINE, _ANY_LINE, _SENTENCE, _SPACE = 0.88, 0.92, 0.96, 0.95, 0.97
"""From which share of the room a message may end there. The first place that comes is taken."""
_SPAN = 500
"""Characters: a longer link or piece of code is cut through."""
_SENTENCE_ENDS = ".!?…:;。！？"
_WIDE_ENDS = "。！？，、"


class Piece(Struct, frozen=True):
    """What one message shows: a slice of the answer, and what heals it.

    ``head`` are the characters that were put before the slice. A piece that is not ``closed`` may
    go on; ``fence`` is what is open behind it.
    """

    start: int
    end: int
    text: str
    head: int
    closed: bool
    fence: Fence | None


class Layout:
    """The pieces of one answer, as it grows: each of ``most`` at most, with all that heals it."""

    def __init__(self, most: int, size: Size) -> None:
        self._most = most
        self._size = size
        self._closed: list[Piece] = []
        self._text = ""

    def cut(self, text: str) -> list[Piece]:
        """The pieces of an answer; those of before stay, unless the answer is another one."""
        if not text.startswith(self._text):
            self._closed.clear()
            self._text = ""
        while self._start() < len(text):
            piece = self._piece(text, *self._end(text))
            if piece.end == len(text):
                return [*self._closed, piece]
            self._close(text, piece.end)
        return list(self._closed)

    def split(self, text: str, at: int) -> None:
        """End the piece that is open at a place within it: what follows is another."""
        if self._start() < at <= len(text):
            self._close(text, at)

    def _close(self, text: str, end: int) -> None:
        fence = fence_behind(text[self._start() : end], self._fence())
        self._closed.append(self._piece(text, end, fence, closed=True))
        self._text = text[:end]

    def _start(self) -> int:
        return self._closed[-1].end if self._closed else 0

    def _fence(self) -> Fence | None:
        return self._closed[-1].fence if self._closed else None

    def _piece(self, text: str, end: int, fence: Fence | None, *, closed: bool = False) -> Piece:
        start, head = self._start(), _opening(self._fence())
        source = text[start:end]
        tail = ""
        if closed and fence:
            tail = fence[0] if source.endswith("\n") else "\n" + fence[0]
        return Piece(start, end, head + source + tail, len(head), closed, fence)

    def _end(self, text: str) -> tuple[int, Fence | None]:
        """Where the piece that begins now ends, and the block of code that is open there."""
        start, fence = self._start(), self._fence()
        room = self._most - _CLOSING - self._size(_opening(fence), fence is not None)
        at, used, blank = start, 0, False
        while at < len(text):
            stop = text.find("\n", at) + 1 or len(text)
            line = text[at:stop]
            if used and _begins(line, used / room, blank, fence):
                return at, fence
            size = self._size(line, fence is not None)
            if used + size > room * _SENTENCE:
                inside = self._inside(line, used, room, plain=fence is None)
                if inside is not None:
                    return at + inside, fence
            used, at, blank = used + size, stop, not line.strip()
            fence = fence_after(line, fence)
        return at, fence

    def _inside(self, line: str, used: int, room: int, *, plain: bool) -> int | None:
        """Where within a line a message must end; None when it need not."""
        before = used
        for at, sign in enumerate(line):
            share = used / room
            if plain and at and share >= _SENTENCE and _pauses(line, at, share >= _SPACE):
                return at
            used += self._size(sign, not plain)
            if used > room:
                return _whole(line, at, before, plain=plain)
        return None


def _opening(fence: Fence | None) -> str:
    return f"{fence[0]}{fence[1]}\n" if fence else ""


def _begins(line: str, share: float, blank: bool, fence: Fence | None) -> bool:
    """Whether a message may end before this line, so much of it being full."""
    if fence and _closes(line, fence):
        return False
    if share >= _ANY_LINE:
        return True
    if line[0].isspace():
        # The next message would take it for something else: an item, lines of code.
        return fence is not None and share >= _LINE
    if line[0] == "|" and fence is None:
        # A row that does not fit would be cut within a cell.
        return share >= _PARAGRAPH
    return share >= (_PARAGRAPH if blank else _LINE)


def _closes(line: str, fence: Fence) -> bool:
    """Whether a line ends the block of code, or may when it is whole."""
    signs = line.strip()
    begun = not line.endswith("\n") and fence[0].startswith(signs)
    return begun or (fence_after(line, fence) is None)


def _pauses(line: str, at: int, at_space: bool) -> bool:
    """Whether a sentence, or at least a word, ends before this character."""
    before = line[at - 1]
    if before.isspace():
        good = not line[at].isspace() and (at_space or line[at - 2 : at - 1] in _SENTENCE_ENDS)
    else:
        good = before in _WIDE_ENDS and _parts(before, line[at])
    return good and opened(line[:at]) is None


def _whole(line: str, at: int, used: int, *, plain: bool) -> int:
    """The last place up to there that is within nothing that belongs together."""
    begun = opened(line[:at]) if plain else None
    # What begins with the piece cannot be left to the next one.
    if begun is not None and at - begun < _SPAN and used + begun > 0:
        return begun
    for place in range(at, max(at - 64, 0), -1):
        if _parts(line[place - 1], line[place]) and not _flag_before(line, place):
            return place
    return at


def _parts(before: str, after: str) -> bool:
    """Whether two characters are not one sign to a reader."""
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or after in "\u200d\u200c":
        return False
    if before == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if "\U000e0020" <= after <= "\U000e007f" or before + after == "\r\n":
        return False
    return not ("\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb")


def _flag_before(line: str, at: int) -> bool:
    """Whether a flag, which is two letters of a kind, would be cut through."""
    letters = 0
    while at > letters and "\U0001f1e6" <= line[at - 1 - letters] <= "\U0001f1ff":
        letters += 1
    return letters % 2 == 1 and "\U0001f1e6" <= line[at] <= "\U0001f1ff"
