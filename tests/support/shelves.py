"""Libraries over a few documents, and a web of pages that they may be told of."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.config.knowledge import KnowledgeConfig
from gateway.fetch import Fetched, FetchError
from gateway.knowledge.library import Library
from gateway.knowledge.model import Query

Open = Callable[..., Library]


class Web:
    """A web of pages; what it does not have fails."""

    def __init__(self) -> None:
        self.pages: dict[str, Fetched] = {}
        self.asked: list[str] = []

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        if url not in self.pages:
            raise FetchError("the server answered 503")
        return self.pages[url]

    async def close(self) -> None:
        """Nothing is open."""


class Shelves:
    """Opens libraries of one folder, with any keys of their configuration; ``close`` them."""

    def __init__(self, folder: Path) -> None:
        self.docs, self.home, self.web = folder / "docs", folder / "index", Web()
        self._open: list[Library] = []
        self.docs.mkdir()
        (self.docs / "a.md").write_text("# Apples\n\nApples are red.\n\n## Price\n\nThree coins.")
        (self.docs / "b.md").write_text("---\nkind: fruit\n---\nPears are green.")

    def __call__(self, **keys: Any) -> Library:
        """One more library, not started."""
        keys = {"id": "k", "paths": [str(self.docs)], "api_keys": ["k" * 16], **keys}
        self._open.append(Library(KnowledgeConfig(**keys), self.home, self.web))
        return self._open[-1]

    async def close(self) -> None:
        """Stop them all."""
        for library in self._open:
            await library.stop()


async def texts(library: Library, words: str) -> list[str]:
    """What a search finds, best first."""
    return [record.content for record in await library.search(Query(words, 10))]


async def until(check: Callable[[], bool]) -> None:
    """Wait for it, within a limit."""
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
