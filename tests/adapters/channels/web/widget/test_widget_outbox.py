"""What a person has said reaches the gateway, as whoever said it, whatever comes between."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect
from widget_acts import answer, echo, eventually, held, open_widget, say
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATER = (503, {"error": "unavailable", "message": "Later"}, {"Retry-After": "1"})
TOO_LONG = (413, {"error": "too_large", "message": "Too long"}, {})
ANN: dict[str, Any] = {"visitor": "ann", "user": {"name": "Ann"}}
BOB: dict[str, Any] = {"visitor": "bob", "user": {"name": "Bob"}}


async def early(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await page.goto(gateway.embedded())
    async with held(page, "**/session"):
        await page.locator(".launcher").click()
        await say(page, "Early")
        await expect(page.locator("[data-role=user]")).to_be_visible()
    await eventually(lambda: gateway.commands("messages"))


async def test_what_is_said_before_the_session_is_there_is_tried_again(
    page: Page, gateway: StandIn
) -> None:
    gateway.refusals["messages"] = [LATER]
    await early(page, gateway)
    await expect(page.locator("[data-role=user]")).to_contain_text("Later")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(1)


async def test_what_is_said_before_the_session_is_there_and_refused_is_told(
    page: Page, gateway: StandIn
) -> None:
    gateway.refusals["messages"] = [TOO_LONG]
    await early(page, gateway)
    await expect(page.locator("[data-role=user]")).to_contain_text("Too long")


async def test_what_ann_has_not_sent_yet_is_not_sent_as_bob(page: Page, gateway: StandIn) -> None:
    gateway.extra = {**ANN}
    await open_widget(page, gateway)
    gateway.refusals["messages"] = [LATER]
    await say(page, "Ann's first")
    await eventually(lambda: gateway.commands("messages"))
    await say(page, "Ann's second")
    gateway.extra = {**BOB}
    await page.evaluate("ChatGateway.identify({ token: 'b.b.b' })")
    await eventually(lambda: gateway.sessions == 2)
    gateway.reply = echo
    await say(page, "Bob's")
    await expect(page.locator("[data-role=bot]", has_text="Bob's")).to_be_visible()
    sent = {(body["text"], body["token"]) for body in gateway.commands("messages")}
    assert sent == {("Ann's first", "token-1"), ("Ann's second", "token-1"), ("Bob's", "token-2")}


async def test_what_was_not_sent_is_there_after_a_reload(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.refusals["messages"] = [LATER]
    await say(page, "Important")
    await expect(page.locator("[data-role=user]")).to_contain_text("Later")
    await page.reload()
    await eventually(lambda: gateway.sessions == 2)
    found = page.get_by_text("Important")
    if await page.locator("textarea").input_value() != "Important":
        await expect(found).to_be_visible()


async def test_a_session_that_must_wait_says_so(page: Page, gateway: StandIn) -> None:
    slow = (429, {"error": "slow_down", "message": "Too many"}, {"Retry-After": "5"})
    gateway.refusals["session"] = [slow]
    await page.goto(gateway.embedded(attributes="data-open"))
    await expect(page.locator(".line")).to_contain_text("Too many")


async def test_old_libraries_that_change_how_lists_are_written_do_not_matter(
    page: Page, gateway: StandIn
) -> None:
    head = """<script>Array.prototype.toJSON = function () {
      return "[" + this.map((each) => JSON.stringify(each)).join(", ") + "]";
    }</script>"""
    await open_widget(page, gateway, head=head)
    await answer(page, gateway)
    assert "files" not in gateway.commands("messages")[0]


async def test_what_sends_is_loaded_again_until_it_is_there(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    tries: list[str] = []

    async def fail_twice(route: Route) -> None:
        tries.append(route.request.url)
        await (route.abort() if len(tries) < 3 else route.continue_())

    await page.route("**/write.*", fail_twice)
    await open_widget(page, gateway)
    await say(page, "First")
    await say(page, "Second")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(2)
    assert len(tries) == 3
    assert [body["text"] for body in gateway.commands("messages")] == ["First", "Second"]


async def test_what_could_not_be_sent_for_long_is_kept_for_the_next_page(
    page: Page, gateway: StandIn
) -> None:
    gateway.reply = echo
    await page.clock.install()
    await open_widget(page, gateway)
    gateway.refusals["messages"] = [LATER] * 13
    await say(page, "Important")
    for _ in range(13):
        tried = len(gateway.commands("messages"))
        await eventually(lambda tried=tried: len(gateway.commands("messages")) >= tried)
        await page.clock.run_for(1_500)
    await expect(page.locator("[data-role=user][data-state=failed]")).to_be_visible()
    await page.reload()
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(1)
    assert len({body["id"] for body in gateway.commands("messages")}) == 1
    assert await page.evaluate("sessionStorage.length") == 0


async def test_what_was_refused_for_good_is_not_sent_by_the_next_page(
    page: Page, gateway: StandIn
) -> None:
    await open_widget(page, gateway)
    gateway.refusals["messages"] = [TOO_LONG]
    await say(page, "Long")
    await expect(page.locator("[data-role=user][data-state=failed]")).to_be_visible()
    await page.reload()
    await eventually(lambda: gateway.sessions == 2)
    await expect(page.locator("textarea")).to_be_visible()
    assert len(gateway.commands("messages")) == 1
