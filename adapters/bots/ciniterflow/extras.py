"""What comes with an answer beside its text: tools, sources, questions to go on with. No I/O."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import msgspec

from adapters.bots.ciniterflow import wire
from gateway.model import Source, ToolUse

_LONGEST_EXCERPT = 300
_LINKS = ("url", "source", "link")
_TITLES = ("title", "fileName", "source")
_NO_TITLE = frozenset({"", "blob"})
"""What uploads are called when nobody has named them."""


class Tools:
    """Says of each tool once that it was called, and once that it has answered."""

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._used: set[str] = set()

    def called(self, tools: list[wire.Tool | None] | None) -> Iterator[ToolUse]:
        """Tools that were called."""
        for name in _names(tools):
            if name not in self._called:
                self._called.add(name)
                yield ToolUse(name)

    def used(self, tools: list[wire.Tool | None] | None) -> Iterator[ToolUse]:
        """Tools that have answered, and were therefore called."""
        yield from self.called(tools)
        for name in _names(tools):
            if name not in self._used:
                self._used.add(name)
                yield ToolUse(name, finished=True)


def _names(tools: list[wire.Tool | None] | None) -> list[str]:
    found = (each.tool or each.name for each in tools or () if each)
    return [name for name in found if name]


def sources(documents: Iterable[wire.Document | None]) -> Iterator[Source]:
    """The documents as a person may see them."""
    for each in filter(None, documents):
        facts = {key: x for key, x in (each.metadata or {}).items() if isinstance(x, str)}
        links = (facts.get(key, "") for key in _LINKS)
        url = next((x for x in links if x.startswith(("http://", "https://"))), "")
        yield Source(_title(facts), url, _excerpt(each.page_content or ""))


def _title(facts: dict[str, str]) -> str:
    key = next((key for key in _TITLES if facts.get(key, "") not in _NO_TITLE), "")
    named = facts.get(key, "")
    if key != "source" or named.startswith(("http://", "https://")):
        return named
    # Where the file was on the server is nobody's business.
    return PurePosixPath(named.replace("\\", "/")).name


def _excerpt(content: str) -> str:
    text = " ".join(content[: 4 * _LONGEST_EXCERPT].split())
    return text if len(text) <= _LONGEST_EXCERPT else text[: _LONGEST_EXCERPT - 1].rstrip() + "…"


def suggestions(prompts: object) -> tuple[str, ...]:
    """The follow-up questions, however the server has wrapped them."""
    if isinstance(prompts, str):
        try:
            prompts = msgspec.json.decode(prompts)
        except msgspec.DecodeError:
            return ()
    if isinstance(prompts, dict):
        prompts = prompts.get("questions")
    found = prompts if isinstance(prompts, list) else []
    return tuple(each for each in found if isinstance(each, str) and each.strip())
