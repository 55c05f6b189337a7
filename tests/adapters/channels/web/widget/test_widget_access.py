"""Keyboard, screen readers, small screens, other scripts and other colours."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect
from widget_acts import answer, eventually, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = """() => {
  const inside = document.querySelector("#chat-gateway").shadowRoot.activeElement;
  return { action: inside?.dataset.action ?? inside?.tagName, page: document.activeElement.id };
}"""


async def test_the_keyboard_stays_in_a_panel_that_fills_the_screen(
    page: Page, gateway: StandIn
) -> None:
    await page.set_viewport_size({"width": 390, "height": 700})
    await open_widget(page, gateway, body='<a id="out" href="#">Outside</a>')
    for _ in range(12):
        await page.keyboard.press("Tab")
        where = await page.evaluate(FOCUSED)
        assert where["page"] != "out"
        assert where["action"] != "open"
    assert await page.locator(".panel").evaluate("panel => panel.matches(':modal')") is True
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-action=open]")).to_be_focused()


async def test_on_a_large_screen_the_page_can_be_reached(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway, body='<button id="out">Outside</button>')
    assert await page.locator(".panel").evaluate("panel => panel.matches(':modal')") is False
    await page.locator("#out").click()
    await expect(page.locator("#out")).to_be_focused()
    await page.set_viewport_size({"width": 390, "height": 700})
    await page.wait_for_function(
        "document.querySelector('#chat-gateway').shadowRoot.querySelector('.panel:modal')"
    )


async def test_every_finished_answer_is_said_once(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.locator(".sr[role=status]").evaluate(
        """(said) => {
          window.heard = [];
          new MutationObserver(() => heard.push(said.textContent))
            .observe(said, { childList: true, characterData: true, subtree: true });
        }"""
    )
    await say(page, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "Hello")
    gateway.delta(0, "**One**")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One")
    gateway.delta(7, " two")
    gateway.end("**One** two")
    await page.wait_for_function("window.heard.length > 0")
    await answer(page, gateway, "Three")
    await page.wait_for_function("window.heard.at(-1) === 'Three'")
    assert await page.evaluate("heard") == ["One two", "Three"]


async def test_a_message_that_fails_is_an_alert(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.refusals["messages"] = [(413, {"error": "too_large", "message": "Too long"}, {})]
    await say(page, "Hello")
    await expect(page.get_by_role("alert")).to_have_text("Too long")


@pytest.mark.parametrize(("lang", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("vi", "ltr")])
async def test_the_direction_is_the_languages(
    page: Page, gateway: StandIn, lang: str, direction: str
) -> None:
    await open_widget(page, gateway, f'data-lang="{lang}"')
    panel = page.locator(".panel")
    assert await panel.evaluate("panel => getComputedStyle(panel).direction") == direction
    close = await page.locator("[data-action=close]").bounding_box() or {}
    title = await page.locator("header h2").bounding_box() or {}
    assert (close["x"] < title["x"]) is (direction == "rtl")
    assert await panel.get_attribute("lang") == lang


async def test_the_sites_own_words(page: Page, gateway: StandIn) -> None:
    gateway.extra = {"texts": {"placeholder": "Ask us", "new": "Start over", "copy": "Take it"}}
    await open_widget(page, gateway)
    await expect(page.get_by_label("Ask us")).to_be_visible()
    await expect(page.get_by_role("button", name="Start over")).to_be_visible()
    await answer(page, gateway)
    await expect(page.get_by_role("button", name="Take it")).to_be_visible()


async def test_markup_of_the_opening_is_shown(page: Page, gateway: StandIn) -> None:
    gateway.opening = "**Hello**, see [us](https://x.example)"
    await open_widget(page, gateway)
    await expect(page.locator(".opening strong")).to_have_text("Hello")
    await expect(page.locator(".opening a")).to_have_text("us")


async def test_open_read_and_write_take_two_files(page: Page, gateway: StandIn) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await open_widget(page, gateway)
    scripts = [url.rsplit("/", 1)[1].split(".")[0] for url in asked if url.endswith(".js")]
    assert scripts[:2] == ["w", "panel"]
    assert "more" not in scripts
    await answer(page, gateway)
    await expect(page.locator(".actions")).to_be_visible()
    scripts = [url.rsplit("/", 1)[1].split(".")[0] for url in asked if url.endswith(".js")]
    assert scripts.count("more") == 1


async def test_little_motion_and_few_colours(browser: Browser, gateway: StandIn) -> None:
    context = await browser.new_context(reduced_motion="reduce", forced_colors="active")
    page = await context.new_page()
    await open_widget(page, gateway)
    await say(page, "Hello")
    status = page.locator(".status:visible")
    await expect(status).to_be_visible()
    moves = "e => getComputedStyle(e, '::before').animationName"
    assert await status.evaluate(moves) == "none"
    # What has no ground of its own any more has an edge.
    for action in ("stop", "new", "close"):
        button = page.locator(f"[data-action={action}]").first
        assert await button.evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"
    await context.close()
