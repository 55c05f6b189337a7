"""Tables, which Telegram has none of: aligned where a phone has room for them, else row by row.

Pure. A table becomes other Markdown.
"""

import unicodedata
from collections.abc import Sequence
from itertools import chain, repeat, zip_longest

from msgspec import Struct

WIDEST = 46
"""Columns of monospaced text that a phone shows in one line."""
_FENCE = "~~~~~~~~"


class Cell(Struct, frozen=True):
    """One cell: its Markdown, the text to read, and whether it holds a link."""

    source: str
    text: str
    linked: bool = False


Row = Sequence[Cell]


def laid_out(rows: Sequence[Row], right: Sequence[bool]) -> list[str]:
    """A table's lines; the first row is its head, ``right`` says which columns are aligned so."""
    widths = [max(map(_width, column)) for column in zip_longest(*map(_texts, rows), fillvalue="")]
    fits = sum(widths) + 3 * (len(widths) - 1) <= WIDEST
    if fits and not any(cell.linked for row in rows for cell in row):
        return _aligned(rows, widths, right)
    return _listed(rows)


def _aligned(rows: Sequence[Row], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    head, *body = [_line(_texts(row), widths, right) for row in rows]
    rule = "-+-".join("-" * width for width in widths)
    return [_FENCE, head, rule, *body, _FENCE]


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = zip(chain(texts, repeat("")), widths, chain(right, repeat(False)), strict=False)
    return " | ".join(_filled(*cell) for cell in cells).rstrip()


def _filled(text: str, width: int, at_right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if at_right else text + blank


def _listed(rows: Sequence[Row]) -> list[str]:
    """Each row as lines of name and value, with an empty line behind."""
    head, *body = rows
    names = list(map(_name, head))
    if not body:
        return [*names, ""]
    lines: list[str] = []
    for row in body:
        named = zip_longest(names, row)
        lines += [*(_said(name or "", cell or Cell("", "")) for name, cell in named), ""]
    return lines


def _name(cell: Cell) -> str:
    # What begins a line could be taken for an item or a heading.
    return cell.source if cell.linked else literal(cell.text)


def _said(name: str, cell: Cell) -> str:
    return f"{name}: {cell.source}".rstrip() if name else _name(cell) or "–"


def _texts(row: Row) -> list[str]:
    return [cell.text for cell in row]


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _columns(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def literal(text: str) -> str:
    """Markdown that reads exactly like a text."""
    return "".join(f"\\{sign}" if _is_sign(sign) else sign for sign in text)


def _is_sign(char: str) -> bool:
    return char.isascii() and char.isprintable() and not char.isalnum() and char != " "
