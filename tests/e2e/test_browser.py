"""The whole way, in a real browser: a person types in the widget, an answer streams back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from support.browser import Chat, chromium
from support.pages import shop
from support.servers import (
    Process,
    end_embedded,
    eventually,
    free_port,
    loaded,
    running,
    web_config,
)

from gateway.service import Service
from gateway.texts import Texts


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def chat(browser: Browser, gateway: Service) -> Chat:
    context = await browser.new_context(locale="en-GB")
    chat = Chat(await context.new_page())
    await chat.page.goto(gateway.url)
    return chat


async def test_an_answer_streams_in(chat: Chat) -> None:
    await chat.write("count slowly to 5")
    await chat.wait_for_text("1")
    assert "5" not in (await chat.texts())[-1]
    assert await chat.wait(1) == "1 2 3 4 5"
    assert await chat.texts("user") == ["count slowly to 5"]
    assert chat.console == []


async def test_what_is_written_without_a_network_is_answered_once_it_is_back(chat: Chat) -> None:
    await chat.write("count slowly to 8")
    await chat.wait_for_text("1 2")
    await chat.page.context.set_offline(True)
    await chat.write("count to 3")
    await expect(
        chat.page.locator("#chat-gateway [data-role=user][data-state=sending]")
    ).to_be_visible()
    await chat.page.context.set_offline(False)
    await chat.wait(2)
    assert await chat.texts() == ["1 2 3 4 5 6 7 8", "1 2 3"]
    assert await chat.texts("user") == ["count slowly to 8", "count to 3"]


async def test_a_reload_in_mid_answer_loses_nothing(chat: Chat) -> None:
    await chat.write("count slowly to 8")
    await chat.wait_for_text("1 2")
    await chat.page.reload()
    await chat.wait_for_text("1 2 3")
    assert await chat.wait(1) == "1 2 3 4 5 6 7 8"
    assert await chat.texts("user") == ["count slowly to 8"]
    await chat.page.reload()
    assert await chat.wait(1) == "1 2 3 4 5 6 7 8"
    assert len(await chat.texts()) == 1


async def test_a_long_answer_is_the_same_after_reloads_at_any_moment(chat: Chat) -> None:
    await chat.write("count to 1400")
    for pause in (0.05, 0.3, 0.6):
        await asyncio.sleep(pause)
        await chat.page.reload()
    text = await chat.wait(1)
    assert len(text) > 5000
    await chat.page.reload()
    assert await chat.wait(1) == text


async def test_two_tabs_show_the_same(chat: Chat) -> None:
    # The visitor exists once the first tab has heard the bot's opening.
    await chat.page.get_by_text("I am the sandbox bot").wait_for()
    other = Chat(await chat.page.context.new_page())
    await other.page.goto(chat.page.url)
    await other.page.locator("[part=field]").wait_for()
    await chat.write("count slowly to 4")
    assert await other.wait(1) == await chat.wait(1) == "1 2 3 4"
    await other.write("My name is Sarah")
    assert "Sarah" in await chat.wait(2)
    assert await chat.texts("user") == await other.texts("user")


async def test_the_stop_button_stops(chat: Chat) -> None:
    await chat.write("count slowly to 100")
    await chat.wait_for_text("1 2")
    await chat.press("stop")
    text = await chat.wait(1, "stopped")
    assert text.startswith("1 2")
    await chat.page.get_by_text(Texts().get("en", "stopped")).first.wait_for()
    await chat.page.reload()
    assert await chat.wait(1, "stopped") == text


async def test_typed_commands_work(chat: Chat) -> None:
    await chat.write("My name is Sarah")
    await chat.wait(1)
    await chat.write("/new")
    assert await chat.wait(2) == Texts().get("en", "new_conversation")
    await chat.write("what is my name?")
    assert "Sarah" not in await chat.wait(3)
    await chat.write("count slowly to 100")
    await chat.wait_for_text("1 2")
    await chat.write("/stop")
    await chat.wait(1, "stopped")


async def test_a_failure_is_told_and_can_be_tried_again(chat: Chat) -> None:
    await chat.write("fail midway")
    text = await chat.wait(1, "failed")
    assert text
    await chat.press("retry")
    await chat.wait(2, "failed")
    assert await chat.texts("user") == ["fail midway", "fail midway"]


async def test_it_speaks_the_language_of_the_browser(browser: Browser, gateway: Service) -> None:
    page = await browser.new_page(locale="vi-VN")
    chat = Chat(page)
    await page.goto(gateway.url)
    await chat.write("/help")
    first_line = Texts().get("vi", "help").splitlines()[0].strip()
    assert first_line in await chat.wait(1)


async def test_a_killed_gateway_comes_back_with_what_was_shown(
    browser: Browser, sandbox: str, folder: Path
) -> None:
    process = Process(folder, web_config(sandbox), free_port())
    await process.start()
    chat = Chat(await browser.new_page())
    await chat.page.goto(process.url)
    await chat.write("count slowly to 6")
    await chat.wait_for_text("1 2")
    process.kill()
    await process.start()
    await chat.page.locator("[data-role=bot][data-state=failed]").wait_for()
    (text,) = await chat.texts()
    assert text.startswith("1 2")
    await expect(chat.page.get_by_text(Texts().get("en", "failed.interrupted"))).to_be_visible()
    await chat.press("retry")
    assert await chat.wait(1) == "1 2 3 4 5 6"
    process.terminate()
    end_embedded(folder / "data")


async def test_an_origin_that_is_not_listed_is_told_in_the_console(
    browser: Browser, gateway: Service
) -> None:
    async with shop(gateway.url, free_port()) as url:
        chat = Chat(await browser.new_page())
        await chat.page.goto(url)
        await chat.press("open")
        await eventually(lambda: any("channels.site.origins" in line for line in chat.console))


async def test_a_listed_origin_may_embed(
    browser: Browser, sandbox: str, redis_url: str, folder: Path
) -> None:
    port = free_port()
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["origins"] = [f"http://localhost:{port}"]
    async with running(loaded(folder, config)) as gateway, shop(gateway.url, port) as url:
        chat = Chat(await browser.new_page())
        await chat.page.goto(url)
        await chat.press("open")
        await chat.write("count slowly to 3")
        assert await chat.wait(1) == "1 2 3"
        assert chat.console == []
