"""Telegram when something fails: a limited Telegram, a stopped store, a killed gateway, and a
Telegram that is away when the gateway starts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from support.servers import (
    Process,
    end_embedded,
    eventually,
    free_port,
    loaded,
    running,
    web_config,
)
from support.stores import Store, store
from support.telegram import Telegram
from support.telegram.sender import GROUP
from support.telegram.server import serving
from support.telegram.wiring import People, with_telegram
from support.visitors import counted
from support.widget import Widget


async def test_a_limited_telegram_loses_nothing(chatters: People, tg: Telegram) -> None:
    tg.fail("sendMessageDraft", "ok", "429:1")
    tg.fail("sendMessage", "429:1", "429:1")
    await chatters.write("count slowly to 6")
    assert await chatters.answer(42) == counted(6)
    assert len(tg.said(42)) == 1
    assert [call.error[:3] for call in tg.called("sendMessage")] == ["429", "429", ""]


async def test_a_limited_group_gets_its_whole_answer(chatters: People, tg: Telegram) -> None:
    tg.fail("editMessageText", "429:1", "cut after", "500")
    await chatters.mention("count slowly to 8")
    await eventually(lambda: counted(8) in tg.texts(GROUP), 20)
    assert len(tg.said(GROUP)) == 1


async def test_a_limit_of_one_chat_is_not_one_of_others(chatters: People, tg: Telegram) -> None:
    tg.fail("sendMessageDraft", "429:60")
    tg.fail("sendMessage", "429:60")
    await chatters.write("count to 3", user=7)
    await eventually(lambda: any("429" in call.error for call in tg.calls))
    for user in (8, 9):
        await chatters.write("count to 2", user=user)
    assert await chatters.answer(8) == "1 2"
    assert await chatters.answer(9) == "1 2"
    assert tg.said(7) == []


async def test_entities_that_are_refused_are_left_out(chatters: People, tg: Telegram) -> None:
    tg.fail("sendMessage", "400:Bad Request: can't parse entities: oh no")
    await chatters.write("markdown")
    (message,) = await chatters.answers(42)
    refused, taken = tg.called("sendMessage")
    assert refused.args["entities"]
    assert not taken.args.get("entities")
    assert message.text


@pytest.mark.parametrize("fault", ["400:Bad Request: TEXTDRAFT_PEER_INVALID", "404:Not Found"])
async def test_a_telegram_without_drafts(chatters: People, tg: Telegram, fault: str) -> None:
    tg.faults.broken["sendMessageDraft"] = fault
    await chatters.write("count slowly to 6")
    await eventually(lambda: counted(6) in tg.texts(42), 15)
    assert len(tg.said(42)) == 1


async def test_a_thread_that_is_gone(chatters: People, tg: Telegram) -> None:
    asked = tg.topic("count to 3", 5)
    tg.chat(asked["message"]["chat"]["id"]).topics.clear()
    await chatters.send(asked)
    chat = asked["message"]["chat"]["id"]
    await eventually(lambda: counted(3) in tg.texts(chat))


async def test_whoever_blocked_the_bot_harms_nobody(chatters: People, tg: Telegram) -> None:
    tg.block(7)
    await chatters.write("count to 3", user=7)
    await eventually(lambda: any(call.error.startswith("403") for call in tg.calls))
    await chatters.write("count to 2", user=8)
    assert await chatters.answer(8) == "1 2"


async def test_a_group_that_becomes_a_supergroup(chatters: People, tg: Telegram) -> None:
    old, new = -77, -1_000_000_000_077
    await chatters.mention("My name is Sarah", chat=old)
    await chatters.answers(old)
    for update in tg.migration(old, new):
        await chatters.send(update)
    await chatters.mention("what is my name?", chat=new)
    assert "Sarah" in await chatters.answer(new)


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


async def test_what_a_stopped_store_cannot_keep_telegram_brings_again(
    server: Store, sandbox: str, folder: Path, tg: Telegram
) -> None:
    config = with_telegram(web_config(sandbox, server.url), tg)
    async with running(loaded(folder, config)) as service:
        people = People(tg, service.url)
        await people.ready()
        update = tg.private("count to 3")
        server.stop()
        answer = await tg.post(update)
        assert answer.status == 503
        server.start()
        tg.pauses = (0.1,)
        await people.send(update)
        assert await people.answer(42) == counted(3)
        assert len(tg.said(42)) == 1


@pytest.fixture
async def process(sandbox: str, folder: Path, tg: Telegram) -> AsyncIterator[Process]:
    process = Process(folder, with_telegram(web_config(sandbox), tg), free_port())
    await process.start()
    yield process
    if process.alive:
        await asyncio.to_thread(process.terminate)
    end_embedded(folder / "data")


async def test_a_gateway_killed_in_the_middle(process: Process, tg: Telegram) -> None:
    people = People(tg, process.url)
    await people.ready()
    await people.write("count slowly to 9")
    await eventually(lambda: any(frame.strip() for frame in tg.frames(42)))
    process.kill()
    shown = tg.frames(42)[-1].strip()
    await process.start()
    (message,) = await eventually(lambda: tg.said(42), 15)
    assert message.text.startswith(shown[:1])
    await people.write("count to 2")
    await eventually(lambda: "1 2" in tg.texts(42), 15)
    assert tg.token not in process.log
    assert "Traceback" not in process.log


async def test_telegram_is_away_when_the_gateway_starts(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    tg, port = Telegram(), free_port()
    tg.url = f"http://127.0.0.1:{port}"
    config = with_telegram(web_config(sandbox, redis_url), tg)
    async with running(loaded(folder, config)) as service:
        widget = Widget(http, service.url)
        widget._origin = "https://shop.example"
        await widget.open(lang="en")
        widget.read()
        assert (await widget.ask("count to 3"))["text"].strip() == counted(3)
        await widget.leave()
        async with serving(tg, port):
            people = People(tg, service.url)
            await people.ready()
            await people.write("count to 3")
            assert await people.answer(42) == counted(3)
