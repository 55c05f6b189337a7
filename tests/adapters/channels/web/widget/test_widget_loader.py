"""The launcher: what it asks for, says and keeps before and after the chat is open."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect
from widget_acts import answer, eventually, open_widget, watch
from widget_standin import StandIn, host_page

pytestmark = pytest.mark.asyncio(loop_scope="session")


def said(turn: int, at: float, text: str = "An answer") -> dict[str, Any]:
    return {"kind": "bot", "turn": str(turn), "text": text, "state": "done", "at": at}


async def test_one_file_and_nothing_kept_before_it_is_opened(page: Page, gateway: StandIn) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(gateway.embedded())
    await expect(page.get_by_role("button", name="Chat", exact=True)).to_be_visible()
    assert asked == [f"{gateway.origin}/", f"{gateway.origin}/widget/w.js"]
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    await page.locator(".launcher").click()
    await eventually(lambda: gateway.connections and len(asked) == 5)
    kinds = [url.removeprefix(gateway.origin).split(".")[0] for url in asked[2:]]
    assert kinds == ["/widget/panel", "/w/v1/pk/session", "/w/v1/pk/events"]


async def test_unread_answers_are_counted_on_the_launcher(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway, "First")
    await page.locator("[data-action=close]").click()
    await expect(page.locator(".launcher")).to_be_focused()
    gateway.turn = 2
    gateway.begin()
    gateway.end("Second")
    launcher = page.get_by_role("button", name="Chat, 1 unread")
    await expect(launcher).to_be_visible()
    shown = "e => getComputedStyle(e, '::after').content"
    assert await launcher.evaluate(shown) == '"1"'
    await launcher.click()
    await expect(page.get_by_role("button", name="Chat", exact=True)).to_be_visible()


async def test_what_was_answered_meanwhile_is_unread_on_the_next_page(
    page: Page, gateway: StandIn
) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway, "Seen")
    seen = f"localStorage.getItem('chat-gateway:{gateway.origin}/:pk:seen')"
    await page.wait_for_function(f"{seen} !== null")
    at = gateway.history[-1]["at"]
    gateway.history += [said(2, at + 10), said(3, at + 20)]
    await page.goto(gateway.embedded("/next"))
    await expect(page.get_by_role("button", name="Chat, 2 unread")).to_be_visible()
    await page.locator(".launcher").click()
    await expect(page.locator("[data-role=bot]")).to_have_count(3)
    await page.wait_for_function(f"JSON.parse({seen})[1] === {json.dumps(at + 20)}")
    await page.goto(gateway.embedded("/third"))
    await eventually(lambda: gateway.sessions == 3)
    await expect(page.get_by_role("button", name="Chat", exact=True)).to_be_visible()


async def test_who_was_here_long_ago_is_left_alone(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded())
    await page.evaluate(
        f"""() => {{
          const name = "chat-gateway:{gateway.origin}/:pk";
          localStorage.setItem(name, "token-0");
          localStorage.setItem(`${{name}}:seen`, "[1000, 1]");
        }}"""
    )
    await page.clock.install()
    await page.reload()
    await page.wait_for_load_state("networkidle")
    await page.clock.run_for(5000)
    assert gateway.received == []


async def test_it_is_read_in_another_tab(context: BrowserContext, gateway: StandIn) -> None:
    first, second = await context.new_page(), await context.new_page()
    await open_widget(first, gateway)
    await answer(first, gateway, "Seen")
    await first.locator("[data-action=close]").click()
    gateway.history.append(said(2, gateway.history[-1]["at"] + 10))
    await second.goto(gateway.embedded("/second"))
    await expect(second.get_by_role("button", name="Chat, 1 unread")).to_be_visible()
    await first.locator(".launcher").click()
    await expect(second.get_by_role("button", name="Chat", exact=True)).to_be_visible()


async def test_a_greeting_is_shown_once(page: Page, gateway: StandIn) -> None:
    gateway.extra["proactive"] = [
        {"id": "here", "text": "Any questions?", "after": 0},
        {"id": "there", "text": "Elsewhere", "after": 0, "page": "/pricing*"},
    ]
    await page.goto(gateway.embedded(attributes="data-proactive"))
    greeting = page.get_by_role("status").filter(has_text="Any questions?")
    await expect(greeting).to_be_visible()
    await expect(page.get_by_text("Elsewhere")).to_have_count(0)
    # Nobody has said anything: there is nothing to wait for.
    await eventually(lambda: not gateway._queues)
    await page.get_by_role("button", name="Dismiss").click()
    await expect(greeting).to_have_count(0)
    await page.goto(gateway.embedded("/pricing/all", attributes="data-proactive"))
    await expect(page.get_by_text("Elsewhere")).to_be_visible()
    await expect(page.get_by_text("Any questions?")).to_have_count(0)
    await page.get_by_role("button", name="Elsewhere").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_text("Elsewhere")).to_have_count(0)


async def test_a_greeting_waits_and_says_nothing_into_an_open_chat(
    page: Page, gateway: StandIn
) -> None:
    gateway.extra["proactive"] = [{"id": "late", "text": "Late", "after": 60}]
    await page.clock.install()
    await page.goto(gateway.embedded(attributes="data-proactive"))
    await expect(page.locator(".launcher")).to_be_visible()
    await page.locator(".launcher").click()
    await expect(page.locator("textarea")).to_be_visible()
    await expect(page.locator(".greet")).to_be_attached()
    await page.clock.run_for(61_000)
    await expect(page.get_by_text("Late")).to_have_count(0)


async def test_consent_keeps_the_storage_empty(page: Page, gateway: StandIn) -> None:
    gateway.extra["proactive"] = [{"id": "here", "text": "Any questions?", "after": 0}]
    await page.clock.install()
    await page.goto(gateway.embedded(attributes='data-consent="wait" data-proactive data-open'))
    await expect(page.locator(".launcher")).to_be_visible()
    await page.clock.run_for(5000)
    assert gateway.received == []
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    await page.locator(".launcher").click()
    await eventually(lambda: gateway.sessions == 1)
    await page.wait_for_function("localStorage.length > 0")


async def test_a_second_script_is_ignored(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    second = f'<script src="{gateway.origin}/widget/w.js" data-key="pk" defer></script>'
    await page.goto(gateway.embedded(body=second))
    await expect(page.locator("#chat-gateway")).to_have_count(1)
    assert problems == ["Chat Gateway is here already"]


@pytest.mark.parametrize("position", ["head", "body"])
async def test_a_script_without_defer(page: Page, gateway: StandIn, position: str) -> None:
    tag = f'<script src="{gateway.origin}/widget/w.js" data-key="pk"></script>'
    head, body = (tag, "") if position == "head" else ("", tag)
    gateway.pages["/early"] = (f"<html lang=vi><head>{head}</head><body>{body}<p>x", {})
    await page.goto(f"{gateway.origin}/early")
    await page.locator(".launcher").click()
    await expect(page.locator("textarea")).to_have_attribute("placeholder", "Nhập tin nhắn…")


SWAP = """() => {
  const body = document.createElement("body");
  body.innerHTML = "<h1>Another page</h1>";
  document.body.replaceWith(body);
}"""


async def test_a_page_that_swaps_its_body_keeps_the_chat(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway, "Before")
    await page.evaluate(SWAP)
    await expect(page.get_by_role("dialog")).to_be_visible()
    await answer(page, gateway, "After")
    await expect(page.locator("[data-role=bot] .text")).to_have_text(["Before", "After"])
    assert gateway.connections == 1
    await page.evaluate("document.querySelector('#chat-gateway').remove()")
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_the_sites_theme_goes_below_the_pages(page: Page, gateway: StandIn) -> None:
    gateway.extra["theme"] = {"accent": "#0a7d4f", "css": {"--cg-radius": "4px", "--cg-x": "50px"}}
    style = "<style nonce=abc>#chat-gateway { --cg-x: 90px }</style>"
    await open_widget(page, gateway, head=style)
    launcher = page.locator(".launcher")
    await expect(launcher).to_have_css("background-color", "rgb(10, 125, 79)")
    await expect(launcher).to_have_css("right", "90px")
    await page.evaluate("ChatGateway.update({ accent: '#ffd23f' })")
    await expect(launcher).to_have_css("background-color", "rgb(255, 210, 63)")
    await expect(launcher).to_have_css("color", "color(srgb-linear 0 0 0)")


async def test_a_colour_that_is_none_changes_nothing(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded(attributes='data-accent="red; display: none"'))
    await expect(page.locator(".launcher")).to_have_css("background-color", "rgb(52, 81, 209)")


@pytest.mark.parametrize(
    ("attributes", "left"),
    [
        ("", False),
        ('data-side="left"', True),
        ('data-lang="ar"', True),
        ('data-lang="ar" data-side="right"', False),
        ('data-dir="rtl"', True),
    ],
)
async def test_sides(page: Page, gateway: StandIn, attributes: str, left: bool) -> None:
    await page.goto(gateway.embedded(attributes=attributes))
    box = await page.locator(".launcher").bounding_box() or {}
    assert box["x"] == (20 if left else 1000 - 20 - box["width"])
    await page.locator(".launcher").click()
    await expect(page.locator(".panel")).to_be_visible()
    panel = await page.locator(".panel").bounding_box() or {}
    assert panel["x"] == (20 if left else 1000 - 20 - panel["width"])
    assert panel["y"] + panel["height"] <= box["y"]


async def test_words_of_a_file(page: Page, gateway: StandIn) -> None:
    words = {"chat": "Discuter", "placeholder": "Écrire…", "unseen": "non lus"}
    gateway.pages["/fr.json"] = (json.dumps(words), {})
    await page.goto(gateway.embedded(attributes='data-lang="fr" data-texts="/fr.json"'))
    launcher = page.get_by_role("button", name="Discuter")
    await launcher.click()
    await expect(page.locator("textarea")).to_have_attribute("placeholder", "Écrire…")


async def test_a_part_that_does_not_come_is_asked_for_again(page: Page, gateway: StandIn) -> None:
    await page.route("**/panel.*.js", lambda route: route.abort(), times=1)
    await page.goto(gateway.embedded())
    await page.evaluate("ChatGateway.on('error', () => { window.failed = 1; })")
    await page.locator(".launcher").click()
    await page.wait_for_function("window.failed")
    await expect(page.locator(".launcher")).to_have_attribute("aria-expanded", "false")
    await page.locator(".launcher").click()
    await expect(page.locator("textarea")).to_be_visible()


async def test_a_page_of_another_origin(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    gateway.pages["/shop"] = (host_page(gateway.origin, "data-open"), {})
    await page.goto(gateway.origin.replace("127.0.0.1", "localhost") + "/shop")
    await answer(page, gateway)
    assert problems == []
