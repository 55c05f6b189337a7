"""The project's README as something to be asked."""

import math
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from msgspec import Struct

_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_FENCE = re.compile(r"\s*(```|~~~)")
_TITLE_WEIGHT = 3
_LONGEST = 1800

_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    _WORD.findall(
        "a about an and are as at be by can do does for from get give go has have how i in is "
        "it its let me my of on or please show so tell that the them then there this to up us "
        "use want was we what when where which who why will with you your"
    )
)


class Section(Struct, frozen=True):
    """A heading and what stands below it, up to the next heading."""

    title: str
    body: str


def checkout() -> Path | None:
    """The project's folder, when this runs from one and not from an installed package."""
    root = Path(__file__).parents[2]
    is_one = (root / "pyproject.toml").is_file() and (root / "README.md").is_file()
    return root if is_one else None


def find() -> str:
    """The README's text: the checkout's, else the installed package's, else nothing."""
    if root := checkout():
        return (root / "README.md").read_text(encoding="utf-8")
    try:
        return str(metadata("chat-gateway").json.get("description", ""))
    except PackageNotFoundError:
        return ""


class Readme:
    """Answers with the section that shares the most telling words with a question."""

    def __init__(self, text: str) -> None:
        self._sections = [section for section in sections(text) if section.body]
        self._titles = [_words(section.title) for section in self._sections]
        self._bodies = [_words(section.body) for section in self._sections]

    def best(self, question: str) -> Section | None:
        """The section that fits best, the earlier of equals; None when none shares a word."""
        asked = sorted(_words(question))
        scores = [self._score(asked, n) for n in range(len(self._sections))]
        if not any(scores):
            return None
        section = self._sections[scores.index(max(scores))]
        return Section(section.title, _shortened(section.body))

    def _score(self, asked: list[str], n: int) -> float:
        title, body = self._titles[n], self._bodies[n]
        return sum(
            self._weight(word) * (_TITLE_WEIGHT if word in title else 1)
            for word in asked
            if word in title or word in body
        )

    def _weight(self, word: str) -> float:
        """How telling a word is: a word that every section has tells nothing."""
        pairs = zip(self._titles, self._bodies, strict=True)
        having = sum(word in title or word in body for title, body in pairs)
        return math.log(1 + len(self._sections) / having)


def sections(text: str) -> Iterator[Section]:
    """The text cut at its headings. What looks like one inside a code block is none."""
    title, body, fenced = "", list[str](), False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            yield Section(title, "\n".join(body).strip())
            title, body = heading[1], []
        else:
            body.append(line)
    yield Section(title, "\n".join(body).strip())


def _words(text: str) -> frozenset[str]:
    words = _WORD.findall(text.casefold())
    return frozenset(_stem(word) for word in words if word not in _COMMON)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _shortened(body: str) -> str:
    """As many whole paragraphs as fit, and at least one."""
    taken, size, fenced = list[str](), 0, False
    for paragraph in body.split("\n\n"):
        if taken and not fenced and size + len(paragraph) > _LONGEST:
            break
        taken.append(paragraph)
        size += len(paragraph)
        fenced ^= sum(bool(_FENCE.match(line)) for line in paragraph.splitlines()) % 2 == 1
    return "\n\n".join(taken)
