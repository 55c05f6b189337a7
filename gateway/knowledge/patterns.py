"""Patterns of file names, as ``include`` and ``exclude`` have them."""

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = re.compile(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_WILD = re.compile(r"[*?\[]")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, relative to its source and with ``/``, is one of the patterns'.

    ``*`` and ``?`` stay within a folder, ``**`` does not. A pattern without ``/`` is about the
    name alone; one that ends in ``/`` is about all that is in such a folder.
    """
    name = path.rpartition("/")[2]
    return any(
        _compiled(pattern).fullmatch(path if "/" in pattern else name) for pattern in patterns
    )


def is_within(path: str, pattern: str) -> bool:
    """Whether a pattern names a path, or a folder that it is in; relative to the same folder."""
    folders = [path[:at] for at, char in enumerate(path) if char == "/"]
    return any(_compiled(pattern).fullmatch(each) for each in (path, *folders))


def split(source: str) -> tuple[str, str]:
    """A pattern as the folder before its first wildcard, and what is to be found in there; the
    second is empty when there is no wildcard."""
    parts = source.split("/")
    for number, part in enumerate(parts):
        if _WILD.search(part):
            return "/".join(parts[:number]) or "/", "/".join(parts[number:])
    return source, ""


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = pattern.removeprefix("./").removeprefix("/")
    if pattern.endswith("/"):
        pattern = f"**/{pattern}**"
    try:
        return re.compile("".join(map(_translated, _PARTS.split(pattern))), re.DOTALL)
    except re.error:
        # Such as [z-a]: it can only be meant as it is written.
        return re.compile(re.escape(pattern))


def _translated(part: str) -> str:
    if part.startswith("[") and len(part) > 2:
        kept = re.sub(r"([\\^\[&~|])", r"\\\1", part[1:-1].removeprefix("!"))
        return f"[{'^/' if part[1] == '!' else ''}{kept}]"
    return _MEANING.get(part) or re.escape(part)
