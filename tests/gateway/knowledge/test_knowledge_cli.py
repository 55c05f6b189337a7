"""The commands: index, search, stats."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.servers import web_config, write_config

from gateway.cli import main

KEY = "a-key-of-sixteen-and-more"
Run = Callable[..., Any]


@pytest.fixture
def docs(folder: Path) -> Path:
    docs = folder / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("---\nlevel: 2\ntags: [x, y]\n---\n# Apples\n\n## Price\n\nThree.")
    (docs / "b.md").write_text("# Pears\n\nPears cost four. " + "And more. " * 60)
    return docs


@pytest.fixture
def run(folder: Path, docs: Path, own_logging: None) -> Run:
    """Run a command with this knowledge in the configuration."""

    async def run(*arguments: str, **knowledge: Any) -> Result:
        config = web_config("http://127.0.0.1:1/v1")
        if "knowledge" not in knowledge:
            knowledge["knowledge"] = {"fruit": {"paths": [str(docs)], "api_keys": [KEY]}}
        file = write_config(folder, config | knowledge)
        command = ["knowledge", arguments[0], "--config", str(file), *arguments[1:]]
        return await asyncio.to_thread(CliRunner().invoke, main, command)

    return run


async def test_index_says_what_there_is_and_what_is_skipped(run: Run, docs: Path) -> None:
    (docs / "c.txt").write_bytes(b"\0")
    done = await run("index")
    assert done.exit_code == 0
    assert done.stdout == "fruit: 2 documents, 2 chunks, 1 skipped\n"
    assert "  skipped docs/c.txt: it is binary\n" in done.stderr
    again = await run("index", "fruit")
    assert again.stdout == done.stdout


async def test_search(run: Run) -> None:
    await run("index")
    done = await run("search", "apples price")
    first, text, *_ = done.stdout.splitlines()
    assert first.startswith("1. 0.")
    assert first.endswith("Apples > Price  (docs/a.md)")
    assert text == "   Price Three."
    longest = (await run("search", "pears", "--top-k", "1")).stdout
    assert longest.rstrip().endswith("…")
    assert (await run("search", "nothingofthis")).stdout == "Nothing is found.\n"


async def test_search_for_programs_and_with_filters(run: Run) -> None:
    await run("index")

    async def paths(*filters: str) -> list[str]:
        options = [word for each in filters for word in ("--filter", each)]
        done = await run("search", "apples pears price cost", "--json", *options)
        return sorted(each["metadata"]["path"] for each in json.loads(done.stdout))

    assert await paths() == ["docs/a.md", "docs/b.md"]
    assert await paths("level ≥ 2", "tags in x, z") == ["docs/a.md"]
    assert await paths("level empty") == ["docs/b.md"]
    assert await paths("path not contains b.md") == ["docs/a.md"]
    assert await paths("tags is not y") == ["docs/b.md"]


@pytest.mark.parametrize("written", ["level", "level like 2", "level >", "level > high"])
async def test_a_filter_that_is_none(run: Run, written: str) -> None:
    done = await run("search", "x", "--filter", written)
    assert done.exit_code == 2
    assert "Write" in done.stderr


async def test_stats(run: Run) -> None:
    assert (await run("stats")).stdout == "fruit: nothing is indexed yet\n"
    await run("index")
    done = await run("stats")
    assert done.stdout.startswith("fruit: 2 documents, 2 chunks, 0 skipped, 0.0 MB, built 20")
    assert "level (1), modified (2), path (2), tags (1)" in done.stdout
    assert json.loads((await run("stats", "--json")).stdout)["fruit"]["chunks"] == 2


async def test_what_cannot_be_done_says_why(run: Run, docs: Path) -> None:
    done = await run("search", "x")
    assert (done.exit_code, done.stderr.split(":")[0]) == (1, "Nothing is indexed yet")
    done = await run("search", "x", "--knowledge", "other")
    assert (done.exit_code, "name one of fruit" in done.stderr) == (2, True)
    done = await run("index", knowledge={})
    assert (done.exit_code, "There is no knowledge in" in done.stderr) == (2, True)
    one = {"paths": [str(docs)], "api_keys": [KEY]}
    done = await run("search", "x", knowledge={"a": one, "b": one})
    assert (done.exit_code, "Say --knowledge, one of a, b." in done.stderr) == (2, True)


async def test_a_folder_that_cannot_be_written_says_so(run: Run, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "knowledge").write_text("in the way")
    done = await run("index", redis={"data_dir": str(folder / "data")})
    assert done.exit_code == 1
    assert done.stderr.rstrip().endswith("fruit: Not a directory")
