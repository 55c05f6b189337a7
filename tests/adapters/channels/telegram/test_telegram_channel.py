"""The channel as a whole: how it starts, in whatever state Telegram is, and how it stops."""

from typing import Any

import pytest
from structlog.testing import capture_logs
from support.desk import Desk
from support.servers import eventually
from support.telegram import Telegram

from adapters.channels.telegram import Channel, Config
from adapters.channels.telegram.webhook import HEADER, secret_of
from gateway.ports import Admission, CanCheck

PATH = "/telegram/bot/webhook"


def channel(tg: Telegram, **keys: Any) -> Channel:
    given = {"kind": "telegram", "token": tg.token, "api_url": tg.url}
    return Channel("bot", Config(**given | keys))


@pytest.mark.parametrize(
    ("updates", "public_url", "hooked"),
    [
        ("auto", "https://chat.example.com", True),
        ("auto", "http://chat.example.com", False),
        ("auto", "", False),
        ("polling", "https://chat.example.com", False),
        ("webhook", "https://chat.example.com", True),
    ],
)
async def test_updates_come_by_webhook_or_are_fetched(
    tg: Telegram, desk: Desk, updates: str, public_url: str, hooked: bool
) -> None:
    desk.public_url = public_url
    bot = channel(tg, updates=updates)
    await bot.start(desk)
    try:
        assert (("POST", PATH) in desk.handlers) == hooked
        called = "setWebhook" if hooked else "getUpdates"
        await eventually(lambda: tg.called(called))
    finally:
        await bot.stop()


async def test_polled_messages_are_taken(tg: Telegram, desk: Desk) -> None:
    bot = channel(tg, updates="polling")
    await bot.start(desk)
    try:
        await tg.push(tg.private("hello"))
        await eventually(lambda: desk.admitted)
        assert desk.admitted[0].text == "hello"
    finally:
        await bot.stop()


@pytest.mark.parametrize("updates", ["webhook", "polling"])
@pytest.mark.parametrize("fault", ["401:Unauthorized", "500", "cut before", "slow:60"])
async def test_it_starts_and_stops_whatever_telegram_says(
    tg: Telegram, desk: Desk, updates: str, fault: str
) -> None:
    for method in ("getMe", "getWebhookInfo", "getUpdates", "getMyCommands"):
        tg.fail(method, *[fault] * 20)
    bot = channel(tg, updates=updates)
    with capture_logs() as logs:
        await bot.start(desk)
        await eventually(lambda: tg.calls)
        if fault.startswith("401"):
            await eventually(lambda: any(entry["log_level"] == "error" for entry in logs))
            assert "copy it anew from @BotFather" in str(logs)
        await bot.stop()
    assert tg.token not in str(logs)


async def test_with_telegram_away_webhooks_are_taken_all_the_same(tg: Telegram, desk: Desk) -> None:
    bot = channel(tg, api_url="http://127.0.0.1:9")
    await bot.start(desk)
    try:
        async with desk.served() as url:
            secret = {HEADER: secret_of(tg.token, "bot")}
            update = tg.private("hello")
            async with desk.http.post(url + PATH, json=update, headers=secret) as response:
                assert response.status == 200
        assert desk.admitted[0].text == "hello"
    finally:
        await bot.stop()


async def test_it_can_be_checked(tg: Telegram, desk: Desk) -> None:
    bot = channel(tg)
    assert isinstance(bot, CanCheck)
    described = await bot.check(desk.http, desk.public_url)
    assert "@test_bot" in str(described)
    assert tg.token not in str(described)


async def test_it_stops_when_what_it_has_to_say_is_said(line: Any) -> None:
    line.desk.admission = Admission("busy", notice="Too many.")
    line.telegram.fail("sendMessage", "slow:0.05")
    await line.telegram.push(line.telegram.private("hello"), again=False)
    await line.channel.stop()
    assert line.telegram.texts(42) == ["Too many."]
