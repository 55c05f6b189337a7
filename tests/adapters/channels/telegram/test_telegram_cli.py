"""``chat-gateway telegram``: looks at a bot, sets and removes its webhook, says what to do."""

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from pydantic_core import PydanticUndefined
from support.servers import free_port
from support.telegram import Telegram, updates
from support.telegram.model import TOKEN

from adapters.channels.telegram.cli import cli
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.hooks import ALLOWED
from adapters.channels.telegram.live import BOT_REFUSED
from adapters.channels.telegram.webhook import secret_of
from gateway.cli import main

URL = "https://chat.example.com"
HOOK = f"{URL}/telegram/chat/webhook"
COMMANDS = ("info", "set-webhook", "delete-webhook")
WRONG = TOKEN[:-1] + "x"


def written(folder: Path, sections: dict[str, Any], public_url: str = URL) -> Path:
    """A configuration that has nothing but channels."""
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({"server": {"public_url": public_url}, "channels": sections}))
    return file


async def run(file: Path, *arguments: str) -> Result:
    """The command, as an operator calls it, beside the event loop that Telegram is in."""
    given = ["telegram", *arguments, "--config", str(file)]
    return await asyncio.to_thread(partial(CliRunner().invoke, main, given))


def section(tg: Telegram, **keys: Any) -> dict[str, Any]:
    return {"kind": "telegram", "token": TOKEN, "api_url": tg.url} | keys


async def test_the_webhook_is_set_as_a_gateway_sets_it(tg: Telegram, folder: Path) -> None:
    done = await run(written(folder, {"chat": section(tg)}), "set-webhook", "chat")
    assert (done.exit_code, done.stderr) == (0, "")
    assert HOOK in done.stdout
    [call] = tg.called("setWebhook")
    assert call.args == {
        "url": HOOK,
        "secret_token": secret_of(TOKEN, "chat"),
        "allowed_updates": list(ALLOWED),
        "max_connections": 40,
    }


async def test_the_webhook_is_removed_and_nothing_with_it(tg: Telegram, folder: Path) -> None:
    tg.bot.webhook.url = HOOK
    done = await run(written(folder, {"chat": section(tg)}), "delete-webhook")
    assert done.exit_code == 0
    assert "24 hours" in done.stdout
    assert not tg.bot.webhook.url
    [call] = tg.called("deleteWebhook")
    assert call.args == {"drop_pending_updates": False}


async def test_info_is_for_people(tg: Telegram, folder: Path) -> None:
    tg.bot.webhook.url = HOOK
    done = await run(written(folder, {"chat": section(tg)}), "info")
    assert done.exit_code == 0
    assert "bot: @test_bot\n" in done.stdout
    assert "over: a webhook\n" in done.stdout
    tg.bot.webhook.url = "https://other.example/x"
    done = await run(written(folder, {"chat": section(tg)}), "info")
    assert done.exit_code == 1
    assert "bot: @test_bot\n" in done.stdout
    assert "other.example" in done.stderr


async def test_where_auto_polls_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tg: Telegram, folder: Path
) -> None:
    monkeypatch.setattr(updates, "PORTS", (9000,))
    local = section(tg, local_mode=True)
    done = await run(written(folder, {"chat": local}, f"{URL}:9000"), "set-webhook")
    assert done.exit_code == 0
    assert "Write `updates: webhook`" in done.stderr
    fixed = local | {"updates": "webhook"}
    done = await run(written(folder, {"chat": fixed}, f"{URL}:9000"), "set-webhook")
    assert (done.exit_code, done.stderr) == (0, "")


async def test_a_token_in_a_file_is_read_beside_the_configuration(
    tg: Telegram, folder: Path
) -> None:
    given = section(tg)
    del given["token"]
    (folder / "token").write_text(f"{TOKEN}\n")
    done = await run(written(folder, {"chat": given | {"token_file": "token"}}), "info")
    assert "bot: @test_bot\n" in done.stdout
    done = await run(written(folder, {"chat": given | {"token_file": "none"}}), "info")
    assert done.exit_code == 2
    assert "channels.chat.token_file: cannot read none" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_refused_token_is_said_and_not_shown(
    tg: Telegram, folder: Path, command: str
) -> None:
    done = await run(written(folder, {"chat": section(tg, token=WRONG)}), command)
    assert done.exit_code == 1
    assert BOT_REFUSED in done.stderr
    assert WRONG.partition(":")[2] not in done.output


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "no usable answer"),
        ("cut before", "no usable answer"),
        ("garbage", "no usable answer"),
        ("429:7", "try again in 7 s"),
        ("404:Not Found", BOT_REFUSED),
        ("400:Bad Request: bad webhook: Failed to resolve host", "Failed to resolve host"),
    ],
)
@pytest.mark.parametrize(
    "command", [("set-webhook", "setWebhook"), ("delete-webhook", "deleteWebhook")]
)
async def test_a_telegram_that_fails_is_said_to(
    tg: Telegram, folder: Path, command: tuple[str, str], fault: str, words: str
) -> None:
    tg.fail(command[1], fault)
    done = await run(written(folder, {"chat": section(tg)}), command[0])
    assert done.exit_code == 1
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", COMMANDS)
async def test_no_connection_is_said_too(tg: Telegram, folder: Path, command: str) -> None:
    away = section(tg, api_url=f"http://127.0.0.1:{free_port()}")
    done = await run(written(folder, {"chat": away}), command)
    assert done.exit_code == 1
    assert "no connection to http://127.0.0.1" in done.stderr


@pytest.mark.parametrize(
    ("sections", "arguments", "words"),
    [
        ({}, ["info"], "channels: found none of kind telegram"),
        ({"site": {"kind": "web"}}, ["info"], "channels: found none of kind telegram"),
        ({"a": {}, "b": {}}, ["info"], "several Telegram channels; name one of: a, b"),
        ({"a": {}}, ["info", "c"], "no Telegram channel c; name one of: a"),
        ({"a": {"token": ""}}, ["info"], "channels.a.token: "),
        ({"a": {"token": None}}, ["info"], "channels.a.token: "),
        ({"a": {"wrong": 1}}, ["delete-webhook"], "channels.a.wrong: "),
        ({"a": {"updates": "polling"}}, ["set-webhook"], "channels.a.updates: found polling"),
    ],
)
async def test_what_has_to_be_mended_first_is_said(
    tg: Telegram, folder: Path, sections: dict[str, Any], arguments: list[str], words: str
) -> None:
    full = {name: section(tg) | keys for name, keys in sections.items()}
    done = await run(written(folder, full), *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert not tg.calls


@pytest.mark.parametrize("public_url", ["", "http://chat.example.com", f"{URL}:9000"])
async def test_a_webhook_needs_an_address_that_telegram_can_call(
    tg: Telegram, folder: Path, public_url: str
) -> None:
    done = await run(written(folder, {"chat": section(tg)}, public_url), "set-webhook")
    assert done.exit_code == 2
    assert "server.public_url" in done.stderr
    assert not tg.calls


async def test_no_command_shows_a_secret(tg: Telegram, folder: Path) -> None:
    hidden = (TOKEN.partition(":")[2], secret_of(TOKEN, "chat"))
    for keys in ({}, {"updates": 5}, {"token": TOKEN + "!" * 99}):
        for command in COMMANDS:
            done = await run(written(folder, {"chat": section(tg) | keys}), command)
            assert not [secret for secret in hidden if secret in done.output]


def test_the_page_names_every_key_with_its_default() -> None:
    page = (Path(__file__).parents[4] / "docs" / "telegram.md").read_text()
    table = page.partition("## The keys")[2].partition("## ")[0]
    named = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", table, re.MULTILINE))
    fields = {key: field.default for key, field in Config.model_fields.items() if key != "kind"}
    assert set(named) == set(fields)
    for key, default in fields.items():
        shown = json.dumps(default).strip('"') if default not in ((), PydanticUndefined) else ""
        assert named[key] == shown, key


def test_the_page_names_every_command() -> None:
    page = (Path(__file__).parents[4] / "docs" / "telegram.md").read_text()
    assert all(f"chat-gateway telegram {command}" in page for command in COMMANDS)
    assert set(cli.commands) == set(COMMANDS)
