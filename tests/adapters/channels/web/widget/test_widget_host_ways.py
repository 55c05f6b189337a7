"""Pages with ways of their own: keys, dialogs, zoom, and what they add to every object."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, open_widget, watch
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOTKEYS = """<input id=search><script>
  document.addEventListener("keydown", (event) => {
    if (/^(input|textarea)$/i.test(event.target.tagName) || event.key !== "s") return;
    event.preventDefault();
    document.querySelector("#search").focus();
  });
</script>"""
TRAP = """<div id=modal tabindex=-1></div><script>
  document.addEventListener("focusin", ({ target }) => {
    const modal = document.querySelector("#modal");
    if (!modal.contains(target)) modal.focus();
  });
</script>"""


@pytest.mark.parametrize("body", [HOTKEYS, TRAP])
async def test_a_page_with_keys_or_a_dialog_of_its_own_lets_people_write(
    page: Page, gateway: StandIn, body: str
) -> None:
    await open_widget(page, gateway, body=body)
    await page.locator("textarea").click()
    await page.keyboard.type("Where is my parcel, sir?")
    await expect(page.locator("textarea")).to_have_value("Where is my parcel, sir?")


async def test_a_page_that_adds_to_all_objects(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    head = "<script>Object.prototype['a b'] = Object.prototype.extend = 1</script>"
    await open_widget(page, gateway, head=head)
    await answer(page, gateway)
    assert await page.locator("#chat-gateway [extend]").count() == 0
    assert problems == []


async def test_a_swapped_page_keeps_the_focus(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.evaluate(
        """() => {
          const body = document.createElement("body");
          body.innerHTML = "<button id=there>There</button>";
          document.body.replaceWith(body);
          document.querySelector("#there").focus();
        }"""
    )
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.evaluate("new Promise(requestAnimationFrame)")
    assert await page.evaluate("document.activeElement.id") == "there"


async def test_a_zoomed_page_shows_the_whole_panel(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway, head="<style>html { zoom: 1.25 }</style>")
    box = await page.locator(".panel").bounding_box() or {}
    assert box["y"] >= 0


async def test_a_long_text_is_not_cut_in_silence(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.locator("textarea").focus()
    await page.keyboard.insert_text("x" * 10_000)
    if len(await page.locator("textarea").input_value()) < 10_000:
        await expect(page.get_by_text("0 characters left")).to_be_visible()


async def test_a_page_does_without_a_button(page: Page, gateway: StandIn) -> None:
    # Flowise #4319
    style = "<style>#chat-gateway::part(new) { display: none }</style>"
    await open_widget(page, gateway, head=style)
    await expect(page.locator("[data-action=new]")).to_be_hidden()
    await expect(page.locator("[data-action=close]")).to_be_visible()
