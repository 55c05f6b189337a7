"""On a customer's page: for every eye, ear, hand and language."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect
from support.browser import Chat
from support.servers import eventually
from table_acts import ask, opened
from table_bot import Bot
from table_shop import Shop

from adapters.channels.web.widget import build
from gateway.texts import Texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = """async () => {
  const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const options = { runOnly: { type: "tag", values } };
  const { violations, passes } = await axe.run("#chat-gateway", options);
  return {
    passes: passes.length,
    violations: violations.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ html }) => `${impact} ${id}: ${html}`)),
  };
}"""
LISTEN = """(said) => {
  window.said = [];
  new MutationObserver(() => window.said.push(said.textContent))
    .observe(said, { childList: true, characterData: true, subtree: true });
}"""
MOVING = """document.querySelector("#chat-gateway").shadowRoot.getAnimations()
  .filter(({ playState }) => playState === "running").length"""
ARABIC = '{"placeholder": "اكتب رسالة…", "send": "إرسال", "chat": "محادثة", "copy": "نسخ"}'


@pytest.fixture(scope="session")
def axe() -> str:
    """What finds what is not accessible, as a script."""
    build.install()
    return (build.MODULES / "axe-core" / "axe.min.js").read_text()


async def checked(page: Page) -> list[str]:
    """What axe has to say of the chat."""
    found: dict[str, Any] = await page.evaluate(AXE)
    assert found["passes"] > 10
    violations: list[str] = found["violations"]
    return violations


async def test_nothing_is_in_the_way_of_a_screen_reader(
    page: Page, shop: Shop, bot: Bot, axe: str
) -> None:
    bot.holds("a tale", "1 2 3")
    chat = await opened(page, shop.page())
    await page.evaluate(axe)
    empty = await checked(page)
    await chat.write("a tale")
    await chat.wait_for_text("1 2")
    streaming = await checked(page)
    bot.goes_on()
    await chat.wait(1)
    await ask(chat, "markdown with sources")
    await ask(chat, "code")
    assert (empty, streaming, await checked(page)) == ([], [], [])


async def test_a_finished_answer_is_said_once(page: Page, shop: Shop, bot: Bot) -> None:
    bot.holds("a tale", "1 2 3")
    chat = await opened(page, shop.page())
    await page.locator(".sr[role=status]").last.evaluate(LISTEN)
    await chat.write("a tale")
    await chat.wait_for_text("1 2")
    assert await page.evaluate("said") == []
    bot.goes_on()
    await eventually(lambda: page.evaluate("said.length"))
    await ask(chat, "count to 2")
    await eventually(lambda: page.evaluate("said.at(-1) === '1 2'"))
    assert await page.evaluate("said") == ["1 2 3", "1 2"]
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


async def test_the_keyboard_is_enough(page: Page, shop: Shop) -> None:
    await page.goto(shop.page())
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("[part=field]")).to_be_focused()
    await page.keyboard.type("count to 2")
    await page.keyboard.press("Enter")
    assert await Chat(page).wait(1) == "1 2"
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-action=open]")).to_be_focused()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_nothing_moves_for_who_wants_that(page: Page, shop: Shop, motion: Any) -> None:
    await page.emulate_media(reduced_motion=motion)
    chat = await opened(page, shop.page())
    await chat.write("hang")
    await expect(page.locator(".status:visible")).to_have_count(1)
    moves = motion == "no-preference"
    await eventually(lambda: is_so(page, moves))
    await chat.press("stop")


async def is_so(page: Page, moves: bool) -> bool:
    """Whether something moves, or nothing."""
    return bool(await page.evaluate(MOVING)) is moves


async def test_it_is_dark_when_the_system_is(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page())
    await ask(chat, "count to 2")
    answer = await page.locator("[data-role=bot] .text").element_handle()
    assert await brightness(page, "backgroundColor") > 200 > await brightness(page, "color")
    await page.emulate_media(color_scheme="dark")
    await eventually(lambda: is_dark(page))
    assert await brightness(page, "color") > 200
    # Nothing is drawn anew for it.
    assert answer is not None
    assert await answer.evaluate("answer => answer.isConnected") is True


async def is_dark(page: Page) -> bool:
    return await brightness(page, "backgroundColor") < 60


async def brightness(page: Page, name: str) -> float:
    """Of one of the panel's colours, from 0 to 255."""
    css = "(panel, name) => getComputedStyle(panel)[name].match(/[\\d.]+/g).slice(0, 3).map(Number)"
    parts: list[float] = await page.locator("[part=panel]").evaluate(css, name)
    return sum(parts) / 3


async def test_it_speaks_vietnamese(page: Page, shop: Shop) -> None:
    chat = await opened(page, shop.page(attributes='data-lang="vi"'))
    await expect(page.get_by_role("button", name="Gửi", exact=True)).to_be_visible()
    await expect(page.locator("[part=panel]")).to_have_attribute("lang", "vi")
    # What the gateway says itself is said in it, too.
    assert Texts().get("vi", "help").splitlines()[0].strip() in await ask(chat, "/help")


async def test_any_other_language_comes_as_a_file(page: Page, shop: Shop) -> None:
    """The file is the page's own: its policy lets it be asked for."""
    words = shop.serve(ARABIC, "application/json")
    attributes = f'data-lang="ar" data-texts="{words}"'
    chat = await opened(page, shop.page(attributes=attributes, allow={"connect-src": "'self'"}))
    await expect(page.get_by_placeholder("اكتب رسالة…")).to_be_visible()
    await expect(page.get_by_role("button", name="إرسال", exact=True)).to_be_visible()
    await ask(chat, "count to 2")
    await expect(page.get_by_role("button", name="نسخ", exact=True)).to_be_visible()
    panel = page.locator("[part=panel]")
    await expect(panel).to_have_css("direction", "rtl")
    here = await panel.bounding_box()
    close = await page.locator("[data-action=close]").bounding_box()
    assert here is not None
    assert close is not None
    # The panel stands where lines end, and so does what closes it.
    assert here["x"] < 100
    assert close["x"] - here["x"] < 100


async def test_a_phone_has_all_of_its_screen_for_it(page: Page, shop: Shop) -> None:
    await page.set_viewport_size({"width": 390, "height": 700})
    await opened(page, shop.page())
    box = await page.locator("[part=panel]").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 700}
