"""What ``check --live`` says of a Telegram bot."""

import time
from typing import Any

import aiohttp
import pytest
from support.servers import free_port
from support.telegram import Telegram
from support.telegram.model import TOKEN

from adapters.channels.telegram import live
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.live import BOT_REFUSED, describe
from gateway.ports import Description

URL = "https://chat.example.com"
HOOK = f"{URL}/telegram/chat/webhook"


async def asked(api_url: str, public_url: str = URL, **keys: Any) -> Description:
    config = Config(kind="telegram", **({"token": TOKEN, "api_url": api_url} | keys))
    async with aiohttp.ClientSession() as http:
        return await describe("chat", config, http, public_url)


async def test_a_bot_that_is_well_is_described(tg: Telegram) -> None:
    tg.bot.webhook.url = HOOK
    said = await asked(tg.url)
    assert said == Description(
        {"bot": "@test_bot", "in groups sees": live.PRIVACY, "over": "a webhook"}
    )


async def test_before_the_first_start_no_webhook_is_no_problem(tg: Telegram) -> None:
    said = await asked(tg.url)
    assert said.abilities["webhook"] == "set when the gateway starts"
    assert not said.problem


async def test_polling_needs_no_address(tg: Telegram) -> None:
    said = await asked(tg.url, "")
    assert said.abilities["over"] == "long polling"
    assert not said.problem


async def test_what_waits_is_counted(tg: Telegram) -> None:
    await tg.push_all([tg.private(), tg.private()])
    assert (await asked(tg.url, "")).abilities["waiting"] == "2"


@pytest.mark.parametrize("public_url", ["", URL])
async def test_a_webhook_of_somebody_else_is_named_by_its_host(
    tg: Telegram, public_url: str
) -> None:
    tg.bot.webhook.url = "https://other.example/very-secret"
    said = await asked(tg.url, public_url)
    assert "leads to other.example: another service" in said.problem
    assert "very-secret" not in str(said)


async def test_one_s_own_webhook_is_left_to_the_poller(tg: Telegram) -> None:
    tg.bot.webhook.url = HOOK
    said = await asked(tg.url, updates="polling")
    assert said.abilities["webhook"] == "removed when the gateway polls"
    assert not said.problem


async def test_deliveries_that_failed_lately_are_explained(tg: Telegram) -> None:
    hook = tg.bot.webhook
    hook.url, hook.last_error = HOOK, "Connection refused"
    hook.last_error_at = int(time.time()) - 60
    assert "Connection refused (nothing listens there" in (await asked(tg.url)).problem
    hook.last_error_at -= 86_400
    assert not (await asked(tg.url)).problem
    hook.last_error, hook.last_error_at = "\x1b[2J", int(time.time())
    assert "\x1b" not in (await asked(tg.url)).problem


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        ("", "server.public_url is not set: write the https"),
        ("http://chat.example.com", "server.public_url is http://chat.example.com: write"),
        ("https://chat.example.com:9000", "server.public_url has port 9000: Telegram calls only"),
    ],
)
async def test_telegram_must_reach_the_gateway(tg: Telegram, public_url: str, words: str) -> None:
    said = await asked(tg.url, public_url, updates="webhook")
    assert said.problem.startswith(words)
    local = await asked(tg.url, public_url, updates="webhook", local_mode=True)
    assert bool(local.problem) is (not public_url)


@pytest.mark.parametrize(
    ("reads_all", "keys", "words"),
    [
        (False, {}, live.PRIVACY),
        (True, {}, live.EVERYTHING),
        (True, {"group_replies": "all"}, live.EVERYTHING),
        (False, {"group_replies": "all"}, live.NEEDS_PRIVACY_OFF),
    ],
)
async def test_what_the_bot_sees_of_groups_is_said(
    tg: Telegram, reads_all: bool, keys: dict[str, Any], words: str
) -> None:
    tg.bot.reads_all = reads_all
    said = await asked(tg.url, **keys)
    assert said.abilities["in groups sees"] == words
    assert not said.problem


async def test_topics_in_private_chats_are_said(tg: Telegram) -> None:
    tg.bot.topics = True
    assert (await asked(tg.url)).abilities["topics in private chats"] == "on"


@pytest.mark.parametrize("fault", ["", "404:Not Found"])
async def test_a_refused_token_is_named_and_not_shown(tg: Telegram, fault: str) -> None:
    token = TOKEN if fault else TOKEN[:-1] + "x"
    if fault:
        tg.fail("getMe", fault)
    said = await asked(tg.url, token=token)
    assert said.problem == BOT_REFUSED
    assert token not in str(said)
    assert token.partition(":")[2] not in str(said)


@pytest.mark.parametrize(
    ("method", "fault", "words"),
    [
        ("getMe", "500", "no usable answer"),
        ("getMe", "cut before", "no usable answer"),
        ("getMe", "garbage", "no usable answer"),
        ("getWebhookInfo", "502", "no usable answer"),
        ("getWebhookInfo", "429:9", "asked too often"),
        ("getWebhookInfo", "400:Bad Request: no", "Telegram refused (400)"),
    ],
)
async def test_a_telegram_that_fails_is_said_to(
    tg: Telegram, method: str, fault: str, words: str
) -> None:
    tg.fail(method, fault)
    said = await asked(tg.url)
    assert said.problem.startswith(f"{method}: ")
    assert words in said.problem


async def test_no_connection_is_said_too() -> None:
    said = await asked(f"http://127.0.0.1:{free_port()}")
    assert said.problem.startswith("no connection to http://127.0.0.1")
    assert said.abilities == {}


async def test_a_name_that_would_upset_the_terminal_is_not_printed(tg: Telegram) -> None:
    tg.bot.username = "bot\x1b[2J"
    assert (await asked(tg.url)).abilities["bot"] == "@(unreadable)"
