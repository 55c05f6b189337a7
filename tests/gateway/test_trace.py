"""What became of one message, for people and for programs."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from contracts.store import item
from support.adapters import inbound
from support.lanes import taken
from support.servers import eventually, web_config, write_config

from gateway.config import Limits, RedisConfig
from gateway.store.connection import Connection
from gateway.store.inbox import Inbox
from gateway.store.traces import Checkpoint, Traces
from gateway.store.whereabouts import State, Whereabouts
from gateway.trace import Traced, lines, trace
from gateway.visit import visit

Run = Callable[..., Any]
AT = 1_700_000_000.0


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    async with visit(RedisConfig(url=redis_url)) as connection:
        yield connection


@pytest.fixture
def run(redis_url: str, folder: Path, own_logging: None) -> Run:
    file = write_config(folder, web_config("http://127.0.0.1:1/v1", redis_url))

    async def run(*arguments: str) -> Result:
        words = [*arguments, "--config", str(file)]
        return await asyncio.to_thread(CliRunner().invoke, trace, words)

    return run


async def test_a_turn_that_is_parked(run: Run, connection: Connection) -> None:
    inbox, traces = Inbox(connection, "host-1", Limits()), Traces(connection, "host-1")
    await inbox.leases.prepare()
    await inbox.admit("site:a", item(inbound("their words")))
    traces.note("site:a", 1, "admitted", bot="help")
    lease, _ = await taken(inbox, connection)
    traces.note("site:a", 1, "parked", attempt=1)
    await inbox.leases.release(lease, 60)

    async def noted() -> bool:
        return len(await traces.read("site:a", 1)) == 2

    await eventually(noted)
    done = await run("site:a#1")
    head, _, first, second = done.stdout.splitlines()
    assert done.exit_code == 0
    assert head.startswith("site:a#1: parked until ")
    assert head.endswith("after attempt 1")
    assert first.split()[2:] == ["admitted", "bot=help", "[host-1]"]
    assert second.split()[2:] == ["parked", "attempt=1", "[host-1]"]
    told = json.loads((await run("site:a#1", "--json")).stdout)
    assert told["turn"] == "site:a#1"
    assert (told["now"]["state"], told["now"]["attempt"]) == ("parked", 1)
    assert [each["what"] for each in told["checkpoints"]] == ["admitted", "parked"]
    assert "their words" not in done.stdout + json.dumps(told)


async def test_a_turn_nobody_knows(run: Run) -> None:
    done = await run("site:a#1")
    assert done.exit_code == 1
    assert "unknown" in done.stdout


@pytest.mark.parametrize(
    "name", ["site:a", "#1", "site:a#", "site:a#x", "site:a#١", "a#" + "9" * 30]
)
async def test_what_is_no_turn(run: Run, name: str) -> None:
    done = await run(name)
    assert done.exit_code == 2
    assert "site:visitor#3" in done.stderr


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Whereabouts(State.WAITING, 2, 3), "waiting, 2 of 3 in its conversation"),
        (
            Whereabouts(State.RUNNING, 1, 1, attempt=2, worker="h-1", heard=0.31),
            "running, attempt 2, on h-1 (seen 0.3 s ago)",
        ),
        (
            Whereabouts(State.PARKED, 1, 1, due=AT + 90.5),
            "parked until 2023-11-14 22:14:50.500 UTC, in 80.5 s",
        ),
        (
            Whereabouts(State.DEAD, dead_letter="07-1-0", reason="attempts exhausted"),
            "dead letter 07-1-0: attempts exhausted",
        ),
        (Whereabouts(State.SEALED), "sealed: answered, and removed from the inbox"),
    ],
)
def test_where_it_is(now: Whereabouts, said: str) -> None:
    head, *rest = lines(Traced("site:a#1", now, []), AT + 10)
    assert head == f"site:a#1: {said}"
    assert rest == ["  no checkpoints: they are kept for a day"]


def test_times_are_counted_from_the_first() -> None:
    checkpoints = [
        Checkpoint(AT, "h-1", "admitted", {"bot": "help"}),
        Checkpoint(AT + 0.0042, "h-2", "first_word", {"seconds": 0.25, "again": False}),
        Checkpoint(AT + 75.5, "", "sealed"),
    ]
    traced = Traced("site:a#1", Whereabouts(State.SEALED), checkpoints)
    assert lines(traced, AT)[1:] == [
        "  2023-11-14 22:13:20.000 UTC",
        "    +0.000 s  admitted    bot=help  [h-1]",
        "    +0.004 s  first_word  seconds=0.25 again=False  [h-2]",
        "   +75.500 s  sealed",
    ]
