"""Whether an answer is worth being laid out by Telegram itself. Pure."""

import re

BYTES_MOST = 32_768
"""Telegram cuts a longer one without a word."""
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_TABLE = re.compile(
    r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$", re.MULTILINE
)
_MATH = re.compile(r"\$\$.+?\$\$|\\\[.+?\\\]|\\\(.+?\\\)", re.DOTALL)


def is_rich(markdown: str) -> bool:
    """Whether it has a table or a formula outside of code, and may be one message.

    That it may not when it is too long, or has a link by which somebody could be called.
    """
    if len(markdown.encode("utf-8", "replace")) > BYTES_MOST or "tg:" in markdown.lower():
        return False
    prose = _CODE.sub("", _FENCED.sub("", markdown))
    return bool(_TABLE.search(prose) or _MATH.search(prose))
