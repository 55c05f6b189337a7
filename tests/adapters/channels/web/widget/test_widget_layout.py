"""Where things stand when the page, the window or the language has its own way."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect
from widget_acts import open_widget
from widget_looks import PHONE, differing, picture, still_page
from widget_standin import StandIn
from widget_states import STATES, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")
BLANK = "<style>html, body { background: #fff !important } h1 { visibility: hidden }</style>"
PANEL = "document.querySelector('#chat-gateway').shadowRoot.querySelector('.panel')"


async def test_a_page_that_is_written_from_right_to_left_does_not_turn_it(
    browser: Browser, gateway: StandIn
) -> None:
    async with still_page(browser, letters=True) as page:
        await STATES["done"](Stage(page, gateway, 'data-theme="light"', BLANK))
        before = await picture(page)
        await page.add_style_tag(content="* { direction: rtl }")
        assert differing(before, await picture(page)) == 0


async def test_the_field_is_as_high_as_what_is_written(browser: Browser, gateway: StandIn) -> None:
    async with still_page(browser, letters=True) as page:
        await open_widget(page, gateway)
        field = page.locator("textarea")
        before = await field.evaluate("field => field.offsetHeight")
        await field.fill("x")
        assert await field.evaluate("field => field.scrollHeight - field.clientHeight") == 0
        assert await field.evaluate("field => field.offsetHeight") == before


async def test_the_panel_itself_cannot_be_scrolled(browser: Browser, gateway: StandIn) -> None:
    async with still_page(browser, letters=True) as page:
        await STATES["done"](Stage(page, gateway))
        await page.locator(".bot .sr").first.evaluate("e => e.scrollIntoView({ inline: 'end' })")
        assert await page.evaluate(f"[{PANEL}.scrollLeft, {PANEL}.scrollTop]") == [0, 0]
        await page.evaluate(f"{PANEL}.scrollLeft = 99")
        assert await page.evaluate(f"{PANEL}.scrollLeft") == 0


async def test_a_window_that_becomes_small_leaves_the_person_writing(
    browser: Browser, gateway: StandIn
) -> None:
    async with still_page(browser, letters=True) as page:
        await open_widget(page, gateway)
        await page.locator("textarea").fill("Half a")
        await page.set_viewport_size(PHONE)
        await page.wait_for_function(f"{PANEL}.matches(':modal')")
        await expect(page.locator("textarea")).to_be_focused()


async def test_numbers_of_sources_stand_within_the_text(browser: Browser, gateway: StandIn) -> None:
    async with still_page(browser, letters=True) as page:
        await STATES["done"](Stage(page, gateway, 'data-dir="rtl"'))
        left = await page.evaluate(f"{PANEL}.getBoundingClientRect().left + 20")
        item = await page.locator("details li").first.bounding_box() or {}
        # The number stands outside of the item, where its own direction begins.
        assert item["x"] - 24 >= left - 1
