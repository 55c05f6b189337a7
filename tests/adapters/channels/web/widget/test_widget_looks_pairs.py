"""What must look the same does: whatever the page's styles are, and however it came to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, expect
from widget_acts import eventually, open_widget
from widget_looks import PIXELS, differing, picture, still_page
from widget_standin import StandIn
from widget_states import FEATURES, MARKDOWN, NOW, STATES, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

Theme = Literal["light", "dark"]
OTHER: dict[Theme, Theme] = {"dark": "light", "light": "dark"}
# One browser differs from itself by less.
NOISE = 2
# The page itself is blank: only the widget is compared.
BLANK = "<style>html, body { background: #fff !important } h1 { visibility: hidden }</style>"
# What style sheets of pages do to elements of theirs, and would do to the widget's.
HOSTILE = {
    "reset": "* { all: unset !important }",
    "everything": """*, *::before, *::after {
      margin: 9px !important; padding: 9px !important; border: 3px solid red !important;
      box-sizing: content-box !important; float: left !important; color: red !important;
      font: italic 30px/4 cursive !important; letter-spacing: 9px !important;
      text-transform: uppercase !important; text-align: center !important;
      white-space: nowrap !important; word-spacing: 9px !important; cursor: wait !important }""",
    "elements": """button { position: fixed; left: 0; width: 100% } div { display: none !important }
      svg, path { fill: red; width: 99px } textarea, input { height: 300px !important }
      p, li, h2 { font-size: 40px } a { color: lime } table { width: 1px } ul { display: none }""",
    "boxes": """div, section, header, button, textarea { transform: rotate(9deg) !important;
      opacity: 0.3 !important; filter: invert(1) !important; overflow: hidden !important;
      width: 10px !important; height: 10px !important; position: static !important;
      z-index: -1 !important; contain: strict !important; visibility: hidden !important }""",
    "body": """body { display: grid; gap: 50px; line-height: 4; letter-spacing: 9px; zoom: 1;
      color: lime; font: bold 30px serif; text-align: right; word-break: break-all }
      body > * { margin: 40px; max-width: 30px } body > :last-child { display: none !important }""",
    "vertical": """html { writing-mode: vertical-rl; text-orientation: upright }
      * { unicode-bidi: bidi-override !important }""",
    # All of the widget is in pixels of its own: a page's trick with its root is not its business.
    "small-root": "html { font-size: 62.5% }",
    "large-root": "html { font-size: 24px !important; line-height: 3 }",
}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def still(browser: Browser) -> AsyncIterator[Page]:
    async with still_page(browser, letters=True) as page:
        yield page


async def test_the_styles_of_a_page_change_nothing(still: Page, gateway: StandIn) -> None:
    await STATES["done"](Stage(still, gateway, 'data-theme="light"', BLANK))
    before = await picture(still)
    changed: dict[str, int] = {}
    for name, css in HOSTILE.items():
        style = await still.add_style_tag(content=f"{css} h1 {{ display: none !important }}")
        changed[name] = differing(before, await picture(still), NOISE)
        await style.evaluate("style => style.remove()")
    assert {name: count for name, count in changed.items() if count > PIXELS} == {}


async def by_attribute(page: Page, gateway: StandIn, theme: Theme) -> Image.Image:
    await page.emulate_media(color_scheme=OTHER[theme])
    await STATES["asked-by-form"](Stage(page, gateway, f'data-theme="{theme}"', BLANK))
    return await picture(page)


async def live(page: Page, system: Theme, chosen: str) -> Image.Image:
    await page.emulate_media(color_scheme=system)
    await page.evaluate("theme => ChatGateway.setTheme(theme)", chosen)
    return await picture(page)


async def test_a_theme_is_the_same_however_it_was_chosen(still: Page, gateway: StandIn) -> None:
    pictures = {theme: await by_attribute(still, gateway, theme) for theme in OTHER}
    assert differing(pictures["dark"], pictures["light"], NOISE) > PIXELS
    for theme, other in OTHER.items():
        expected = pictures[theme]
        assert differing(expected, await live(still, theme, "auto"), NOISE) <= PIXELS
        assert differing(expected, await live(still, other, theme), NOISE) <= PIXELS


async def stream(page: Page, gateway: StandIn) -> None:
    """Ask, and be answered in pieces as a bot does it."""
    await page.evaluate("ChatGateway.send('How do I return them?')")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "How do I return them?")
    for at in range(0, len(MARKDOWN), 40):
        gateway.delta(at, MARKDOWN[at : at + 40])
    source = {"title": "Returns", "url": "https://x.example/r", "excerpt": "Within 14 days."}
    gateway.end(MARKDOWN, at=NOW, sources=[source], suggestions=["How long?"])
    await expect(page.locator(".actions")).to_be_visible()
    await expect(page.locator(".bot .chip")).to_be_visible()


async def test_a_streamed_answer_looks_like_a_restored_one(still: Page, gateway: StandIn) -> None:
    # What the bot says first is not part of what was said, and not there again.
    gateway.opening = ""
    gateway.extra = {"features": FEATURES}
    await open_widget(still, gateway, head=BLANK)
    await stream(still, gateway)
    streamed = await picture(still)
    for past in gateway.history:
        past["at"] = NOW
    await still.reload()
    await expect(still.locator(".actions")).to_be_visible()
    await expect(still.locator("[data-action=attach]")).to_be_visible()
    assert differing(streamed, await picture(still), NOISE) <= PIXELS


@pytest.mark.parametrize("state", ["empty", "done"])
async def test_it_looks_the_same_when_it_is_opened_again(
    still: Page, gateway: StandIn, state: str
) -> None:
    await STATES[state](Stage(still, gateway, head=BLANK))
    await still.locator("textarea").focus()
    before = await picture(still)
    await still.locator("[data-action=close]").click()
    await expect(still.locator(".panel")).to_be_hidden()
    await still.locator(".launcher").click()
    await expect(still.locator("textarea")).to_be_focused()
    await still.mouse.move(0, 0)
    assert differing(before, await picture(still), NOISE) <= PIXELS
