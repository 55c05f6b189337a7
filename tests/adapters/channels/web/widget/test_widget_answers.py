"""Everything that an answer may have is shown, and can be used."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Request, Route, expect
from widget_acts import answer, eventually, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL = {"features": {"feedback": True, "regenerate": True}}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FIELDS = [
    {"name": "n", "label": "Name", "kind": "text", "required": True},
    {"name": "e", "label": "Mail", "kind": "email", "required": False},
    {"name": "t", "label": "Topic", "kind": "select", "required": False, "options": ["A", "B"]},
    {"name": "c", "label": "I agree", "kind": "checkbox", "required": True},
    {"name": "x", "label": "Empty", "kind": "paragraph", "required": False},
]
ITEMS = [{"value": "ok", "label": "Approve"}, {"value": "no", "label": "Reject"}]


async def test_steps_can_be_opened(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.turn = 1
    gateway.begin()
    for kind, text in (("thought", "Planning"), ("tool", "Searching")):
        gateway.emit("status", {"turn": "1", "kind": kind, "text": text})
    await expect(page.locator("[data-role=bot] .status")).to_have_text("Searching")
    steps = page.locator("details", has_text="Steps (2)")
    await steps.locator("summary").click()
    await expect(steps.locator("li")).to_have_text(["Planning", "Searching"])
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": "Reading"})
    gateway.delta(0, "Found")
    gateway.end("Found")
    await expect(page.locator("summary", has_text="Steps (3)")).to_be_visible()


async def test_an_opened_list_stays_open_while_text_arrives(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.turn = 1
    gateway.begin()
    gateway.emit("sources", {"turn": "1", "items": [{"title": "Book", "url": "https://x.example"}]})
    await page.locator("summary").click()
    gateway.delta(0, "More text")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("More text")
    await expect(page.get_by_role("link", name="Book")).to_be_visible()


async def test_files_are_shown_as_what_they_are(page: Page, gateway: StandIn) -> None:
    async def pixel(route: Route) -> None:
        await route.fulfill(body=PIXEL, content_type="image/png")

    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    await page.route("**/ok.png", pixel)
    page.on("request", note)
    gateway.extra = {"images": ["cdn.example.com"]}
    await open_widget(page, gateway)
    files = [
        {"name": "own.png", "media_type": "image/png", "url": "/ok.png", "size": 70},
        {
            "name": "a.png",
            "media_type": "image/png",
            "url": "https://evil.example/a.png",
            "size": 1,
        },
        {"name": "b.svg", "media_type": "image/svg+xml", "url": "/b.svg", "size": 1},
        {"name": "c.mp3", "media_type": "audio/mpeg", "url": "/c.mp3", "size": 1},
        {"name": "d.pdf", "media_type": "application/pdf", "url": "/d.pdf", "size": 345678},
    ]
    await answer(page, gateway, files=files)
    picture = page.get_by_role("img", name="own.png")
    await expect(picture).to_be_visible()
    # Its place is there before it has come.
    assert (await picture.bounding_box() or {})["height"] == 240
    await expect(page.locator("audio[aria-label='c.mp3']")).to_be_visible()
    cards = page.locator(".card")
    await expect(cards).to_have_count(3)
    await expect(cards.nth(2)).to_contain_text("345.7 kB")
    assert await cards.nth(2).get_attribute("download") == "d.pdf"
    assert not [url for url in asked if "evil" in url or url.endswith(".svg")]


async def test_a_picture_that_does_not_come_is_a_link(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gone = {"name": "x.png", "media_type": "image/png", "url": "/widget/gone.png", "size": 5}
    await answer(page, gateway, files=[gone])
    await expect(page.locator(".card", has_text="x.png")).to_be_visible()
    await expect(page.get_by_role("img", name="x.png")).to_have_count(0)


async def test_pictures_in_the_text_of_allowed_hosts(page: Page, gateway: StandIn) -> None:
    gateway.extra = {"images": ["cdn.example.com"]}
    await open_widget(page, gateway)
    await answer(page, gateway, "![a](https://cdn.example.com/1.png) ![b](https://x.example/2.png)")
    await expect(page.locator(".text img[alt=a]")).to_have_count(1)
    await expect(page.get_by_role("link", name="b")).to_be_visible()


async def test_a_form_is_checked_and_sent_as_lines(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    choices = {"prompt": "Please", "items": ITEMS, "fields": FIELDS}
    await answer(page, gateway, choices=choices)
    form = page.locator("form")
    await form.get_by_role("button", name="Approve").click()
    name = form.get_by_label("Name")
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")
    described = await name.get_attribute("aria-describedby")
    await expect(page.locator(f"#{described}")).to_have_text("Please fill this in.")
    await name.fill("Ann")
    await expect(page.locator(f"#{described}")).to_be_hidden()
    await form.get_by_label("Mail").fill("nobody")
    await form.get_by_label("I agree").check()
    await form.get_by_role("button", name="Approve").click()
    await expect(form.get_by_label("Mail")).to_be_focused()
    await form.get_by_label("Mail").fill("ann@x.example")
    await form.get_by_label("Topic").select_option("B")
    await form.get_by_role("button", name="Approve").click()
    await eventually(lambda: len(gateway.commands("messages")) == 2)
    lines = ["Name: Ann", "Mail: ann@x.example", "Topic: B", "I agree: yes", "ok"]
    assert gateway.commands("messages")[1]["text"] == "\n".join(lines)
    await expect(form).to_have_count(0)


async def test_what_is_no_longer_open_cannot_be_pressed(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    choices = {"prompt": "Which?", "items": ITEMS, "expires": time.time() - 1}
    await answer(page, gateway, choices=choices)
    await expect(page.get_by_text("This is no longer open.")).to_be_visible()
    assert await page.locator(".ask").evaluate("box => box.inert") is True


async def test_copying(page: Page, gateway: StandIn, context: BrowserContext) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await open_widget(page, gateway)
    await answer(page, gateway, "Use **this**:\n\n```py\nprint(1)\n```")
    await page.locator(".code [data-action=copy]").click()
    await expect(page.locator(".sr[role=status]").last).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "print(1)"
    await page.locator(".actions [data-action=copy]").click()
    await page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('Use **'))")


async def test_feedback_with_a_comment(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await answer(page, gateway)
    dislike = page.get_by_role("button", name="Bad answer")
    await dislike.click()
    await expect(dislike).to_have_attribute("aria-pressed", "true")
    comment = page.get_by_label("What was good or bad about it? (optional)")
    await expect(comment).to_be_focused()
    await comment.fill("Too short")
    await page.locator("[data-action=sendComment]").click()
    await expect(comment).to_have_count(0)
    await expect(dislike).to_be_focused()
    await dislike.click()
    await expect(dislike).to_have_attribute("aria-pressed", "false")
    await eventually(lambda: len(gateway.commands("feedback")) == 3)
    said: list[Any] = [(b["rating"], b.get("comment")) for b in gateway.commands("feedback")]
    assert said == [("dislike", None), ("dislike", "Too short"), ("none", None)]


async def test_feedback_that_is_refused_is_taken_back(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await answer(page, gateway)
    busy = (429, {"error": "slow_down", "message": "Not so fast"}, {"Retry-After": "1"})
    gateway.refusals["feedback"] = [busy]
    like = page.get_by_role("button", name="Good answer")
    await like.click()
    await expect(page.get_by_text("Not so fast")).to_be_visible()
    await expect(like).to_have_attribute("aria-pressed", "false")


async def test_the_last_answer_can_be_asked_for_again(page: Page, gateway: StandIn) -> None:
    gateway.extra = ALL
    await open_widget(page, gateway)
    await answer(page, gateway)
    await page.get_by_role("button", name="Answer again").click()
    await expect(page.locator("[data-role=bot] .text")).to_have_text(["Well", "Another answer"])
    assert gateway.commands("regenerate")[0]["turn"] == "1"
    # Only what was said last can be said again.
    await expect(page.locator("[data-action=regenerate]:visible")).to_have_count(1)


async def test_nothing_is_offered_that_the_site_does_not_have(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway)
    await expect(page.locator(".actions [data-action=copy]")).to_be_visible()
    for action in ("like", "dislike", "regenerate", "attach", "record", "list"):
        await expect(page.locator(f"[data-action={action}]:visible")).to_have_count(0)


async def test_days_stand_between_messages(page: Page, gateway: StandIn) -> None:
    day = 86_400
    gateway.history = [
        {"kind": "user", "id": "a", "turn": "1", "text": "One", "at": time.time() - day},
        {"kind": "bot", "turn": "1", "text": "Two", "state": "done", "at": time.time() - day},
        {"kind": "user", "id": "b", "turn": "2", "text": "Three", "at": time.time()},
    ]
    await open_widget(page, gateway)
    await expect(page.locator(".day")).to_have_text(["yesterday", "today"])


async def test_the_text_is_plain_until_its_part_has_come(page: Page, gateway: StandIn) -> None:
    """And it stays readable when that never comes."""

    async def refuse(route: Route) -> None:
        await route.abort()

    await page.route("**/more.*.js*", refuse)
    await open_widget(page, gateway)
    await say(page, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "Hello")
    gateway.end("**Bold**\nwords")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("**Bold**\nwords")
    await page.unroute("**/more.*.js*")
    gateway.turn = 2
    gateway.begin()
    gateway.end("Second")
    await expect(page.locator("[data-role=bot] strong")).to_have_text("Bold")
