"""Documents at addresses: fetched into a folder, where they are files like any other."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from gateway.fetch import Fetched, FetchError
from gateway.knowledge.pages import Page, keep, listed, replace_file
from gateway.knowledge.readers import kind_of
from gateway.knowledge.sources import NO_READER, digest

EVERY_SECONDS = 600.0
"""An address is asked at most this often."""
AT_ONCE = 4

_TYPES = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "markdown",
}


class CanFetch(Protocol):
    """Fetches public addresses: a Fetcher."""

    async def fetch(self, url: str) -> Fetched:
        """All of a file. Raises FetchError."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class Remote:
    """The documents at some addresses, kept in ``folder``. What was there stays when an address
    fails: an hour without a web server takes no answer away."""

    def __init__(self, urls: Iterable[str], folder: Path, fetcher: CanFetch) -> None:
        self._urls = {digest(url): url for url in urls}
        self._folder = folder
        self._fetcher = fetcher
        self._places = asyncio.Semaphore(AT_ONCE)

    async def refresh(self, now: float | None = None) -> None:
        """Ask the addresses whose time has come. Raises OSError when nothing can be written."""
        now = time.time() if now is None else now
        known = await asyncio.to_thread(listed, self._folder)
        due = [id_ for id_ in self._urls if _is_due(known.get(id_), now)]
        if not due and known.keys() == self._urls.keys():
            return
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        asked = [self._asked(id_, known.get(id_, Page()), now) for id_ in due]
        known |= dict(zip(due, await asyncio.gather(*asked), strict=True))
        wanted = {id_: page for id_, page in known.items() if id_ in self._urls}
        await asyncio.to_thread(keep, self._folder, wanted)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._fetcher.close()

    async def _asked(self, id_: str, page: Page, now: float) -> Page:
        async with self._places:
            try:
                fetched = await self._fetcher.fetch(self._urls[id_])
            except FetchError as error:
                return replace(page, asked=now, reason=str(error))
        kind = _kind(fetched)
        if not kind:
            return replace(page, asked=now, reason=NO_READER)
        changed = await asyncio.to_thread(replace_file, self._folder / id_, fetched.data)
        return Page(kind, now, now if changed else page.changed)


def _is_due(page: Page | None, now: float) -> bool:
    return page is None or not 0 <= now - page.asked < EVERY_SECONDS


def _kind(fetched: Fetched) -> str:
    # Servers call anything text/plain: then the name says more.
    known = _TYPES.get(fetched.media_type, "") or kind_of(fetched.name)
    return known or ("text" if fetched.media_type == "text/plain" else "")
