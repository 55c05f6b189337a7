"""Pages are fetched now and then, and stay when they cannot be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.shelves import Shelves, texts

from gateway.config.knowledge import KnowledgeConfig
from gateway.fetch import Fetched
from gateway.knowledge import remote
from gateway.knowledge.library import Library
from gateway.knowledge.model import Query

URL = "https://docs.example.com/help%20me.html?token=secret"


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Shelves]:
    """Libraries of two documents."""
    shelves = Shelves(tmp_path)
    yield shelves
    await shelves.close()


async def test_a_page_is_fetched(shelves: Shelves) -> None:
    shelves.web.pages[URL] = Fetched("x", "text/html", b"<title>Help</title><p>Melons are round.")
    library = shelves(paths=[URL])
    await library.refresh()
    (record,) = await library.search(Query("melons", 5))
    assert record.title == "Help"
    assert record.metadata["path"] == "https://docs.example.com/help me.html"
    assert not await library.refresh()
    assert shelves.web.asked == [URL]


async def test_a_page_that_fails_stays_as_it_was(
    shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelves.web.pages[URL] = Fetched("x", "text/html", b"<p>Melons are round.")
    library = shelves(paths=[URL])
    await library.refresh()
    shelves.web.pages.clear()
    monkeypatch.setattr(remote, "EVERY_SECONDS", 0.0)
    assert not await library.refresh()
    assert await texts(library, "melons")
    shelves.web.pages[URL] = Fetched("x", "text/html", b"<p>Melons are oval.")
    assert await library.refresh()
    assert await texts(library, "melons") == ["Melons are oval."]
    assert len(shelves.web.asked) == 3


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (None, "the server answered 503"),
        (Fetched("x.png", "image/png", b"x"), "there is no reader for files of its kind"),
        (Fetched("x.pdf", "application/pdf", b"x"), "it is no PDF, or a broken one"),
    ],
)
async def test_a_page_that_cannot_be_had_has_a_reason(
    shelves: Shelves, page: Fetched | None, reason: str
) -> None:
    if page:
        shelves.web.pages[URL] = page
    library = shelves(paths=[URL])
    await library.refresh()
    (skipped,) = library.stats().skipped
    assert skipped.reason == reason
    assert "secret" not in skipped.path
    assert not await library.refresh()


async def test_an_address_that_is_not_public_is_not_fetched(
    shelves: Shelves, tmp_path: Path
) -> None:
    config = KnowledgeConfig(id="k", paths=["https://127.0.0.1:1/x.md"], api_keys=["k" * 16])
    shelf = Library(config, tmp_path / "own")
    try:
        await shelf.refresh()
        assert shelf.stats().skipped[0].reason == "the address is not public"
    finally:
        await shelf.stop()
