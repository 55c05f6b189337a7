"""Telegram without a webhook: one gateway of several asks for updates, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.servers import Process, eventually, free_port, loaded, running, web_config
from support.stores import Store, store
from support.telegram import Telegram
from support.telegram.wiring import People, with_telegram
from support.visitors import counted

from gateway.service import Service


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


@pytest.fixture
async def gateways(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> AsyncIterator[list[Service]]:
    """Two, of which one asks."""
    async with AsyncExitStack() as stack:
        found = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            config = with_telegram(web_config(sandbox, redis_url), tg, updates="polling")
            service = running(loaded(folder / name, config))
            found.append(await stack.enter_async_context(service))
        yield found


async def test_of_two_gateways_one_asks(gateways: list[Service], tg: Telegram) -> None:
    people = People(tg, "")
    await eventually(lambda: tg.called("getUpdates"))
    for number in range(3):
        await tg.push(tg.private(f"count to {number + 2}", user=50 + number))
    for number in range(3):
        assert await people.answer(50 + number) == counted(number + 2)
    assert not any("409" in call.error for call in tg.calls)
    await eventually(lambda: not tg.bot.pending)


async def test_an_old_webhook_is_removed(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> None:
    tg.bot.webhook.url = "https://old.test/"
    config = with_telegram(web_config(sandbox, redis_url), tg, updates="polling")
    tg.bot.pending.append(tg.private("count to 3"))
    async with running(loaded(folder, config)):
        assert await People(tg, "").answer(42) == counted(3)
    (call,) = tg.called("deleteWebhook")
    assert not call.args.get("drop_pending_updates")


async def test_another_poller_is_borne(gateways: list[Service], tg: Telegram) -> None:
    await eventually(lambda: tg.called("getUpdates"))
    tg.fail(
        "getUpdates", "409:Conflict: terminated by other getUpdates request", "500", "cut before"
    )
    await tg.push(tg.private("count to 3"))
    assert await People(tg, "").answer(42) == counted(3)


async def test_poison_does_not_stop_what_comes_after_it(
    gateways: list[Service], tg: Telegram
) -> None:
    await eventually(lambda: tg.called("getUpdates"))
    poison = tg.private("poison")
    poison["message"]["chat"] = "nowhere"
    poison["message"]["entities"] = 7
    tg.bot.pending.append(poison)
    await tg.push(tg.private("count to 3"))
    assert await People(tg, "").answer(42) == counted(3)
    await eventually(lambda: not tg.bot.pending)


async def test_killed_between_asking_and_keeping_loses_nothing(
    server: Store, sandbox: str, folder: Path, tg: Telegram
) -> None:
    config = with_telegram(web_config(sandbox, server.url), tg, updates="polling")
    process = Process(folder, config, free_port())
    await process.start()
    await eventually(lambda: tg.called("getUpdates"))
    server.hang()
    updates = [tg.private(f"count to {n}", user=50 + n) for n in (2, 3, 4)]
    asked = len(tg.called("getUpdates"))
    await tg.push(updates[0])
    await eventually(lambda: not tg.bot.polling)
    process.kill()
    assert [call.args.get("offset", 0) for call in tg.called("getUpdates")[asked:]] == []
    assert updates[0] in tg.bot.pending
    server.resume()
    await tg.push(updates[1])
    await tg.push(updates[2])
    await process.start()
    try:
        people = People(tg, "")
        answers = await asyncio.gather(*(people.answer(50 + n) for n in (2, 3, 4)))
        assert answers == [counted(n) for n in (2, 3, 4)]
        assert [len(tg.said(50 + n)) for n in (2, 3, 4)] == [1, 1, 1]
    finally:
        await asyncio.to_thread(process.terminate)
