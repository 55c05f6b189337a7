"""Whoever comes after somebody finds nothing of theirs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, eventually, open_widget
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANN: dict[str, Any] = {"visitor": "ann", "user": {"name": "Ann"}}
BOB: dict[str, Any] = {"visitor": "bob", "user": {"name": "Bob"}}
FILES = {"features": {"files": {"bytes": 1000, "count": 2, "accept": []}}}


async def test_what_ann_was_writing_is_not_bobs(page: Page, gateway: StandIn) -> None:
    gateway.extra = {**ANN, **FILES}
    await open_widget(page, gateway)
    await page.locator("input[type=file]").set_input_files(
        [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}]
    )
    await eventually(lambda: gateway.uploads)
    await page.locator("textarea").fill("Ann's secret")
    gateway.extra = {**BOB, **FILES}
    await page.evaluate("ChatGateway.identify({ token: 'b.b.b' })")
    await eventually(lambda: gateway.sessions == 2)
    await expect(page.locator("textarea")).to_have_value("")
    await expect(page.locator(".attached")).to_have_count(0)


async def test_reset_takes_the_files_too(page: Page, gateway: StandIn) -> None:
    gateway.extra = {"visitor": "a", **FILES}
    await open_widget(page, gateway)
    await page.locator("input[type=file]").set_input_files(
        [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}]
    )
    await eventually(lambda: gateway.uploads)
    gateway.extra = {"visitor": "b", **FILES}
    await page.evaluate("ChatGateway.reset()")
    await eventually(lambda: gateway.sessions == 2)
    await expect(page.locator(".attached")).to_have_count(0)


async def test_what_ann_was_writing_is_not_bobs_on_the_next_page(
    page: Page, gateway: StandIn
) -> None:
    head = "<script>ChatGateway = {{ q: [['identify', {{ token: '{}' }}], ['open']] }}</script>"
    gateway.extra = {**ANN}
    await page.goto(gateway.embedded(head=head.format("a")))
    await eventually(lambda: gateway.sessions == 1)
    await page.locator("textarea").fill("Ann's secret")
    gateway.extra = {**BOB}
    await page.goto(gateway.embedded(head=head.format("b")))
    await eventually(lambda: gateway.sessions == 2)
    await expect(page.locator("textarea")).to_have_value("")


async def test_the_list_of_anns_conversations_is_closed(page: Page, gateway: StandIn) -> None:
    gateway.places = {
        name: [{"kind": "user", "id": name, "turn": "1", "text": name, "at": time.time()}]
        for name in ("Shipping", "Returns")
    }
    gateway.extra = {**ANN}
    await open_widget(page, gateway)
    await page.get_by_role("button", name="Conversations").click()
    await expect(page.locator(".item")).to_have_count(2)
    gateway.places = {"bobs": []}
    gateway.extra = {**BOB}
    await page.evaluate("ChatGateway.identify({ token: 'b.b.b' })")
    await eventually(lambda: gateway.sessions == 2)
    await expect(page.get_by_text("Returns")).to_be_hidden()


@pytest.mark.parametrize("attributes", ['data-consent="wait"', ""])
async def test_a_reset_before_anybody_opened_it_asks_for_nothing(
    page: Page, gateway: StandIn, attributes: str
) -> None:
    """A page calls it for whoever has signed out, chat or not."""
    await page.clock.install()
    await page.goto(gateway.embedded(attributes=attributes))
    await page.evaluate("ChatGateway.reset()")
    await page.wait_for_load_state("networkidle")
    await page.clock.run_for(5000)
    await page.wait_for_load_state("networkidle")
    assert gateway.received == []
    assert await page.evaluate("localStorage.length") == 0


async def test_spoiled_storage_does_not_cost_the_badge(page: Page, gateway: StandIn) -> None:
    name = f"chat-gateway:{gateway.origin}/:pk"
    await page.goto(gateway.embedded())
    await page.evaluate("name => { localStorage[name + ':seen'] = 'oops' }", name)
    await open_widget(page, gateway)
    await answer(page, gateway, "First")
    await page.locator("[data-action=close]").click()
    gateway.turn = 2
    gateway.begin()
    gateway.end("Second")
    await expect(page.get_by_role("button", name="Chat, 1 unread")).to_be_visible()
