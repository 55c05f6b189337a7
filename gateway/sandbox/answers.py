"""What the sandbox's bot says. Deterministic and free of I/O."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from gateway.sandbox import texts
from gateway.sandbox.clickai_refusals import CODES
from gateway.sandbox.readme import Readme

_SLOW = 0.25
_MOST_NUMBERS = 1500
_NAME = re.compile(r"\bmy name is\s+([^\n.,;:!?]{1,60})", re.IGNORECASE)
_NAME_END = re.compile(r"\s+(?:and|but|what|so|or)\b.*", re.IGNORECASE)
_ASKS_NAME = re.compile(r"\b(?:what(?:'s|’s| is) my name|who am i)\b", re.IGNORECASE)
_ERROR = re.compile(r"error ([a-z_]+)")
_COUNT = re.compile(r"count (?:from 1 )?to (\d{1,6})")
_SLOWLY = re.compile(r"\b(?:very )?slowly\b,?", re.IGNORECASE)


class Ending(StrEnum):
    """How an answer comes to its end, behind its text."""

    WHOLE = "whole"
    FAILURE = "failure"
    """With an ``error`` event."""
    SILENCE = "silence"
    """Not at all: the connection stays open and nothing more comes."""
    CUT = "cut"
    """With the connection cut."""
    BUSY = "busy"
    """It never begins: there are too many requests."""
    REFUSED = "refused"
    """It never begins: the server says no, with the answer's ``code``."""
    MODERATED = "moderated"
    """Whole, and then another text takes its place."""
    FILE = "file"
    """Whole, with a file."""


class Answer(Struct, frozen=True):
    """One answer. ``pace`` is in seconds per word; None leaves it to the server.

    ``looked_up`` says that documents were asked for it; ``resources`` are those it rests on, in the
    vendor's words.
    """

    text: str
    ending: Ending = Ending.WHOLE
    pace: float | None = None
    code: str = ""
    looked_up: bool = False
    resources: tuple[Mapping[str, object], ...] = ()


_COMMANDS = {
    "fail": Answer("", Ending.FAILURE),
    "fail midway": Answer(texts.HALF, Ending.FAILURE),
    "hang": Answer("", Ending.SILENCE),
    "cut": Answer(texts.HALF, Ending.CUT),
    "busy": Answer("", Ending.BUSY),
    "nothing": Answer(""),
    "moderate": Answer(texts.HALF, Ending.MODERATED),
    "file": Answer("Here it is:", Ending.FILE),
    "markdown": Answer(texts.MARKDOWN),
    "table": Answer(texts.TABLE),
    "code": Answer(texts.CODE),
    "long": Answer(texts.long()),
    "help": Answer(texts.HELP),
    "what can you do": Answer(texts.HELP),
}
_POLITE = re.compile(
    r"^(?:please |can you |could you |show me |show |say |give me |answer (?:in|with) )+"
    r"|^(?:an? |some )|\b(?: answer| please)$"
)
_GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|evening)|xin chào|chào)(?: there| bạn)?")


class Answers:
    """Knows the README, remembers what a person has said and behaves badly when asked to."""

    def __init__(self, readme: str) -> None:
        self._readme = Readme(readme)

    def answer(self, query: str, earlier: Sequence[str]) -> Answer:
        """The answer to ``query``, behind the person's ``earlier`` queries, oldest first."""
        unhurried = _SLOWLY.sub("", query).strip()
        if unhurried != query.strip():
            return replace(self.answer(unhurried, earlier), pace=_SLOW)
        command = _command(query)
        return (
            _COMMANDS.get(command)
            or _count(command)
            or _error(command)
            or _about_name(query, earlier)
            or self._from_readme(query, command)
        )

    def _from_readme(self, query: str, command: str) -> Answer:
        if _GREETING.fullmatch(command):
            return Answer(texts.GREETING)
        section = self._readme.best(query)
        if section is None:
            return Answer(texts.UNKNOWN, looked_up=True)
        title = f"**{section.title}**\n\n" if section.title else ""
        return Answer(title + section.body, looked_up=True)


def _command(query: str) -> str:
    """The query as a command would be written: ``Please show me a table!`` is ``table``."""
    words = " ".join(re.sub(r"[^\w\s]", " ", query.casefold()).split())
    while (shorter := _POLITE.sub("", words).strip()) != words:
        words = shorter
    return words


def _count(command: str) -> Answer | None:
    match = _COUNT.fullmatch(command)
    if not match:
        return None
    last = min(int(match[1]), _MOST_NUMBERS)
    return Answer(" ".join(str(n) for n in range(1, last + 1)))


def _error(command: str) -> Answer | None:
    match = _ERROR.fullmatch(command)
    known = match and match[1] in CODES
    return Answer("", Ending.REFUSED, code=match[1]) if match and known else None


def _about_name(query: str, earlier: Sequence[str]) -> Answer | None:
    if told := _name(query):
        return Answer(f"Nice to meet you, {told}. I will remember your name.")
    if not _ASKS_NAME.search(query):
        return None
    known = next((name for said in reversed(earlier) if (name := _name(said))), "")
    return Answer(f"Your name is {known}." if known else texts.NAMELESS)


def _name(said: str) -> str:
    match = _NAME.search(said)
    return _NAME_END.sub("", match[1]).strip() if match else ""
