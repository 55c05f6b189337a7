"""The stand-in Telegram's updates: asked for, or pushed to a webhook until they are taken."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram import Bot as Client
from aiogram import exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from aiohttp import web
from support.servers import eventually
from support.telegram import Telegram

GROUP = -1_000_000_000_001
LIKE = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="like:1")]]
)


@pytest.fixture
async def client(tg: Telegram) -> AsyncIterator[Client]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(tg.url))
    async with Client(tg.token, session) as client:
        yield client


async def refused(call: Any) -> str:
    with pytest.raises(exceptions.TelegramAPIError) as caught:
        await call
    return caught.value.message


async def test_gives_updates_until_they_are_confirmed(tg: Telegram, client: Client) -> None:
    await tg.push(tg.private("one"))
    await tg.push(tg.private("two"))
    (first,) = await client.get_updates(limit=1)
    assert (await client.get_updates())[0].update_id == first.update_id
    (second,) = await client.get_updates(offset=first.update_id + 1)
    waiting = asyncio.create_task(client.get_updates(offset=second.update_id + 1, timeout=10))
    await eventually(lambda: not tg.bot.pending)
    await tg.push(tg.private("three"))
    (third,) = await waiting
    assert [u.message.text for u in (first, second, third) if u.message] == ["one", "two", "three"]


async def test_there_is_one_poller(tg: Telegram, client: Client) -> None:
    older = asyncio.create_task(client.get_updates(timeout=10))
    await eventually(lambda: tg.bot.polls == 1)
    newer = asyncio.create_task(client.get_updates(timeout=10))
    assert "terminated by other getUpdates" in await refused(older)
    await client.set_webhook("https://gateway.test/")
    assert "setWebhook" in await refused(newer)
    assert "webhook is active" in await refused(client.get_updates())


async def test_keeps_kinds_that_were_not_asked_for(tg: Telegram, client: Client) -> None:
    answer = await client.send_message(42, "a")
    reaction = tg.reaction(tg.messages[42, answer.message_id])
    assert await tg.push(reaction) is None
    await client.get_updates(allowed_updates=["message_reaction"])
    await tg.push(tg.private("nobody hears it"))
    await tg.push(reaction)
    (update,) = await client.get_updates()
    assert update.message_reaction
    assert len(tg.withheld) == 2


async def test_privacy_mode(tg: Telegram, client: Client) -> None:
    mine = await client.send_message(GROUP, "a")
    said = [
        tg.group("to nobody"), tg.group("@test_bottle hi"), tg.group("/help@other_bot"),
        tg.mention("1"), tg.group("/help"), tg.group("/help@TEST_bot"),
        tg.reply("2", tg.messages[GROUP, mine.message_id]),
    ]  # fmt: skip
    for update in said:
        await tg.push(update)
    assert len(await client.get_updates()) == 4
    tg.bot.reads_all = True
    await tg.push(tg.group("to nobody"))
    assert len(await client.get_updates()) == 5


async def test_pushes_to_the_webhook_until_it_is_taken(tg: Telegram, client: Client) -> None:
    taken = list[tuple[str, str]]()
    answers = [503, 500, 200, 200, 200]

    async def take(http: web.Request) -> web.Response:
        update = await http.json()
        taken.append((update["message"]["text"], http.headers["X-Telegram-Bot-Api-Secret-Token"]))
        return web.Response(status=answers[len(taken) - 1])

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tg.reach["https://gateway.test"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    tg.pauses = (0.0,)
    await tg.push(tg.private("before"))
    await client.set_webhook("https://gateway.test/hook", secret_token="abc")
    await eventually(lambda: not tg.bot.pending)
    both = await tg.push_all([tg.private("1"), tg.private("2")])
    await runner.cleanup()
    assert [answer.status for answer in both] == [200, 200]
    assert taken == [(text, "abc") for text in ("before", "before", "before", "1", "2")]
    answer = await tg.push(tg.private("3"), again=False)
    assert answer
    assert answer.status == 0
    info = await client.get_webhook_info()
    assert (info.pending_update_count, bool(info.last_error_message)) == (1, True)


async def test_buttons_are_answered_in_time(tg: Telegram, client: Client) -> None:
    sent = await client.send_message(42, "a", reply_markup=LIKE)
    update = tg.callback(tg.messages[42, sent.message_id], "like:1")
    query = update["callback_query"]["id"]
    await client.answer_callback_query(query, "Thanks")
    assert tg.bot.answered == {query: "Thanks"}
    tg.query_seconds = 0.0
    assert "query is too old" in await refused(client.answer_callback_query(query))
