"""A knowledge is built beside what is served, and taken over without a gap."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.papers import bomb
from support.shelves import Shelves, texts, until

from gateway.knowledge import manifest
from gateway.knowledge.building import Progress
from gateway.knowledge.conditions import Condition, Filter
from gateway.knowledge.model import NotReady, Query


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Shelves]:
    """Libraries of two documents."""
    shelves = Shelves(tmp_path)
    yield shelves
    await shelves.close()


async def test_a_folder_is_indexed(shelves: Shelves) -> None:
    library = shelves()
    progress: list[Progress] = []
    with pytest.raises(NotReady):
        await library.search(Query("apples", 5))
    assert library.stats().generation == 0
    assert await library.refresh(progress.append)
    (record, *_) = await library.search(Query("red apples", 5))
    assert record.content == "Apples are red."
    assert record.title == "Apples"
    assert record.metadata.keys() == {"document_id", "path", "modified"}
    assert record.metadata["path"] == "docs/a.md"
    stats = library.stats()
    assert (stats.documents, stats.chunks, stats.generation, stats.skipped) == (2, 3, 1, ())
    assert stats.fields["kind"] == 1
    assert progress[-1] == Progress(2, 2)


async def test_a_document_without_a_title_is_called_as_its_file(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    (record,) = await library.search(Query("pears", 5))
    assert record.title == "b.md"


async def test_what_has_not_changed_is_not_built(shelves: Shelves) -> None:
    library = shelves()
    assert await library.refresh()
    assert not await library.refresh()
    assert library.stats().generation == 1


async def test_changes_are_taken_over(shelves: Shelves, tmp_path: Path) -> None:
    library = shelves()
    await library.refresh()
    (shelves.docs / "a.md").write_text("Cherries now.")
    (shelves.docs / "b.md").unlink()
    (shelves.docs / "c.md").write_text("Plums too.")
    assert await library.refresh()
    assert await texts(library, "apples pears cherries plums price") == [
        "Cherries now.",
        "Plums too.",
    ]
    assert manifest._numbers(shelves.home) == [2]


async def test_only_what_has_changed_is_read(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    seen = (shelves.docs / "a.md").stat()
    (shelves.docs / "a.md").write_text((shelves.docs / "a.md").read_text().replace("red", "odd"))
    os.utime(shelves.docs / "a.md", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    (shelves.docs / "b.md").write_text("Pears are yellow.")
    await library.refresh()
    assert await texts(library, "red") == ["Apples are red."]
    assert await texts(library, "pears") == ["Pears are yellow."]


async def test_what_was_only_touched_keeps_its_time(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    os.utime(shelves.docs / "a.md", ns=(1, 1))
    assert await library.refresh()
    (record,) = await library.search(Query("red", 5))
    assert str(record.metadata["modified"]) > "2000"
    assert not await library.refresh()


async def test_other_chunks_are_built_anew(shelves: Shelves) -> None:
    (shelves.docs / "a.md").write_text("Apple pie. " * 100)
    await shelves(chunk_chars=1200).refresh()
    library = shelves(chunk_chars=200, overlap_chars=0)
    assert await library.refresh()
    assert library.stats().chunks > 5


async def test_what_is_hostile_is_skipped_with_a_reason(shelves: Shelves) -> None:
    (shelves.docs / "bomb.docx").write_bytes(bomb(50_000_000))
    (shelves.docs / "broken.pdf").write_bytes(b"%PDF-1.4 secret")
    (shelves.docs / "binary.txt").write_bytes(b"\0\1\2")
    (shelves.docs / "large.md").write_bytes(b"x" * 1_100_000)
    library = shelves(max_file_mb=1)
    with capture_logs() as logs:
        await library.refresh()
        (shelves.docs / "c.md").write_text("Plums.")
        await library.refresh()
    reasons = {each.path: each.reason for each in library.stats().skipped}
    assert reasons.keys() == {
        "docs/bomb.docx",
        "docs/broken.pdf",
        "docs/binary.txt",
        "docs/large.md",
    }
    assert all(reasons.values())
    warned = [each["path"] for each in logs if each["event"] == "knowledge skips a file"]
    assert sorted(warned) == sorted(reasons)
    assert "secret" not in json.dumps(logs)
    assert await texts(library, "apples")


async def test_a_file_that_becomes_readable_is_read(shelves: Shelves) -> None:
    (shelves.docs / "a.md").write_bytes(b"\0")
    library = shelves()
    await library.refresh()
    assert [each.path for each in library.stats().skipped] == ["docs/a.md"]
    (shelves.docs / "a.md").write_text("Apples again.")
    await library.refresh()
    assert await texts(library, "apples") == ["Apples again."]
    assert library.stats().skipped == ()


async def test_the_last_generation_is_served_at_once(shelves: Shelves) -> None:
    await shelves().refresh()
    (shelves.docs / "a.md").write_text("Cherries.")
    library = shelves()
    await library.adopt()
    assert await texts(library, "apples")
    await library.start()
    await until(lambda: library.stats().generation == 2)
    assert await texts(library, "cherries") == ["Cherries."]


async def test_changes_are_found_while_it_runs(shelves: Shelves) -> None:
    library = shelves(refresh_seconds=1)
    await library.start()
    await until(lambda: library.stats().generation == 1)
    (shelves.docs / "a.md").write_text("Cherries.")
    await until(lambda: library.stats().generation == 2)
    assert await texts(library, "cherries") == ["Cherries."]


async def test_searches_never_miss_while_generations_come_and_go(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    searches, done = 0, False

    async def search() -> None:
        nonlocal searches
        while not done:
            assert await texts(library, "pears") == ["Pears are green."]
            searches += 1

    task = asyncio.create_task(search())
    for number in range(3):
        (shelves.docs / "a.md").write_text(f"Apples, {number} of them, and more {'.' * number}")
        await library.refresh()
    done = True
    await task
    assert searches > 3
    assert library.stats().generation == 4


async def test_fields_that_are_asked_for_are_ready_in_the_next(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    only = Filter(True, (Condition("kind", "is", "fruit"),))
    assert await library.search(Query("pears", 5, 0.0, only))
    (shelves.docs / "a.md").write_text("Cherries.")
    await library.refresh()
    assert library._served
    assert library._served.generation.asked == ["kind"]
    assert await library.search(Query("pears", 5, 0.0, only))


async def test_an_old_generation_is_searched_to_the_end(shelves: Shelves) -> None:
    library = shelves()
    await library.refresh()
    served = library._served
    assert served
    (shelves.docs / "a.md").write_text("Cherries.")
    await library.refresh()
    assert [record.content for record in served.generation.search(Query("apples", 1))]
