"""On a customer's page: one script tag, loaded when it is opened, and driven by the page."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect
from support.browser import Chat
from support.servers import eventually
from table_acts import launch, opened, requests_of
from table_bot import Bot
from table_shop import Shop

from gateway.sandbox import texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUTTONS = {
    "Open": ["open"],
    "Close": ["close"],
    "Toggle": ["toggle"],
    "Ask about sizes": ["send", "count to 3"],
    "Draft": ["prefill", "count to 2"],
}

SHOWN = [["show"]]


async def test_one_script_tag_puts_a_launcher_on_the_page(page: Page, shop: Shop) -> None:
    asked = requests_of(page)
    url = shop.page()
    await page.goto(url, wait_until="networkidle")
    launcher = page.get_by_role("button", name="Chat", exact=True)
    await expect(launcher).to_be_in_viewport()
    await expect(launcher).to_have_css("position", "fixed")
    assert asked == [f"GET {url}", f"GET {shop.gateway}/widget/w.js"]
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.context.cookies() == []


async def test_the_chat_is_loaded_when_it_is_opened(page: Page, shop: Shop) -> None:
    """And nothing is asked for twice because it is of another origin."""
    methods: list[str] = []
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    network.on("Network.requestWillBeSent", lambda sent: methods.append(sent["request"]["method"]))
    asked = requests_of(page)
    await opened(page, shop.page())
    await eventually(lambda: f"POST {shop.gateway}/w/v1/shop/events" in asked)
    await network.detach()
    names = [address.rsplit("/", 1)[1].split(".")[0] for address in asked[1:]]
    assert names[:3] == ["w", "panel", "session"]
    assert methods.count("POST") == 2
    assert "OPTIONS" not in methods


async def test_the_page_opens_closes_and_toggles(page: Page, shop: Shop) -> None:
    await page.goto(shop.page(buttons=BUTTONS))
    chat = page.get_by_role("dialog")
    for name, is_shown in (("Open", True), ("Close", False), ("Toggle", True), ("Toggle", False)):
        await page.locator("[data-call]", has_text=name).click()
        await expect(chat).to_be_visible(visible=is_shown)
    heard = await page.evaluate("heard.map(([name]) => name)")
    assert [name for name in heard if name in {"open", "close"}] == ["open", "close"] * 2


async def test_the_page_says_something_for_the_person(page: Page, shop: Shop, bot: Bot) -> None:
    await page.goto(shop.page(buttons=BUTTONS))
    await page.get_by_role("button", name="Ask about sizes").click()
    assert await Chat(page).wait(1) == "1 2 3"
    assert bot.asked() == ["count to 3"]


async def test_the_page_writes_what_the_person_sends(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await opened(page, shop.page(buttons=BUTTONS))
    await page.get_by_role("button", name="Draft").click()
    await expect(page.locator("[part=field]")).to_have_value("count to 2")
    assert bot.asked() == []
    await page.locator("[part=field]").press("Enter")
    assert await chat.wait(1) == "1 2"


async def test_suggested_questions_are_asked_by_a_press(page: Page, shop: Shop, bot: Bot) -> None:
    chat = await opened(page, shop.page())
    await expect(page.locator(".opening")).to_contain_text("I am the sandbox bot")
    chips = page.locator("[data-action=choose]")
    await expect(chips).to_have_text(list(texts.SUGGESTIONS))
    await chips.first.click()
    await chat.wait(1)
    await expect(chips).to_have_text(list(texts.FOLLOW_UPS))
    await chips.last.click()
    assert await chat.wait(2) == texts.NAMELESS
    assert bot.asked() == ["What can you do?", "What is my name?"]


async def test_what_is_answered_to_a_closed_chat_is_unread(
    page: Page, shop: Shop, bot: Bot
) -> None:
    bot.holds("a tale", "1 2 3 4")
    chat = await opened(page, shop.page())
    await chat.write("a tale")
    await chat.wait_for_text("1 2")
    await page.locator("[data-action=close]").click()
    await expect(page.get_by_role("button", name="Chat", exact=True)).to_be_visible()
    bot.goes_on()
    badge = page.get_by_role("button", name="Chat, 1 unread")
    await expect(badge).to_be_visible()
    assert await badge.evaluate("e => getComputedStyle(e, '::after').content") == '"1"'
    await badge.click()
    await expect(page.get_by_role("button", name="Chat", exact=True)).to_be_visible()
    assert await chat.texts() == ["1 2 3 4"]


async def test_unread_answers_are_counted_on_the_next_page(
    page: Page, shop: Shop, bot: Bot
) -> None:
    bot.holds("a tale", "1 2 3")
    chat = await opened(page, shop.page())
    await chat.write("a tale")
    await chat.wait_for_text("1 2")
    await page.locator("[data-action=close]").click()
    await page.goto(shop.page())
    bot.goes_on()
    badge = page.get_by_role("button", name="Chat, 1 unread")
    await expect(badge).to_be_visible()
    await launch(page)
    assert await chat.wait(1) == "1 2 3"


async def test_a_proactive_message_is_shown_once_whatever_tabs_there_are(
    context: BrowserContext, shop: Shop
) -> None:
    first, second = context.pages[0], await context.new_page()
    await first.goto(shop.page("greets", "data-proactive", calls=SHOWN))
    await expect(first.get_by_role("button", name="Any questions?")).to_be_visible()
    await second.goto(shop.page("greets", "data-proactive", calls=SHOWN, folder="/pricing"))
    await expect(second.get_by_role("button", name="Too expensive?")).to_be_visible()
    greetings = "heard.filter(([name]) => name === 'greeting').map(([, { id }]) => id)"
    assert await first.evaluate(greetings) == ["hello"]
    assert await second.evaluate(greetings) == ["prices"]
    await second.get_by_role("button", name="Too expensive?").click()
    await expect(second.locator("[part=field]")).to_be_visible()
