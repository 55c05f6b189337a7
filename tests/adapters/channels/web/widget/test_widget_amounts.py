"""Much of everything: long words, long histories, long texts and busy agents."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect
from widget_acts import eventually, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = "Donaudampfschiff" * 40
ADDRESS = f"https://x.example/{LONG}"
TABLE = f"| {LONG} | b |\n|---|---|\n| c | {LONG} |"
WIDE = "\n\n".join(
    [LONG, f"- {ADDRESS}", f"# {LONG}", f"> {LONG}", f"`{LONG}`", f"```\n{LONG}\n```", TABLE]
)
OVERFLOW = """panel => [...panel.querySelectorAll("*"), panel]
  .filter((each) => each.checkVisibility() && !each.closest("pre, table, svg, .sr, .scroll"))
  .filter((each) => each.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1)
  .map((each) => each.outerHTML.slice(0, 200))"""
COUNT_CHANGES = """(log) => {
  window.changes = 0;
  new MutationObserver((records) => { changes += records.length; })
    .observe(log, { childList: true, characterData: true, subtree: true });
}"""


@pytest.mark.parametrize("width", [1000, 320])
async def test_words_without_an_end_do_not_widen_the_panel(
    page: Page, gateway: StandIn, width: int
) -> None:
    gateway.title, gateway.opening = LONG[:64], LONG
    gateway.suggestions = [LONG]
    await page.set_viewport_size({"width": width, "height": 700})
    await open_widget(page, gateway)
    assert await page.locator(".panel").evaluate(OVERFLOW) == []
    gateway.turn = 1
    gateway.begin()
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": LONG})
    await expect(page.locator(".bot .status")).to_be_visible()
    assert await page.locator(".panel").evaluate(OVERFLOW) == []
    gateway.end(
        WIDE,
        "failed",
        notices=[LONG],
        suggestions=[LONG],
        sources=[{"title": LONG, "url": ADDRESS, "excerpt": LONG}],
        files=[{"name": f"{LONG}.pdf", "media_type": "application/pdf", "url": "/f", "size": 9}],
        choices={"prompt": LONG, "items": [{"value": "v", "label": LONG}]},
    )
    await expect(page.locator(".bot .actions")).to_be_visible()
    await expect(page.locator(".ask")).to_be_visible()
    await page.locator("summary").last.click()
    assert await page.locator(".panel").evaluate(OVERFLOW) == []
    await say(page, ADDRESS)
    await expect(page.locator(".user")).to_be_visible()
    assert await page.locator(".panel").evaluate(OVERFLOW) == []
    log = page.get_by_role("log")
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth")


async def test_two_thousand_steps_of_an_agent_do_not_freeze_the_page(
    page: Page, gateway: StandIn
) -> None:
    """They are drawn together, and only the latest are kept."""
    # Flowise #5246
    await open_widget(page, gateway, body="<input id=own>")
    gateway.turn = 1
    gateway.begin()
    await expect(page.locator(".bot .status")).to_be_visible()
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": "Step 0"})
    await expect(page.locator(".bot .status")).to_have_text("Step 0")
    await page.get_by_role("log").evaluate(COUNT_CHANGES)
    for number in range(1, 2001):
        gateway.emit("status", {"turn": "1", "kind": "tool", "text": f"Step {number}"})
    await page.locator("#own").fill("The page goes on")
    await expect(page.locator(".bot .status")).to_have_text("Step 2000")
    assert await page.evaluate("changes") < 500
    await expect(page.locator(".bot details li")).to_have_count(50)


async def test_a_history_of_two_hundred_messages_opens_at_its_end(
    page: Page, gateway: StandIn
) -> None:
    for n in range(100):
        past = {"turn": str(n), "at": time.time()}
        gateway.history += [
            {"kind": "user", "id": f"m{n}", "text": f"Question {n}", **past},
            {"kind": "bot", "text": f"# Answer {n}\n\n- a\n- b", "state": "done", **past},
        ]
    await open_widget(page, gateway)
    await expect(page.get_by_role("heading", name="Answer 99")).to_be_in_viewport()
    await expect(page.locator("[data-role]")).to_have_count(200)
    texts = await page.locator("[data-role=user] .text").all_inner_texts()
    assert texts == [f"Question {n}" for n in range(100)]


async def test_no_text_of_a_person_travels_in_an_address(page: Page, gateway: StandIn) -> None:
    """So none is too long for one, and none is in a log."""
    # Dify's inputs are part of an address, of 2,048 characters at most.
    field = {"name": "story", "label": "Story", "kind": "paragraph", "required": True}
    gateway.extra = {"form": {"title": "First", "fields": [field]}}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(gateway.embedded(attributes="data-open") + "?secret=in-the-query")
    story = "Once upon a time " * 230
    await page.get_by_label("Story").fill(story)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("form")).to_have_count(0)
    await say(page, "x" * 3_900)
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.commands("session")[-1]["inputs"] == {"story": story.strip()}
    assert gateway.commands("messages")[0]["text"] == "x" * 3_900
    assert max(map(len, asked)) < 200
    assert "secret" not in str(gateway.received)


async def test_each_message_has_the_direction_of_its_own_words(
    page: Page, gateway: StandIn
) -> None:
    texts = ["مرحبا 🙂 hello", "Hello مرحبا", "👨‍👩‍👧 🏳️‍🌈", "שלום"]
    past: dict[str, Any] = {"kind": "bot", "state": "done", "at": 1}
    gateway.history = [{**past, "turn": str(n), "text": text} for n, text in enumerate(texts)]
    await open_widget(page, gateway)
    shown = page.locator("[data-role=bot] .text > :first-child")
    await expect(shown).to_have_text(texts)
    directions = await page.locator("[data-role=bot] .text").evaluate_all(
        "all => all.map((each) => getComputedStyle(each).direction)"
    )
    assert directions == ["rtl", "ltr", "ltr", "rtl"]
