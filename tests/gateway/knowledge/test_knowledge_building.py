"""A build that fails, breaks off or is stopped takes nothing away."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.shelves import Shelves, texts, until

from gateway.knowledge import builder, library, manifest
from gateway.knowledge.builder import BROKE_OFF, BuildFailed
from gateway.knowledge.model import NotReady, Query


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Shelves]:
    """Libraries of two documents."""
    shelves = Shelves(tmp_path)
    yield shelves
    await shelves.close()


async def test_a_build_that_breaks_off_leaves_what_there_was(
    shelves: Shelves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = shelves()
    await library.refresh()
    (shelves.docs / "a.md").write_text("Cherries.")
    half = shelves.home / "7" / "index"
    half.mkdir(parents=True)
    (half / "meta.json").write_text("{")
    with monkeypatch.context() as patch:
        patch.setattr(builder, "COMMAND", ("-c", "import os, signal; os.kill(os.getpid(), 9)"))
        with pytest.raises(BuildFailed, match=BROKE_OFF):
            await library.refresh()
    assert await texts(library, "apples")
    await library.refresh()
    assert await texts(library, "cherries") == ["Cherries."]
    assert manifest._numbers(shelves.home) == [2]


async def test_a_damaged_generation_is_built_anew(shelves: Shelves, tmp_path: Path) -> None:
    await shelves().refresh()
    for path in (shelves.home / "1" / "index").iterdir():
        path.write_bytes(b"damaged")
    library = shelves()
    await library.adopt()
    with pytest.raises(NotReady):
        await library.search(Query("apples", 5))
    await library.refresh()
    assert await texts(library, "apples")


async def test_a_manifest_that_is_no_manifest_is_none(shelves: Shelves, tmp_path: Path) -> None:
    await shelves().refresh()
    (shelves.home / "1" / manifest.MANIFEST).write_text("{")
    library = shelves()
    await library.refresh()
    assert await texts(library, "apples")


async def test_failures_are_logged_and_tried_again(
    shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [True]

    async def build(*_: object) -> None:
        if fails.pop():
            fails.append(len(logs) < 3)
            raise BuildFailed("no space left")
        await builder.build(*_)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "build", build)
    with capture_logs() as logs:
        shelf = shelves(refresh_seconds=1)
        monkeypatch.setattr(shelf, "_pause", 0.01)
        await shelf.start()
        await until(lambda: shelf.stats().generation == 1)
    assert {each["reason"] for each in logs if "reason" in each} == {"no space left"}


async def test_stopping_ends_a_build(
    shelves: Shelves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "note"
    code = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    monkeypatch.setattr(builder, "COMMAND", ("-c", code))
    library = shelves()
    await library.start()
    await until(lambda: note.exists() and bool(note.read_text()))
    await library.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


async def test_a_reason_why_it_cannot_be_built(shelves: Shelves, tmp_path: Path) -> None:
    (shelves.home).mkdir()
    (shelves.home / "lock").mkdir()
    with pytest.raises(BuildFailed, match="Is a directory"):
        await shelves().refresh()
