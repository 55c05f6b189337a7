"""On a customer's page: answers stream, stop, and are whole whatever the browser goes through."""

from __future__ import annotations

import json

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from support.browser import Chat
from support.gate import gate
from support.servers import eventually
from table_acts import Problems, ask, launch, new_tab, opened, requests_of
from table_bot import Bot
from table_shop import Shop

from gateway.texts import Texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_SIX = "1 2 3 4 5 6"


async def listening(page: Page, shop: Shop, bot: Bot) -> Chat:
    """A chat with an answer that is held behind its second word."""
    bot.holds("a tale", TO_SIX)
    chat = await opened(page, shop.page())
    await chat.write("a tale")
    await chat.wait_for_text("1 2")
    return chat


async def history(page: Page, shop: Shop, conversation: str) -> list[object]:
    """What the gateway has kept of a conversation of whoever is at the page."""
    token = await page.evaluate(f"localStorage.getItem('chat-gateway:{shop.gateway}/:shop')")
    body = json.dumps({"token": token, "conversation": conversation})
    url, headers = f"{shop.gateway}/w/v1/shop/session", {"Origin": shop.url}
    async with aiohttp.request("POST", url, data=body, headers=headers) as response:
        assert response.status == 200
        kept: list[object] = (await response.json())["history"]
        return kept


async def test_an_answer_streams_in(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await listening(page, shop, bot)
    assert await chat.texts() == ["1 2"]
    bot.goes_on()
    assert await chat.wait(1) == TO_SIX


async def test_a_stop_reaches_the_bot(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await listening(page, shop, bot)
    await chat.press("stop")
    assert await chat.wait(1, "stopped") == "1 2"
    (stopped,) = await eventually(lambda: bot.bodies("/stop"))
    (asked,) = bot.bodies("/chat-messages")
    assert stopped["user"] == asked["user"]
    assert bot.stops == 1
    await expect(page.get_by_text(Texts().get("en", "stopped")).first).to_be_visible()


async def test_an_answer_goes_on_after_a_reload(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await listening(page, shop, bot)
    await page.reload()
    await launch(page)
    await chat.wait_for_text("1 2")
    bot.goes_on(words=1)
    await chat.wait_for_text("1 2 3")
    assert bot.answered == []
    bot.goes_on()
    assert await chat.wait(1) == TO_SIX
    assert await chat.texts("user") == ["a tale"]
    assert bot.asked() == ["a tale"]


async def test_what_was_missed_without_a_network_is_replayed(
    page: Page, shop: Shop, bot: Bot, problems: Problems
) -> None:
    async with gate(int(shop.gateway.rsplit(":", 1)[1])) as door:
        chat = await listening(page, shop.behind(door.port), bot)
        asked = requests_of(page)
        door.shut()
        await page.context.set_offline(True)
        await expect(page.get_by_text("Reconnecting…")).to_be_visible()
        bot.goes_on()
        await eventually(lambda: bot.answered)
        assert await chat.texts() == ["1 2"]
        door.open()
        await page.context.set_offline(False)
        assert await chat.wait(1) == TO_SIX
        # By the events since the last one that was heard: nothing is asked for anew.
        assert not [address for address in asked if address.endswith(("/session", "/history"))]
        await page.goto("about:blank")
    problems.forgive("net::ERR")


async def test_all_tabs_have_one_stream(context: BrowserContext, shop: Shop) -> None:
    asked = requests_of(context)
    url = shop.page()
    tabs = [await opened(context.pages[0], url), await new_tab(context, url)]
    tabs.append(await new_tab(context, url))
    await tabs[0].write("count to 3")
    for tab in tabs:
        assert await tab.wait(1) == "1 2 3"
        assert await tab.texts("user") == ["count to 3"]
    assert await ask(tabs[2], "count to 2") == "1 2"
    assert await tabs[0].wait(2) == "1 2"
    assert sum(address.endswith("/events") for address in asked) == 1


async def test_what_was_said_is_kept_by_the_gateway(
    browser: Browser, page: Page, shop: Shop
) -> None:
    url = shop.page()
    answer = await ask(await opened(page, url), "My name is Sarah")
    kept = await page.context.storage_state()
    assert "Sarah" not in str(kept)
    # Another browser, in which there is nothing but what the first has kept.
    elsewhere = await browser.new_context(storage_state=kept, locale="en-GB")
    for fresh in (await page.context.new_page(), await elsewhere.new_page()):
        chat = await opened(fresh, url)
        assert await chat.wait(1) == answer
        assert await chat.texts("user") == ["My name is Sarah"]
    assert "Sarah" in await ask(chat, "what is my name?")
    await elsewhere.close()


async def test_ratings_and_comments_reach_the_bot(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "count to 2")
    await page.get_by_role("button", name="Good answer").click()
    await page.locator("[data-action=skip]").click()
    await page.get_by_role("button", name="Bad answer").click()
    await page.get_by_label("What was good or bad about it? (optional)").fill("Too short")
    await page.locator("[data-action=sendComment]").click()
    await eventually(lambda: len(bot.bodies("/feedbacks")) == 3)
    said = [(body["rating"], body.get("content")) for body in bot.bodies("/feedbacks")]
    assert said == [("like", None), ("dislike", None), ("dislike", "Too short")]
    (talk,) = bot.memory.of(bot.bodies("/feedbacks")[0]["user"])
    assert talk.turns[0].rating == "dislike"


async def test_an_answer_is_asked_for_again(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "count to 2")
    await chat.press("regenerate")
    assert await chat.wait(2) == "1 2"
    assert await chat.texts("user") == ["count to 2"]
    assert bot.asked() == ["count to 2"] * 2


async def test_an_answer_and_its_code_are_copied(page: Page, shop: Shop) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = await opened(page, shop.page())
    await ask(chat, "code")
    clipboard = "navigator.clipboard.readText()"
    await page.locator(".code [data-action=copy]").click()
    await eventually(lambda: page.evaluate(f"{clipboard}.then((t) => t.startsWith('def greet'))"))
    await page.locator(".actions [data-action=copy]").click()
    await eventually(lambda: page.evaluate(f"{clipboard}.then((t) => t.includes('```python'))"))


async def test_conversations_are_listed_begun_and_deleted(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "My name is Sarah")
    assert len(await history(page, shop, "first")) == 2
    await chat.press("new")
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    assert "Sarah" not in await ask(chat, "what is my name?")
    await chat.press("list")
    rows = page.locator(".item")
    await expect(rows).to_have_count(2)
    await rows.filter(has_text="My name is Sarah").get_by_role("button", name="Delete").click()
    await page.locator("[data-action=delete]").click()
    await expect(rows).to_have_count(1)
    (deleted,) = await eventually(lambda: [h for h in bot.heard if h.method == "DELETE"])
    gone, left = (body["user"] for body in bot.bodies("/chat-messages"))
    assert deleted.body["user"] == gone
    assert [len(bot.memory.of(user)) for user in (gone, left)] == [0, 1]
    await chat.press("back")
    await expect(page.locator("[data-role=user] .text")).to_have_text(["what is my name?"])
    assert await history(page, shop, "first") == []


async def test_the_list_opens_an_earlier_conversation(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "My name is Sarah")
    await chat.press("new")
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    await ask(chat, "count to 2")
    await chat.press("list")
    await page.locator(".opener", has_text="My name is Sarah").click()
    await expect(page.locator("[data-role=user] .text")).to_have_text(["My name is Sarah"])
    await chat.wait(1)
    assert "Sarah" in await ask(chat, "what is my name?")


async def test_what_an_answer_rests_on_is_shown(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "count to 2 with sources")
    await page.locator("summary", has_text="Sources").click()
    link = page.get_by_role("link", name="README.md")
    await expect(link).to_have_attribute("href", "https://example.com/readme")
    await expect(page.get_by_text("Carries messages.")).to_be_visible()


async def test_what_an_agent_does_is_shown(page: Page, shop: Shop, bot: Bot) -> None:
    bot.holds("a tale", TO_SIX, words=0)
    chat = await opened(page, shop.page("agent"))
    await chat.write("a tale")
    status = page.locator("[data-role=bot] .status")
    await expect(status).to_have_text("current_time")
    bot.goes_on()
    assert await chat.wait(1) == f"Let me check. {TO_SIX}"
    await expect(status).to_have_count(0)
    await page.locator("summary", has_text="Steps").click()
    await expect(page.locator("details li", has_text="current_time").first).to_be_visible()
