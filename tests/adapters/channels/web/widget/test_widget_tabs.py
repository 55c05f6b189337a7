"""All tabs of a browser have one stream, and no word is lost between them."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect
from widget_acts import echo, eventually, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def open_tabs(context: BrowserContext, gateway: StandIn, count: int) -> list[Page]:
    url = gateway.embedded(attributes="data-open")
    tabs = []
    for number in range(count):
        tab = await context.new_page()
        await tab.goto(url)
        await expect(tab.locator(".opening")).not_to_be_empty()
        wanted = number + 1
        await eventually(lambda wanted=wanted: gateway.sessions == wanted)
        tabs.append(tab)
    await eventually(lambda: gateway.connections)
    return tabs


@pytest.mark.parametrize("count", [2, 7])
async def test_one_stream_feeds_every_tab(
    context: BrowserContext, gateway: StandIn, count: int
) -> None:
    gateway.reply = echo
    tabs = await open_tabs(context, gateway, count)
    await say(tabs[-1], "Hello")
    for tab in tabs:
        await expect(tab.locator("[data-role=bot] .text")).to_have_text("You said Hello")
        await expect(tab.locator("[data-role=user]")).to_have_count(1)
    assert gateway.connections == 1


async def test_another_tab_goes_on_when_the_first_is_closed(
    context: BrowserContext, gateway: StandIn
) -> None:
    first, second, third = await open_tabs(context, gateway, 3)
    gateway.turn = 1
    gateway.begin()
    gateway.delta(0, "One ")
    await expect(third.locator("[data-role=bot] .text")).to_have_text("One")
    await first.close()
    gateway.delta(4, "two")
    for tab in (second, third):
        await expect(tab.locator("[data-role=bot] .text")).to_have_text("One two")
    await eventually(lambda: len(gateway._queues) == 1)
    assert gateway.connections == 2
    gateway.end("One two")
    for tab in (second, third):
        await expect(tab.locator("[data-role=bot]")).to_have_attribute("data-state", "done")


async def test_a_tab_that_opens_in_the_middle_of_an_answer(
    context: BrowserContext, gateway: StandIn
) -> None:
    (first,) = await open_tabs(context, gateway, 1)
    gateway.turn = 1
    gateway.begin()
    gateway.delta(0, "One ")
    await expect(first.locator("[data-role=bot] .text")).to_have_text("One")
    second = await context.new_page()
    await second.goto(gateway.embedded(attributes="data-open"))
    await eventually(lambda: gateway.sessions == 2)
    await expect(second.locator("textarea")).to_be_visible()
    gateway.delta(4, "two")
    gateway.end("One two three")
    for tab in (first, second):
        await expect(tab.locator("[data-role=bot] .text")).to_have_text("One two three")


async def test_a_silent_tab_loses_the_stream(context: BrowserContext, gateway: StandIn) -> None:
    tabs = await open_tabs(context, gateway, 1)
    second = await context.new_page()
    await second.clock.install()
    await second.goto(gateway.embedded(attributes="data-open"))
    await expect(second.locator("textarea")).to_be_visible()
    await eventually(lambda: gateway.sessions == 2)
    await second.clock.fast_forward(36_000)
    await second.clock.run_for(1_000)
    await eventually(lambda: gateway.connections >= 2)
    gateway.turn = 1
    gateway.begin()
    gateway.end("Still here")
    for tab in (*tabs, second):
        await expect(tab.locator("[data-role=bot] .text")).to_have_text("Still here")


async def test_a_reset_reaches_every_tab(context: BrowserContext, gateway: StandIn) -> None:
    tabs = await open_tabs(context, gateway, 2)
    past = {"kind": "user", "id": "m", "turn": "1", "text": "From the history", "at": 1}
    gateway.history = [past]
    gateway.notify("reset")
    for tab in tabs:
        await expect(tab.locator("[data-role=user] .text")).to_have_text("From the history")
    await eventually(lambda: gateway.sessions == 4)
    await eventually(lambda: len(gateway._queues) == 1)


async def test_conversations_do_not_mix(context: BrowserContext, gateway: StandIn) -> None:
    gateway.places = {"first-one": []}
    first, second = await open_tabs(context, gateway, 2)
    await say(second, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.places["first-one"] = []
    await second.get_by_role("button", name="New conversation").click()
    await expect(second.locator("[data-role=user]")).to_have_count(0)
    # Another conversation has a stream of its own.
    await eventually(lambda: gateway.connections == 2)
    await expect(first.locator("textarea")).to_be_visible()
    assert gateway.commands("session")[-1]["conversation"] != "first-one"
