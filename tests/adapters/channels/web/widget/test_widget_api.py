"""What a page can do with the widget, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, echo, eventually, open_widget
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

METHODS = {
    *("open", "close", "toggle", "show", "hide", "send", "prefill", "identify", "update", "reset"),
    *("on", "off", "setLang", "setTheme", "destroy"),
}
LISTEN = """() => {
  window.told = [];
  for (const name of ["ready", "open", "close", "message", "unread", "error", "identity",
      "conversation", "greeting"]) {
    document.addEventListener(`chat-gateway:${name}`, ({ detail }) => told.push([name, detail]));
  }
}"""


async def told(page: Page, name: str) -> list[Any]:
    found: list[Any] = await page.evaluate(
        "name => told.filter(([each]) => each === name).map(([, detail]) => detail)", name
    )
    return found


async def heard(page: Page, name: str) -> None:
    await page.wait_for_function("name => told.some(([each]) => each === name)", arg=name)


async def test_what_there_is(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded())
    kinds = await page.evaluate(
        "Object.fromEntries(Object.entries(ChatGateway).map(([name, it]) => [name, typeof it]))"
    )
    assert kinds == {**dict.fromkeys(METHODS, "function"), "version": "string", "q": "object"}


async def test_calls_before_it_is_there_are_kept(page: Page, gateway: StandIn) -> None:
    stub = """<script nonce="abc">
      window.ChatGateway = { q: [] };
      ChatGateway.q.push(["on", "open", () => { window.opened = 1; }]);
      ChatGateway.q.push(["nothing"], ["prefill", "Half a"], ["open"]);
    </script>"""
    await page.goto(gateway.embedded(head=stub))
    await expect(page.locator("textarea")).to_have_value("Half a")
    assert await page.evaluate("window.opened") == 1
    await page.evaluate("ChatGateway.q.push(['close'])")
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_events_as_calls_and_as_events_of_the_document(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    gateway.extra["conversation"] = "first"
    await page.goto(gateway.embedded())
    await page.evaluate(LISTEN)
    await page.evaluate(
        """() => {
          window.calls = [];
          window.hear = (end) => calls.push(end.text);
          ChatGateway.on("message", hear);
          ChatGateway.on("message", hear);
        }"""
    )
    await page.evaluate("ChatGateway.send('From the page')")
    await heard(page, "message")
    assert [name for name, _ in await page.evaluate("told")] == [
        *("open", "conversation", "ready", "message"),
    ]
    assert (await told(page, "message"))[0]["state"] == "done"
    assert await told(page, "conversation") == ["first"]
    assert await page.evaluate("calls") == ["You said **From the page**"]
    await page.evaluate("ChatGateway.off('message', hear)")
    await page.evaluate("ChatGateway.send('Again')")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(2)
    assert len(await page.evaluate("calls")) == 1
    await page.evaluate("ChatGateway.close()")
    await heard(page, "close")
    gateway.turn += 1
    gateway.begin()
    gateway.end("Unasked")
    await heard(page, "unread")
    assert await told(page, "unread") == [1]


async def test_the_launcher_can_go_and_focus_returns_to_what_opened(
    page: Page, gateway: StandIn
) -> None:
    button = '<button id="own" onclick="ChatGateway.open()">Help</button>'
    await page.goto(gateway.embedded(body=button))
    await page.evaluate("ChatGateway.hide()")
    await expect(page.locator(".launcher")).to_be_hidden()
    await page.locator("#own").click()
    await expect(page.locator("textarea")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#own")).to_be_focused()
    await page.evaluate("ChatGateway.show()")
    await expect(page.locator(".launcher")).to_be_visible()


async def test_closing_by_call_leaves_the_focus_where_it_is(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway, body="<input id=own>")
    await page.locator("#own").focus()
    await page.evaluate("ChatGateway.close()")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("#own")).to_be_focused()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"token": "a.b.c"}, "a.b.c"),
        ({"id": "ann", "hash": "00"}, {"id": "ann", "hash": "00"}),
    ],
)
async def test_an_identity_that_is_known_before_asks_for_nothing(
    page: Page, gateway: StandIn, given: dict[str, str], said: Any
) -> None:
    gateway.extra["user"] = {"name": "Ann"}
    await page.goto(gateway.embedded())
    await page.evaluate(LISTEN)
    await page.evaluate("given => ChatGateway.identify(given)", given)
    assert gateway.received == []
    await page.evaluate("ChatGateway.open()")
    await heard(page, "identity")
    (asked,) = gateway.commands("session")
    assert asked["identity"] == said
    assert await told(page, "identity") == [{"user": {"name": "Ann"}}]


async def test_reset_begins_as_another_visitor(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway, "Mine")
    gateway.history.clear()
    gateway.extra["visitor"] = "another"
    await page.evaluate("ChatGateway.reset()")
    await expect(page.locator("[data-role=bot]")).to_have_count(0)
    assert "token" not in gateway.commands("session")[-1]


async def test_reset_of_a_closed_widget_forgets_the_token(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded())
    name = f"chat-gateway:{gateway.origin}/:pk"
    await page.evaluate("name => localStorage.setItem(name, 'token-of-ann')", name)
    await page.evaluate("ChatGateway.reset()")
    await eventually(lambda: gateway.sessions == 1)
    assert "token" not in gateway.commands("session")[0]
    await page.wait_for_function("name => localStorage[name] === 'token-1'", arg=name)


async def test_theme_language_and_the_rest_change_live(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway, 'data-theme="light"')
    await answer(page, gateway, "Stays")
    message = await page.locator("[data-role=bot] .text").element_handle()
    panel = page.locator(".panel")
    await expect(panel).to_have_css("background-color", "rgb(255, 255, 255)")
    await page.evaluate("ChatGateway.setTheme('dark')")
    await expect(panel).to_have_css("background-color", "rgb(22, 24, 29)")
    await page.evaluate("ChatGateway.setTheme('auto')")
    await page.emulate_media(color_scheme="light")
    await expect(panel).to_have_css("background-color", "rgb(255, 255, 255)")
    await page.emulate_media(color_scheme="dark")
    await expect(panel).to_have_css("background-color", "rgb(22, 24, 29)")
    await page.evaluate("ChatGateway.setLang('vi')")
    await expect(page.locator("textarea")).to_have_attribute("placeholder", "Nhập tin nhắn…")
    await eventually(lambda: gateway.commands("session")[-1]["lang"] == "vi")
    await page.evaluate(
        "ChatGateway.update({ title: 'Trợ giúp', side: 'left', texts: { chat: 'Hỏi' } })"
    )
    await expect(page.get_by_role("dialog", name="Trợ giúp")).to_be_visible()
    await expect(page.get_by_role("button", name="Hỏi")).to_be_visible()
    await expect(panel).to_have_css("left", "20px")
    assert message is not None
    assert await message.evaluate("e => e.isConnected && e.textContent") == "Stays"


async def test_the_page_can_style_it(page: Page, gateway: StandIn) -> None:
    style = """<style>#chat-gateway { --cg-accent: rgb(0 90 60); --cg-bg: rgb(1 2 3); --cg-y: 60px }
      #chat-gateway::part(launcher) { border-radius: 4px }</style>"""
    await open_widget(page, gateway, head=style)
    await expect(page.locator(".launcher")).to_have_css("background-color", "rgb(0, 90, 60)")
    await expect(page.locator(".launcher")).to_have_css("border-radius", "4px")
    await expect(page.locator(".launcher")).to_have_css("bottom", "60px")
    await expect(page.locator(".panel")).to_have_css("background-color", "rgb(1, 2, 3)")


async def test_nothing_is_left_after_destroy(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.evaluate("ChatGateway.destroy()")
    assert await page.evaluate("[window.ChatGateway, document.querySelector('#chat-gateway')]") == [
        None,
        None,
    ]
    await eventually(lambda: not gateway._queues)
    await page.evaluate("document.body.append('more')")
    await expect(page.locator("#chat-gateway")).to_have_count(0)
