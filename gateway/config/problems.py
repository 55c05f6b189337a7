"""What is wrong with a configuration, in words for the person who writes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

Location = tuple[str | int, ...]
"""Where in the file a value is: keys, and the indices of list items."""

HIDDEN = "(hidden)"
NOTHING = "nothing"
LONGEST = 60


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is written there, and what to write instead."""

    path: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}\n    found  {self.found}\n    fix    {self.fix}"


class ConfigError(Exception):
    """The configuration cannot be used. Carries every mistake in it, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.problems))


class Findings:
    """What is learnt while a file is read: its mistakes, and which of its values are secret."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.secrets: set[str] = set()
        self._hidden: dict[Location, set[str]] = {}
        self._broken: list[Location] = []

    def mistake(self, at: Location, found: str, fix: str, *, broken: bool = False) -> None:
        """Note a mistake. When ``broken``, no more is said about this value afterwards."""
        if not any(_same_branch(at, place) for place in self._broken):
            self.problems.append(Problem(dotted(at), found, fix))
        if broken:
            self.ignore(at)

    def ignore(self, at: Location) -> None:
        """Say nothing about this value: what is wrong with it has been said."""
        self._broken.append(at)

    def hide(self, at: Location, values: Iterable[str]) -> None:
        """Never show what is written there, nor these values in anything said about it."""
        self._hidden.setdefault(at, set()).update(filter(None, values))

    def shown(self, at: Location, value: object) -> str:
        """A value as it may be shown."""
        if any(at[: len(place)] == place for place in self._hidden):
            return HIDDEN
        return shown(value)

    def masked(self, at: Location, text: str) -> str:
        """A sentence about a value, without the hidden values at or below it."""
        for place, values in self._hidden.items():
            if _same_branch(at, place):
                for value in sorted(values, key=len, reverse=True):
                    text = text.replace(value, HIDDEN)
        return text


def dotted(at: Location) -> str:
    """A location as it is shown: ``routes[0].bot``."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at)
    return path.removeprefix(".") or "the file"


def shown(value: object) -> str:
    """A value in a few words. What is inside a list or a section may be secret: not shown."""
    match value:
        case None:
            return NOTHING
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"' if len(value) <= LONGEST else f'"{value[:LONGEST]}…"'
        case dict():
            return f"the keys {', '.join(map(str, value))}" if value else "an empty section"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
    return str(value)


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to write instead of a word nobody knows."""
    names = sorted(known)
    close = get_close_matches(word.lower(), names, n=1)
    if close:
        return f"Did you mean {close[0]}? Known here: {', '.join(names)}."
    return f"Write one of: {', '.join(names)}." if names else "Take it out."


def _same_branch(one: Location, other: Location) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
