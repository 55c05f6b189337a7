"""Several conversations, several people, and what a site asks before the first question."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, eventually, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = {
    "title": "Before we begin",
    "fields": [
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {"name": "when", "label": "Since when", "kind": "number", "required": False},
    ],
}


def said(text: str, turn: str = "1") -> dict[str, Any]:
    return {"kind": "user", "id": f"m{text}", "turn": turn, "text": text, "at": time.time()}


async def test_the_list_opens_another_conversation(page: Page, gateway: StandIn) -> None:
    gateway.places = {"first-one": [said("Shipping")], "second-one": [said("Returns")]}
    await open_widget(page, gateway)
    await expect(page.locator("[data-role=user] .text")).to_have_text(["Shipping"])
    await page.get_by_role("button", name="Conversations").click()
    items = page.locator(".item .opener")
    await expect(items).to_have_count(2)
    await expect(items.first).to_have_attribute("aria-current", "true")
    await expect(items.nth(1).get_by_role("img", name="New messages")).to_be_visible()
    await expect(items.nth(1)).to_contain_text("2001")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    await page.get_by_role("button", name="Conversations").click()
    await items.nth(1).click()
    await expect(page.locator("[data-role=user] .text")).to_have_text(["Returns"])
    assert gateway.commands("session")[-1]["conversation"] == "second-one"


async def test_a_conversation_is_deleted_when_it_is_sure(page: Page, gateway: StandIn) -> None:
    gateway.places = {"first-one": [said("Shipping")], "second-one": [said("Returns")]}
    await open_widget(page, gateway)
    await page.get_by_role("button", name="Conversations").click()
    row = page.locator(".item", has_text="Returns")
    await row.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("button", name="Keep")).to_be_focused()
    await page.get_by_role("button", name="Keep").click()
    assert gateway.commands("conversations/delete") == []
    await row.get_by_role("button", name="Delete").click()
    await page.locator("[data-action=delete]").click()
    await expect(page.locator(".item")).to_have_count(1)
    assert list(gateway.places) == ["first-one"]


async def test_a_new_conversation_is_empty(page: Page, gateway: StandIn) -> None:
    gateway.places = {"first-one": [said("Shipping")]}
    await open_widget(page, gateway)
    await expect(page.locator("[data-role=user]")).to_have_count(1)
    await page.get_by_role("button", name="New conversation").click()
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    await expect(page.locator(".opening")).to_contain_text("How can I help?")
    wanted = gateway.commands("session")[-1]["conversation"]
    assert len(wanted) == 36
    assert gateway.commands("messages") == []


async def test_what_is_read_is_told(page: Page, gateway: StandIn) -> None:
    gateway.places = {"first-one": []}
    await open_widget(page, gateway)
    await answer(page, gateway)
    await eventually(lambda: gateway.commands("read"))
    last = gateway.log[-1]
    await eventually(lambda: gateway.commands("read")[-1]["cursor"] == f"{last[0]}-{last[1]}")


async def test_the_form_comes_first(page: Page, gateway: StandIn) -> None:
    gateway.extra = {"form": FORM}
    await page.goto(gateway.embedded(attributes="data-open"))
    form = page.locator("form")
    await expect(form).to_contain_text("Before we begin")
    await expect(page.locator("textarea")).to_be_hidden()
    await form.get_by_label("Since when").fill("3")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_label("E-mail")).to_be_focused()
    refused = (400, {"error": "bad_inputs", "message": "Nobody lives there", "field": "email"}, {})
    gateway.refusals["session"] = [refused]
    await form.get_by_label("E-mail").fill("ann@x.example")
    await form.get_by_label("E-mail").press("Enter")
    await expect(form.get_by_text("Nobody lives there")).to_be_visible()
    await form.get_by_role("button", name="Send").click()
    await expect(page.locator("textarea")).to_be_visible()
    await expect(form).to_have_count(0)
    answered = [body["inputs"] for body in gateway.commands("session") if "inputs" in body]
    assert answered[-1] == {"email": "ann@x.example", "when": "3"}
    await expect(page.get_by_role("button", name="What is this?")).to_be_visible()


async def test_another_person_sees_nothing_of_the_first(page: Page, gateway: StandIn) -> None:
    gateway.reply = None
    await open_widget(page, gateway)
    await say(page, "My secret")
    await eventually(lambda: gateway.commands("messages"))
    gateway.history = []
    gateway.extra = {"visitor": "somebody-else", "user": {"name": "Ann"}}
    gateway.notify("reset")
    await expect(page.locator("[data-role=user]")).to_have_count(0)
    await expect(page.locator(".opening")).to_contain_text("How can I help?")


@pytest.mark.parametrize("code", ["identity_required", "bad_identity", "expired_identity"])
async def test_without_an_identity_it_says_so(page: Page, gateway: StandIn, code: str) -> None:
    gateway.refusals["session"] = [(401, {"error": code, "message": "Please sign in"}, {})]
    await page.goto(gateway.embedded(attributes="data-open"))
    await expect(page.get_by_text("Please sign in")).to_be_visible()
    assert await page.locator(".composer").evaluate("box => box.inert") is True
    assert gateway.sessions == 0


async def test_typing_ends_by_itself(page: Page, gateway: StandIn) -> None:
    await page.clock.install()
    await open_widget(page, gateway)
    gateway.notify("typing", {"on": True, "until": time.time() + 3600})
    typing = page.get_by_text("Someone is typing…")
    await expect(typing).to_be_visible()
    await page.clock.fast_forward(11_000)
    await expect(typing).to_be_hidden()
    gateway.notify("typing", {"on": True})
    await expect(typing).to_be_visible()
    gateway.turn = 1
    gateway.begin()
    gateway.end("Here I am")
    await expect(typing).to_be_hidden()


async def test_a_button_leads_back_to_the_end(page: Page, gateway: StandIn) -> None:
    # A block of code stands on a layer of its own: the button is above it.
    long = "\n\n".join(f"```\n{n}\n```\n\nParagraph {n}" for n in range(60))
    gateway.history = [{"kind": "bot", "turn": "1", "text": long, "state": "done", "at": 1}]
    await open_widget(page, gateway)
    await expect(page.get_by_text("Paragraph 59")).to_be_in_viewport()
    latest = page.get_by_role("button", name="Latest messages")
    await expect(latest).to_be_hidden()
    await page.get_by_role("log").evaluate("log => { log.scrollTop = 0 }")
    await latest.click()
    await expect(page.get_by_text("Paragraph 59")).to_be_in_viewport()
    await expect(latest).to_be_hidden()
