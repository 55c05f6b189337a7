"""Forgetting and exporting, as the operator does it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from contracts.store import item
from msgspec.structs import replace
from support.adapters import inbound
from support.lanes import bury, taken
from support.servers import loaded, web_config

from gateway.config import Config, RedisConfig
from gateway.model import Conversation
from gateway.privacy import export, forget
from gateway.store.blobs import Blobs
from gateway.store.connection import Connection
from gateway.store.inbox import Inbox
from gateway.store.people import People
from gateway.visit import visit

Run = Callable[..., Any]
WORDS = "what Zoe wrote"


@pytest.fixture
def config(redis_url: str, folder: Path) -> Config:
    return loaded(folder, web_config("http://127.0.0.1:1/v1", redis_url))


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    async with visit(RedisConfig(url=redis_url)) as connection:
        yield connection


@pytest.fixture
def run(config: Config, folder: Path, own_logging: None) -> Run:
    """Run a command against the store, and answer its question."""

    async def run(command: Any, *arguments: str, answer: str = "") -> Result:
        words = [*arguments, "--config", str(folder / "config.yaml")]
        return await asyncio.to_thread(CliRunner().invoke, command, words, input=answer)

    return run


async def write(connection: Connection, config: Config) -> None:
    """Zoe has a lane of her own with some of everything, and one together with Bob."""
    inbox, people = Inbox(connection, "worker", config.limits), People(connection, 90)
    await inbox.leases.prepare()
    blobs = Blobs(connection, most_bytes_each=100, most_bytes_all=10**6, days=1)
    await bury(inbox, connection, "site:z", inbound(f"{WORDS}: dead"), "poison")
    file = await blobs.keep("plan.txt", "text/plain", b"x" * 7)
    message = replace(inbound(f"{WORDS}: waits"), attachments=(file,))
    await inbox.admit("site:z", item(message), said={"text": WORDS})
    lease, _ = await taken(inbox, connection)
    await inbox.leases.release(lease, 3600)
    for person, lane in (("zoe", "site:z"), ("zoe", "site:all"), ("bob", "site:all")):
        await people.note("site", person, lane)
    await inbox.admit("site:all", item(inbound("what Bob wrote")), said={"text": "what Bob wrote"})
    lease, _ = await taken(inbox, connection)
    await inbox.leases.release(lease, 3600)


@pytest.fixture
async def written(connection: Connection, config: Config) -> None:
    await write(connection, config)


@pytest.mark.parametrize("command", [forget, export])
async def test_nobody_by_that_name(run: Run, written: None, command: Any) -> None:
    for channel, person in (("site", "zo"), ("sit", "zoe")):
        done = await run(command, channel, person)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(f"{person} is not known in channel {channel}")


async def test_it_says_what_it_will_do_and_asks(
    run: Run, written: None, connection: Connection
) -> None:
    done = await run(forget, "site", "zoe", answer="n\n")
    assert done.exit_code == 1
    plan, shared, hint, question, *_ = done.stdout.splitlines()
    assert plan.startswith(
        "site:z: 1 message and answer, 1 waiting message, 1 dead letter, 1 file, "
    )
    assert shared == "site:all: 1 other person wrote there too: it stays"
    assert hint.startswith("--shared")
    assert question.startswith("Remove this for ever?")
    assert set(await People(connection, 90).lanes("site", "zoe")) == {"site:z", "site:all"}


async def test_it_does_it_when_told_so(run: Run, written: None, connection: Connection) -> None:
    done = await run(forget, "site", "zoe", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "site:z: removed here" in done.stdout
    assert "BGREWRITEAOF" in done.stdout
    assert await People(connection, 90).lanes("site", "zoe") == ["site:all"]


async def test_what_is_shared_only_when_that_is_said(
    run: Run, written: None, connection: Connection
) -> None:
    await run(forget, "site", "zoe", "--yes")
    left = await run(forget, "site", "zoe", "--yes")
    assert left.exit_code == 0
    assert "it stays" in left.stdout
    assert "removed here" not in left.stdout
    done = await run(forget, "site", "zoe", "--yes", "--shared")
    assert done.exit_code == 0
    assert "site:all: removed here" in done.stdout
    assert await connection.client.keys("*:inbox:*") == []
    assert (await run(forget, "site", "zoe", "--yes")).exit_code == 1
    assert await People(connection, 90).lanes("site", "bob") == []


async def test_a_conversation_that_stays_at_its_bot_is_a_failure(
    run: Run, written: None, connection: Connection, config: Config
) -> None:
    inbox = Inbox(connection, "worker", config.limits)
    await inbox.leases.wake("site:z")
    lease, _ = await taken(inbox, connection)
    await inbox.save(lease, "vendor:old", Conversation("c-1"))
    await inbox.leases.release(lease, 3600)
    done = await run(forget, "site", "zoe", "--yes")
    assert done.exit_code == 1
    stays = "  bot vendor:old, conversation c-1: stays there: no bot of the configuration has it"
    assert stays in done.stdout.splitlines()
    assert await People(connection, 90).lanes("site", "zoe") == ["site:all"]


async def test_the_export_has_all_of_theirs_and_no_word_of_others(run: Run, written: None) -> None:
    done = await run(export, "site", "zoe")
    exported = json.loads(done.stdout)
    assert (done.exit_code, exported["channel"], exported["person"]) == (0, "site", "zoe")
    [lane] = exported["conversations"]
    assert lane["lane"] == "site:z"
    assert [said["text"] for said in lane["transcript"]] == [WORDS]
    assert [each["inbound"]["text"] for each in lane["waiting"]] == [f"{WORDS}: waits"]
    [letter] = lane["dead_letters"]
    assert letter["message"]["inbound"]["text"] == f"{WORDS}: dead"
    assert lane["files"] == [{"name": "plan.txt", "media_type": "text/plain", "size": 7}]
    assert exported["left_out_because_shared"] == ["site:all"]
    assert "Bob" not in done.stdout


async def test_the_export_of_what_is_shared(run: Run, written: None) -> None:
    exported = json.loads((await run(export, "site", "zoe", "--shared")).stdout)
    assert {lane["lane"] for lane in exported["conversations"]} == {"site:z", "site:all"}
    assert exported["left_out_because_shared"] == []


async def test_an_embedded_server_forgets_the_bytes_too(run: Run, folder: Path) -> None:
    config = loaded(folder, web_config("http://127.0.0.1:1/v1"))
    config.redis.data_dir.mkdir()
    async with visit(config.redis) as connection:
        await write(connection, config)
    assert on_disk(config.redis.data_dir, WORDS)
    done = await run(forget, "site", "zoe", "--yes")
    assert done.exit_code == 0, done.output
    assert "Copies of the data directory" in done.stdout
    assert not on_disk(config.redis.data_dir, WORDS)
    assert on_disk(config.redis.data_dir, "what Bob wrote")


def on_disk(folder: Path, words: str) -> bool:
    files = (path for path in folder.rglob("*") if path.is_file())
    return any(words.encode() in path.read_bytes() for path in files)
