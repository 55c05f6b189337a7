"""Listing the bots that the vendors of the configured ones have."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.servers import free_port, web_config, write_config

from gateway.bots import bots

TOKEN = "studio-token-of-a-test"
Run = Callable[..., Any]


@pytest.fixture
def studio(sandbox: str) -> dict[str, str]:
    url = sandbox.removesuffix("/v1")
    return {"studio_url": url, "studio_token": TOKEN, "workspace_id": "w1"}


@pytest.fixture
def run(sandbox: str, folder: Path, own_logging: None) -> Run:
    """Run the command with these keys of a bot."""

    async def run(*arguments: str, **keys: str) -> Result:
        config = web_config(sandbox)
        config["bots"]["other"] = dict(config["bots"]["bot"])
        config["bots"]["bot"] |= keys
        file = write_config(folder, config)
        command = ["list", "--config", str(file), *arguments]
        return await asyncio.to_thread(CliRunner().invoke, bots, command)

    return run


async def test_a_table(run: Run, studio: dict[str, str]) -> None:
    done = await run(**studio)
    head, columns, *rows = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert head == "bot bot:"
    assert columns.split() == ["ID", "NAME", "MODE"]
    found = {row.split()[0]: row.split()[-1] for row in rows}
    assert found["app-agent"] == "agent-chat"
    assert len({row.rindex(" ") for row in rows}) == 1


async def test_only_one_kind(run: Run, studio: dict[str, str]) -> None:
    done = await run("--mode", "agent-chat", **studio)
    assert [row.split()[0] for row in done.stdout.splitlines()[2:]] == ["app-agent"]


async def test_for_programs(run: Run, studio: dict[str, str]) -> None:
    done = await run("--json", "--mode", "agent-chat", **studio)
    agent = {"id": "app-agent", "name": "app-agent", "mode": "agent-chat"}
    assert json.loads(done.stdout) == {"bot": [agent]}


async def test_no_bot_that_lists_others(run: Run) -> None:
    done = await run()
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No bot in" in done.stderr


async def test_what_is_missing_is_a_mistake_of_the_configuration(
    run: Run, studio: dict[str, str]
) -> None:
    del studio["workspace_id"]
    done = await run(**studio)
    assert done.exit_code == 2
    assert "workspace_id" in done.stderr
    assert TOKEN not in done.stderr


@pytest.mark.parametrize("mode", ["nonsense", "agent-chat"])
async def test_a_studio_that_says_no(run: Run, studio: dict[str, str], mode: str) -> None:
    away = {"studio_url": f"http://127.0.0.1:{free_port()}"} if mode == "agent-chat" else {}
    done = await run("--mode", mode, **(studio | away))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("bot bot: the Studio (studio_url, studio_token): ")
    assert TOKEN not in done.stderr
