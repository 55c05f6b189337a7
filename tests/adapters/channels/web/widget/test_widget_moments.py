"""What happens at the wrong moment, twice, or too late is done once and is not lost."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page, async_playwright, expect
from support.browser import FLAGS, NAMES, executable
from widget_acts import answer, echo, eventually, held, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXPIRED: tuple[int, dict[str, str], dict[str, str]] = (
    401,
    {"error": "expired_token", "message": "Expired"},
    {},
)


async def test_a_double_click_on_a_slow_link_opens_one_session(
    page: Page, gateway: StandIn
) -> None:
    """And greets once, and says once what was asked meanwhile."""
    # botpress/v12 #1426, #11813
    gateway.reply = echo
    await page.goto(gateway.embedded())
    async with held(page, "**/panel.*.js*"):
        await page.locator(".launcher").dblclick()
        await page.locator(".launcher").click()
    async with held(page, "**/session"):
        await expect(page.locator("textarea")).to_be_visible()
        await say(page, "Early")
        await page.evaluate("ChatGateway.open()")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(1)
    await expect(page.locator(".opening > :first-child")).to_have_text("How can I help?")
    assert (gateway.sessions, gateway.connections) == (1, 1)
    assert [body["text"] for body in gateway.commands("messages")] == ["Early"]


async def test_a_hundred_times_opened_and_closed_is_one_session_and_one_stream(
    page: Page, gateway: StandIn
) -> None:
    await page.goto(gateway.embedded())
    for count in (101, 100):
        await page.evaluate("count => { while (count--) ChatGateway.toggle(); }", count)
        await eventually(lambda: gateway.sessions)
    await page.evaluate("ChatGateway.open()")
    await answer(page, gateway, "Still here")
    await eventually(lambda: len(gateway._queues) == 1)
    await expect(page.locator("#chat-gateway .panel")).to_have_count(1)
    assert gateway.sessions == 1


async def test_every_answer_can_be_stopped_not_only_the_first(page: Page, gateway: StandIn) -> None:
    # deep-chat #442
    await open_widget(page, gateway)
    for number in (1, 2, 3):
        await say(page, f"Question {number}")
        await eventually(lambda number=number: len(gateway.commands("messages")) == number)
        gateway.begin(gateway.commands("messages")[-1]["id"], f"Question {number}")
        gateway.delta(0, "First words")
        gateway.waiting = True
        await page.locator("[data-action=stop]").click()
        await eventually(lambda number=number: len(gateway.commands("stop")) == number)
        gateway.waiting = False
        gateway.end("First words", "stopped")
        await expect(page.locator("[data-state=stopped]")).to_have_count(number)
        await expect(page.locator("[data-action=stop]")).to_be_hidden()


async def test_a_token_that_expires_in_the_middle_of_an_answer(
    page: Page, gateway: StandIn
) -> None:
    await open_widget(page, gateway)
    await say(page, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "Hello")
    gateway.delta(0, "One ")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One")
    gateway.waiting = True
    gateway.refusals["events"] = [EXPIRED]
    gateway.drop()
    await eventually(lambda: gateway.sessions == 2)
    gateway.delta(4, "two")
    gateway.end("One two")
    await expect(page.locator("[data-role=bot][data-state=done] .text")).to_have_text("One two")
    await expect(page.locator("[data-role]")).to_have_count(2)


async def test_what_is_sent_after_a_reset_is_the_next_visitors(
    page: Page, gateway: StandIn
) -> None:
    """One button of the page may begin anew and ask, in one go."""
    # MaxKB #3051
    await open_widget(page, gateway)
    await answer(page, gateway, "Mine")
    gateway.history.clear()
    gateway.extra["visitor"] = "another"
    gateway.reply = echo
    await page.evaluate("ChatGateway.reset(); ChatGateway.send('Fresh')")
    await expect(page.locator("[data-role=bot] strong")).to_have_text("Fresh")
    await expect(page.locator("[data-role=user] .text")).to_have_text(["Fresh"])
    said = [(body["text"], body["token"]) for body in gateway.commands("messages")]
    assert said == [("Hello", "token-1"), ("Fresh", "token-2")]


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_clock_that_is_a_day_wrong_costs_nobody_the_conversation(
    page: Page, gateway: StandIn, days: int
) -> None:
    await page.clock.set_system_time(time.time() + days * 86_400)
    await open_widget(page, gateway)
    await answer(page, gateway, "First")
    await page.reload()
    await expect(page.locator("[data-role=bot] .text")).to_have_text("First")
    await answer(page, gateway, "Second")
    await expect(page.locator("[data-role=bot] .text")).to_have_text(["First", "Second"])
    assert gateway.commands("session")[-1]["token"] == "token-1"


async def test_words_that_an_input_method_composed_are_sent_whole(
    page: Page, gateway: StandIn
) -> None:
    """Telex: each letter replaces the word so far, and the key that ends it sends nothing."""
    await open_widget(page, gateway)
    await page.locator("textarea").focus()
    keys = await page.context.new_cdp_session(page)
    for word, steps in (("tiếng ", ["t", "ti", "tie", "tiê", "tiế", "tiến"]), ("Việt", ["V"])):
        for step in steps:
            place = {"selectionStart": len(step), "selectionEnd": len(step)}
            await keys.send("Input.imeSetComposition", {"text": step, **place})
        await page.keyboard.press("Enter")
        await keys.send("Input.insertText", {"text": word})
    assert gateway.commands("messages") == []
    await page.keyboard.press("Enter")
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.commands("messages")[0]["text"] == "tiếng Việt"


async def came_back(page: Page) -> bool:
    await page.go_back(wait_until="commit")
    await page.wait_for_function("window.kept !== undefined")
    kept: bool = await page.evaluate("window.kept")
    return kept


async def test_back_to_a_page_that_was_kept_alive(gateway: StandIn) -> None:
    """The closed chat does not keep the page from that, and works when it is back.

    In the whole browser: its headless shell keeps no page.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(*NAMES),
            args=list(FLAGS),
            ignore_default_args=["--disable-back-forward-cache"],
        )
        page = await browser.new_page()
        note = "<script>onpageshow = ({ persisted }) => { window.kept = persisted; }</script>"
        await page.goto(gateway.embedded(head=note))
        await expect(page.locator(".launcher")).to_be_visible()
        other = gateway.embedded("/other")
        await page.goto(other)
        assert await came_back(page) is True
        await page.locator(".launcher").click()
        await answer(page, gateway, "First")
        await page.goto(other)
        gateway.turn += 1
        gateway.begin()
        gateway.end("While away")
        await came_back(page)
        await page.evaluate("ChatGateway.open()")
        await expect(page.locator("[data-role=bot] .text")).to_have_text(["First", "While away"])
        await answer(page, gateway, "Second")
        await browser.close()
