"""Rich messages, of which a bot gets blocks and no text: flattened to words. Pure."""

from typing import Any

DEEPEST = 40
"""Levels of blocks within blocks that are read; Telegram's own have 16."""
_BELOW = ("caption", "credit")
_BLOCKS = ("items", "blocks")
_LEAVES = ("expression", "alternative_text")
"""What stands for a formula and for an emoji."""


def flattened(message: Any) -> str:
    """All that is to be read in a rich message, a line for each block and row. Never raises."""
    blocks = message.get("blocks") if isinstance(message, dict) else None
    return "\n".join(_lines(blocks, DEEPEST)).strip()


def _lines(value: Any, depth: int) -> list[str]:
    if depth <= 0:
        return []
    if isinstance(value, list):
        return [line for each in value for line in _lines(each, depth - 1)]
    return _block(value, depth) if isinstance(value, dict) else []


def _block(block: dict[str, Any], depth: int) -> list[str]:
    rows = block.get("cells")
    if isinstance(rows, list):
        return [" | ".join(_said(row, depth)) for row in rows if isinstance(row, list)]
    inner = [line for key in _BLOCKS for line in _lines(block.get(key), depth - 1)]
    above = _said([block.get("summary"), block], depth)
    return above + inner + _said([block.get(key) for key in _BELOW], depth)


def _said(texts: list[Any], depth: int) -> list[str]:
    return [words for text in texts if (words := _words(text, depth - 1))]


def _words(text: Any, depth: int) -> str:
    """The words of a rich text: a string, a list of such texts, or one with a meaning around it."""
    if isinstance(text, str):
        return text
    if depth <= 0:
        return ""
    if isinstance(text, list):
        return "".join(_words(each, depth - 1) for each in text)
    if not isinstance(text, dict):
        return ""
    leaf = next((text[leaf] for leaf in _LEAVES if isinstance(text.get(leaf), str)), "")
    return leaf or _words(text.get("text"), depth - 1)
