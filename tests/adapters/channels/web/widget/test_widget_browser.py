"""The built widget in a real browser, against a stand-in that speaks the protocol."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import BrowserContext, Page, expect
from widget_acts import echo, eventually, open_widget, say, watch
from widget_standin import StandIn, host_page

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRICT = (
    "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src {origin}; "
    "style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


async def test_nothing_is_asked_before_it_is_opened(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    await page.goto(gateway.embedded())
    launcher = page.locator("[data-action=open]")
    await expect(launcher).to_have_attribute("aria-expanded", "false")
    assert gateway.received == []
    await launcher.click()
    await expect(launcher).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    await expect(page.locator(".opening")).to_contain_text("How can I help?")
    await expect(page.locator("textarea")).to_be_focused()
    await eventually(lambda: gateway.connections)
    assert [name for name, _ in gateway.received][:2] == ["session", "events"]
    assert problems == []


async def test_a_question_and_its_answer(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    problems = watch(page)
    await open_widget(page, gateway)
    await say(page, "Hello")
    await expect(page.locator("[data-role=user] .text")).to_have_text("Hello")
    answer = page.locator("[data-role=bot]")
    await expect(answer).to_have_attribute("data-state", "done")
    await expect(answer.locator("strong")).to_have_text("Hello")
    await expect(page.locator("[data-role=user]")).to_have_attribute("data-state", "done")
    await expect(page.locator("[data-role=user]")).to_have_attribute("data-turn", "1")
    await expect(page.locator("textarea")).to_have_value("")
    # A screen reader hears the finished answer, once.
    await expect(page.locator(".sr[role=status]")).to_have_text("You said Hello")
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    assert problems == []


async def test_commands_need_no_preflight(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    methods: list[str] = []
    page.on("request", lambda request: methods.append(request.method))
    other = gateway.origin.replace("127.0.0.1", "localhost")
    gateway.pages["/elsewhere"] = (host_page(gateway.origin, "data-open"), {})
    await page.goto(f"{other}/elsewhere")
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    assert "OPTIONS" not in methods


async def test_streaming_status_and_stop(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    stop = page.locator("[data-action=stop]")
    await expect(stop).to_be_hidden()
    await say(page, "Hello")
    await expect(page.locator(".content > .status")).to_be_visible()
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "Hello")
    gateway.emit("status", {"turn": "1", "kind": "tool", "text": "Searching"})
    await expect(page.locator("[data-role=bot] .status")).to_have_text("Searching")
    gateway.delta(0, "First words")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("First words")
    await expect(page.locator(".status:visible")).to_have_count(0)
    gateway.waiting = True
    await stop.click()
    await eventually(lambda: gateway.commands("stop"))
    gateway.end("First words", "stopped", notices=["You stopped it."])
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "stopped")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("First words")
    await expect(page.locator(".notice")).to_have_text("You stopped it.")
    await expect(stop).to_be_hidden()


async def test_stop_when_nothing_runs_ends_the_waiting(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await say(page, "Hello")
    await page.locator("[data-action=stop]").click()
    await expect(page.locator("[data-action=stop]")).to_be_hidden()
    await expect(page.locator(".status:visible")).to_have_count(0)


async def test_a_failed_answer_keeps_its_text_and_can_be_asked_again(
    page: Page, gateway: StandIn
) -> None:
    async def fail(gateway: StandIn, identity: str, text: str) -> None:
        gateway.begin(identity, text)
        gateway.delta(0, "It be")
        gateway.end("It be", "failed", notices=["Broke off."])

    gateway.reply = fail
    await open_widget(page, gateway)
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot][data-state=failed] .text")).to_have_text("It be")
    await expect(page.locator(".notice")).to_have_text("Broke off.")
    gateway.reply = echo
    await page.locator("[data-action=retry]").click()
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(1)
    first, second = gateway.commands("messages")
    assert first["text"] == second["text"] == "Hello"
    assert first["id"] != second["id"]


async def test_offers_are_buttons(page: Page, gateway: StandIn) -> None:
    async def offer(gateway: StandIn, identity: str, text: str) -> None:
        gateway.begin(identity, text)
        gateway.end(
            "Well",
            suggestions=["Why?"],
            choices={"prompt": "Which?", "items": [{"value": "v1", "label": "First"}]},
            sources=[{"title": "Book", "url": "https://x.example/b", "excerpt": "Page one"}],
            files=[{"name": "a.pdf", "media_type": "application/pdf", "url": "/f/1", "size": 9}],
        )

    gateway.reply = offer
    await open_widget(page, gateway)
    await page.get_by_role("button", name="What is this?").click()
    await expect(page.get_by_role("button", name="What is this?")).to_have_count(0)
    await page.get_by_role("button", name="First").click()
    await eventually(lambda: len(gateway.commands("messages")) == 2)
    await expect(page.locator("[data-role=bot]")).to_have_count(2)
    await page.get_by_role("button", name="Why?").click()
    await eventually(lambda: len(gateway.commands("messages")) == 3)
    assert [body["text"] for body in gateway.commands("messages")] == [
        "What is this?",
        "v1",
        "Why?",
    ]
    file = page.get_by_role("link", name="a.pdf").first
    assert await file.get_attribute("href") == f"{gateway.origin}/f/1"
    await page.locator("summary").first.click()
    await expect(page.get_by_role("link", name="Book").first).to_be_visible()


async def test_a_reload_brings_back_the_same(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await say(page, "Hello")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "Hello")
    gateway.delta(0, "One ")
    gateway.waiting = True
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One")
    await page.reload()
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One")
    gateway.delta(4, "two")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One two")
    gateway.end("One two three")
    gateway.waiting = False
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One two three")
    await page.reload()
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One two three")
    assert await page.locator("[data-role=user] .text").all_inner_texts() == ["Hello"]
    # The token is kept, and it comes back.
    assert gateway.commands("session")[1]["token"] == "token-1"
    kept = f"localStorage['chat-gateway:{gateway.origin}/:pk']"
    assert await page.evaluate(kept) == "token-3"


async def test_a_lost_connection_is_resumed_without_doubling(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.turn = 1
    gateway.begin()
    gateway.delta(0, "One ")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One")
    unavailable = (503, {"error": "unavailable", "message": "Later"}, {"Retry-After": "1"})
    gateway.refusals["events"] = [unavailable]
    gateway.drop()
    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    gateway.delta(4, "two")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One two")
    await expect(page.get_by_text("Reconnecting…")).to_have_count(0)
    # A copy of what was there already is dropped by its id.
    gateway.raw(gateway._frame(gateway.log[1]))
    gateway.end("One two")
    await expect(page.locator("[data-role=bot] .text")).to_have_text("One two")


@pytest.mark.parametrize("farewell", ["bye", "reset"])
async def test_bye_and_reset(page: Page, gateway: StandIn, farewell: str) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    gateway.notify(farewell)
    await eventually(lambda: gateway.connections == 2)
    assert gateway.sessions == (2 if farewell == "reset" else 1)
    await say(page, "Again")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(2)
    await expect(page.locator("[data-role=user]")).to_have_count(2)


async def test_an_expired_token_is_renewed_once(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    expired = (401, {"error": "expired_token", "message": "Expired"}, {})
    gateway.refusals["messages"] = [expired]
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    assert gateway.sessions == 2
    gateway.refusals["messages"] = [expired, expired]
    await say(page, "Again")
    await expect(page.locator("[data-role=user][data-state=failed]")).to_contain_text("Expired")
    assert gateway.sessions == 3


async def test_a_message_that_does_not_arrive_is_kept_and_sent_again(
    page: Page, gateway: StandIn
) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    too_large = (413, {"error": "too_large", "message": "Too long"}, {})
    gateway.refusals["messages"] = [too_large]
    await say(page, "Hello")
    message = page.locator("[data-role=user]")
    await expect(message).to_have_attribute("data-state", "failed")
    await expect(message).to_contain_text("Too long")
    await message.locator("[data-action=retry]").click()
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    first, second = gateway.commands("messages")
    assert first["id"] == second["id"]
    await expect(message).to_have_count(1)


async def test_a_busy_gateway_is_asked_again(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    busy = (429, {"error": "busy", "message": "One moment"}, {"Retry-After": "1"})
    gateway.refusals["messages"] = [busy]
    await say(page, "Hello")
    await expect(page.locator("[data-role=user][data-state=sending]")).to_contain_text("One moment")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    first, second = gateway.commands("messages")
    assert first == second


async def test_a_refused_origin_is_told_to_person_and_developer(
    page: Page, gateway: StandIn
) -> None:
    problems = watch(page)
    reason = "Add http://shop.example to origins of site pk"
    refused = (403, {"error": "origin_refused", "message": reason}, {})
    gateway.refusals["session"] = [refused]
    await page.goto(gateway.embedded(attributes="data-open"))
    await expect(page.get_by_text(reason)).to_be_visible()
    assert f"Chat Gateway: {reason}" in problems
    await asyncio.sleep(0.7)
    assert len(gateway.received) == 1


async def test_keys(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    field = page.locator("textarea")
    await field.fill("one")
    await field.press("Shift+Enter")
    await field.press_sequentially("two")
    assert await field.input_value() == "one\ntwo"
    press = """(field, init) => field.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init }))"""
    await field.evaluate(press, {"isComposing": True})
    await field.evaluate(press, {"keyCode": 229})
    assert gateway.commands("messages") == []
    await field.evaluate(press, {"keyCode": 13})
    await eventually(lambda: gateway.commands("messages"))
    assert gateway.commands("messages")[0]["text"] == "one\ntwo"
    await field.fill("   ")
    await field.press("Enter")
    assert len(gateway.commands("messages")) == 1
    await field.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator("[data-action=open]")).to_be_focused()


async def test_an_input_method_never_sends(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await page.locator("textarea").focus()
    session = await page.context.new_cdp_session(page)
    await session.send(
        "Input.imeSetComposition", {"text": "tiê", "selectionStart": 3, "selectionEnd": 3}
    )
    await page.keyboard.press("Enter")
    assert gateway.commands("messages") == []


async def test_the_field_grows_and_the_log_follows_the_end(page: Page, gateway: StandIn) -> None:
    gateway.turn = 1
    await open_widget(page, gateway)
    field = page.locator("textarea")
    low = (await field.bounding_box() or {})["height"]
    await field.fill("\n".join("abcd"))
    assert (await field.bounding_box() or {})["height"] > low + 40
    log = page.get_by_role("log")
    rest = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    gateway.begin()
    long = "\n\n".join(f"Paragraph {n}" for n in range(60))
    gateway.delta(0, long)
    await expect(page.get_by_text("Paragraph 59")).to_be_visible()
    await asyncio.sleep(0.1)
    assert await log.evaluate(rest) < 2
    await log.evaluate("log => { log.scrollTop = 100 }")
    await asyncio.sleep(0.1)
    gateway.delta(len(long), "\n\nOne more\n\nAnd more")
    await expect(page.get_by_text("One more")).to_be_attached()
    await asyncio.sleep(0.1)
    assert await log.evaluate("log => log.scrollTop") == 100


async def test_a_new_conversation(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    await expect(page.locator("[data-action=new]")).to_be_disabled()
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    await page.locator("[data-action=new]").click()
    await eventually(lambda: len(gateway.commands("messages")) == 2)
    assert gateway.commands("messages")[1]["text"] == "/new"
    await expect(page.locator("[data-role=user] .text").last).to_have_text("New conversation")


async def test_another_tabs_message_appears(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    gateway.notify("user", {"id": "other", "text": "From elsewhere", "at": 1})
    gateway.notify("user", {"id": "other", "text": "From elsewhere", "at": 1})
    await expect(page.locator("[data-role=user] .text")).to_have_text(["From elsewhere"])


async def test_the_pages_own_mistakes_cost_nothing(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await open_widget(page, gateway)
    await page.evaluate(
        """() => {
          window.heard = [];
          ChatGateway.on("message", () => { throw new Error("the page's own"); });
          ChatGateway.on("message", ({ text }) => heard.push(text));
        }"""
    )
    await say(page, "a")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(1)
    gateway.raw(b"id: 1-9999999\nevent: delta\ndata: {broken\n\n")
    await say(page, "b")
    await expect(page.locator("[data-role=bot][data-state=done]")).to_have_count(2)
    assert await page.evaluate("heard") == ["You said **a**", "You said **b**"]


async def test_the_pages_interface(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    early = "<script>window.ChatGateway = { q: [['on', 'open', () => { window.opened = 1; }]] }"
    await page.goto(gateway.embedded(head=f"{early}</script>"))
    await page.locator("[data-action=open]").wait_for()
    await page.evaluate("ChatGateway.send('From the page')")
    await expect(page.locator("[data-role=bot]")).to_contain_text("From the page")
    assert await page.evaluate("window.opened") == 1
    assert await page.evaluate("typeof ChatGateway.version") == "string"
    await page.evaluate("ChatGateway.close()")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.evaluate("ChatGateway.toggle()")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.evaluate("ChatGateway.destroy()")
    assert await page.evaluate("document.querySelector('#chat-gateway')") is None
    assert await page.evaluate("window.ChatGateway") is None


async def test_a_closed_panel_has_no_stream_and_misses_nothing(
    page: Page, gateway: StandIn
) -> None:
    await open_widget(page, gateway)
    await page.locator("[data-action=close]").click()
    await eventually(lambda: not gateway._queues)
    gateway.turn = 1
    gateway.begin()
    gateway.end("Meanwhile")
    await page.locator("[data-action=open]").click()
    await expect(page.locator("[data-role=bot] .text")).to_have_text("Meanwhile")


async def test_the_hosted_page_keeps_its_strict_policy(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    problems = watch(page)
    await page.goto(gateway.hosted())
    await expect(page.get_by_role("main", name="Help")).to_be_visible()
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    assert (await page.locator(".panel").bounding_box() or {})["width"] == 1000
    assert problems == []


async def test_a_strict_host_page(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    problems = watch(page)
    other = gateway.origin.replace("127.0.0.1", "localhost")
    policy = STRICT.format(origin=gateway.origin)
    gateway.pages["/strict"] = (
        host_page(gateway.origin, 'data-open data-accent="#ffd23f"'),
        {"Content-Security-Policy": policy},
    )
    await page.goto(f"{other}/strict")
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    # Styled, and the text on a bright accent is dark.
    bubble = page.locator("[data-role=user] .text")
    assert await bubble.evaluate("e => getComputedStyle(e).color") == "color(srgb-linear 0 0 0)"
    assert await bubble.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 210, 63)"
    assert problems == []


async def test_inline_mode(page: Page, gateway: StandIn) -> None:
    body = '<div id="here" style="width: 420px; height: 500px"></div>'
    await page.goto(gateway.embedded(attributes='data-target="#here"', body=body))
    await expect(page.locator("#here textarea")).to_be_visible()
    box = await page.locator("#here .panel").bounding_box() or {}
    assert (box["width"], box["height"]) == (420, 500)
    await expect(page.locator("[data-action=open]")).to_have_count(0)


@pytest.mark.parametrize(
    ("attributes", "placeholder"),
    [
        ('data-lang="vi"', "Nhập tin nhắn…"),
        ('data-lang="vi-VN"', "Nhập tin nhắn…"),
        ('data-lang="de"', "Write a message…"),
        ("", "Write a message…"),
    ],
)
async def test_languages(page: Page, gateway: StandIn, attributes: str, placeholder: str) -> None:
    await open_widget(page, gateway, attributes)
    await expect(page.locator("textarea")).to_have_attribute("placeholder", placeholder)


async def test_storage_that_throws(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    await page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    await open_widget(page, gateway)
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")


CONTRAST = """() => {
  const share = (value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  // What is computed by the style sheet is in parts of one.
  const scale = (colour) => (colour.startsWith("color(") ? 255 : 1);
  const parts = (colour) => colour.match(/[\\d.]+/g).map((part) => part * scale(colour));
  const light = ([r, g, b]) => 0.2126 * share(r) + 0.7152 * share(g) + 0.0722 * share(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const root = document.querySelector("#chat-gateway").shadowRoot;
  const low = [];
  for (const element of root.querySelectorAll(".panel *")) {
    const hasText = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest(".sr")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push([element.className, element.textContent, ratio]);
  }
  const small = [...root.querySelectorAll("button")].filter((button) => {
    const { width, height } = button.getBoundingClientRect();
    return button.checkVisibility() && (width < 24 || height < 24);
  });
  return { low, small: small.map(({ outerHTML }) => outerHTML) };
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["", "#ffd23f", "#e4002b", "#777777"])
async def test_contrast_and_targets(page: Page, gateway: StandIn, theme: str, accent: str) -> None:
    async def everything(gateway: StandIn, identity: str, text: str) -> None:
        gateway.begin(identity, text)
        gateway.end(
            "# T\n\ntext `code` [a](https://x.example)\n\n> q\n\n| a |\n|---|\n| b |",
            "failed",
            notices=["Broke off."],
            sources=[{"title": "S", "excerpt": "E"}],
            suggestions=["Why?"],
        )

    gateway.reply = everything
    await open_widget(page, gateway, f'data-theme="{theme}" data-accent="{accent}"')
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot][data-state=failed]")).to_be_visible()
    found = await page.evaluate(CONTRAST)
    assert found == {"low": [], "small": []}


async def test_a_small_screen_is_filled(context: BrowserContext, gateway: StandIn) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 700})
    await open_widget(page, gateway)
    box = await page.locator(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 700}
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
