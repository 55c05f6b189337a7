"""The operator's way with dead letters."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.adapters import inbound
from support.lanes import bury
from support.servers import web_config, write_config

from gateway.config import Limits, RedisConfig
from gateway.dead_letters import dead_letters
from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.dead import DeadLetter, DeadLetters
from gateway.store.inbox import Inbox
from gateway.store.people import People
from gateway.store.whereabouts import State, locate
from gateway.visit import visit

Run = Callable[..., Any]


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    async with visit(RedisConfig(url=redis_url)) as connection:
        yield connection


@pytest.fixture
async def inbox(connection: Connection) -> Inbox:
    inbox = Inbox(connection, "worker", Limits())
    await inbox.leases.prepare()
    return inbox


@pytest.fixture
def run(redis_url: str, folder: Path, own_logging: None) -> Run:
    """Run a command against the store."""
    config = web_config("http://127.0.0.1:1/v1", redis_url)
    config["limits"] = {"waiting_messages": 2}
    file = write_config(folder, config)

    async def run(command: str, *arguments: str) -> Result:
        words = [command, *arguments, "--config", str(file)]
        return await asyncio.to_thread(CliRunner().invoke, dead_letters, words)

    return run


async def letters(connection: Connection) -> list[DeadLetter]:
    return [letter async for letter in DeadLetters(connection).all()]


async def test_there_are_none(run: Run) -> None:
    done = await run("list")
    assert (done.exit_code, done.stdout) == (0, "There are no dead letters.\n")
    assert json.loads((await run("list", "--json")).stdout) == []


async def test_the_list_has_no_word_of_theirs(
    run: Run, inbox: Inbox, connection: Connection
) -> None:
    await bury(inbox, connection, "site:a", inbound("their words"), "attempts exhausted")
    [letter] = await letters(connection)
    done = await run("list")
    head, row = done.stdout.splitlines()
    assert head.split() == ["ID", "WHEN", "CHANNEL", "BOT", "TURN", "BYTES", "REASON"]
    assert row.startswith(letter.id)
    assert row.endswith("attempts exhausted")
    assert row.split()[3:7] == ["site", "bot", "site:a#1", str(len(letter.message))]
    listed = (await run("list", "--json")).stdout
    assert json.loads(listed)[0]["turn"] == "site:a#1"
    assert "their words" not in done.stdout + listed


async def test_showing_one_shows_all_of_it(run: Run, inbox: Inbox, connection: Connection) -> None:
    await bury(inbox, connection, "site:a", inbound("their words"), "poison")
    [letter] = await letters(connection)
    shown = json.loads((await run("show", letter.id)).stdout)
    assert (shown["id"], shown["reason"]) == (letter.id, "poison")
    assert shown["message"]["inbound"]["text"] == "their words"


@pytest.mark.parametrize("command", ["show", "replay", "drop"])
async def test_one_that_is_not_there(run: Run, command: str) -> None:
    done = await run(command, "07-1-1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "07-1-1: there is no such dead letter\n"


@pytest.mark.parametrize("command", ["replay", "drop"])
@pytest.mark.parametrize("arguments", [(), ("07-1-1", "--all")])
async def test_which_ones_must_be_said(run: Run, command: str, arguments: tuple[str, ...]) -> None:
    assert (await run(command, *arguments)).exit_code == 2


async def test_a_replayed_letter_waits_in_its_lane(
    run: Run, inbox: Inbox, connection: Connection
) -> None:
    await bury(inbox, connection, "site:a", inbound("x", channel="site", person="ann"))
    [letter] = await letters(connection)
    done = await run("replay", letter.id)
    assert (done.exit_code, done.stdout) == (0, f"{letter.id}: waits as site:a#2\n")
    assert (await locate(connection, "site:a", 2)).state is State.WAITING
    assert await People(connection, 1).lanes("site", "ann") == ["site:a"]
    assert await letters(connection) == []


async def test_replaying_twice_is_one_message(
    run: Run, inbox: Inbox, connection: Connection
) -> None:
    await bury(inbox, connection, "site:a", inbound("x"))
    [letter] = await letters(connection)
    await run("replay", letter.id)
    # What a command that was cut off between its two steps would have left.
    stream, entry = keys.dead(int(letter.id[:2])), letter.id[3:]
    fields = ("lane", "site:a", "message", b"1:" + letter.message, "reason", "poison")
    await connection.execute("DEL", stream)
    await connection.execute("XADD", stream, entry, *fields)
    again = await run("replay", letter.id)
    assert (again.exit_code, again.stdout) == (0, f"{letter.id}: waits as site:a#2\n")
    assert (await locate(connection, "site:a", 2)).waiting == 1
    assert await letters(connection) == []


async def test_all_of_them(run: Run, inbox: Inbox, connection: Connection) -> None:
    for lane in ("site:a", "site:b", "site:c"):
        await bury(inbox, connection, lane, inbound("x"))
    done = await run("replay", "--all")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)
    assert await letters(connection) == []


async def test_a_full_lane_keeps_the_letter(run: Run, inbox: Inbox, connection: Connection) -> None:
    for _ in range(3):
        await bury(inbox, connection, "site:a", inbound("x"))
    done = await run("replay", "--all")
    [left] = await letters(connection)
    assert (done.exit_code, len(done.stdout.splitlines())) == (1, 2)
    assert done.stderr == f"{left.id}: too much is waiting: replay it later\n"


async def test_what_is_no_longer_configured_is_refused(
    run: Run, inbox: Inbox, connection: Connection, redis_url: str, folder: Path
) -> None:
    await bury(inbox, connection, "gone:a", inbound("x"))
    [letter] = await letters(connection)
    done = await run("replay", letter.id)
    assert done.exit_code == 1
    assert "channel gone is not configured: add it again" in done.stderr
    config = web_config("http://127.0.0.1:1/v1", redis_url)
    config["channels"]["gone"] = {**config["channels"].pop("site")}
    config["bots"] = {"new": config["bots"]["bot"]}
    config["routes"] = [{"channel": "gone", "bot": "new"}]
    write_config(folder, config)
    done = await run("replay", letter.id)
    assert done.exit_code == 1
    assert "bot bot is not configured: add it again" in done.stderr
    assert await letters(connection) == [letter]


async def test_one_that_cannot_be_understood(run: Run, connection: Connection) -> None:
    fields = ("lane", "site:a", "message", b"1:{\xff", "reason", "poison")
    await connection.execute("XADD", keys.dead(keys.shard_of("site:a")), "*", *fields)
    [letter] = await letters(connection)
    assert " ? " in (await run("list")).stdout
    assert json.loads((await run("show", letter.id)).stdout)["message"] == "{\ufffd"
    refused = await run("replay", letter.id)
    assert refused.exit_code == 1
    assert "drop it" in refused.stderr
    assert (await run("drop", letter.id)).exit_code == 0
    assert await letters(connection) == []


async def test_dropping(run: Run, inbox: Inbox, connection: Connection) -> None:
    for lane in ("site:a", "site:b", "site:c"):
        await bury(inbox, connection, lane, inbound("x"))
    one, *others = await letters(connection)
    done = await run("drop", one.id, "07-1-1")
    assert (done.exit_code, done.stdout) == (1, f"{one.id}: dropped\n")
    assert await letters(connection) == others
    done = await run("drop", "--all")
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 2)
    assert await letters(connection) == []
