"""In a bubble, in the page, all over it, in a frame, on a page of its own, and as a module."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, FrameLocator, Page, expect
from widget_acts import answer, echo, eventually, say, watch
from widget_standin import StandIn, host_page

pytestmark = pytest.mark.asyncio(loop_scope="session")


def framed(gateway: StandIn, attributes: str = "") -> str:
    """A page of another origin with the chat in a frame."""
    gateway.hosted("/w/pk/frame", 'data-mode="frame" data-title="Help"')
    gateway.pages["/shop"] = (host_page(gateway.origin, f'data-mode="frame" {attributes}'), {})
    return gateway.origin.replace("127.0.0.1", "localhost") + "/shop"


async def opened(page: Page, gateway: StandIn, attributes: str = "") -> FrameLocator:
    await page.goto(framed(gateway, attributes))
    await page.locator(".launcher").click()
    frame = page.frame_locator("#chat-gateway iframe")
    await expect(frame.locator("textarea")).to_be_visible()
    return frame


async def test_a_frame_asks_and_answers(page: Page, gateway: StandIn) -> None:
    gateway.reply = echo
    problems = watch(page)
    frame = await opened(page, gateway)
    await expect(page.get_by_role("dialog", name="Chat")).to_be_visible()
    await frame.locator("textarea").fill("Hello")
    await frame.locator("textarea").press("Enter")
    await expect(frame.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    box = await page.locator("#chat-gateway .panel").bounding_box() or {}
    inside = await frame.locator(".panel").bounding_box() or {}
    assert (inside["width"], inside["height"]) == (box["width"], box["height"]) == (400, 660)
    # The token is kept where the page's scripts cannot read it.
    assert "token" not in await page.evaluate("JSON.stringify({ ...localStorage })")
    assert problems == []


async def test_a_frame_does_what_the_page_says_and_keeps_the_words_to_itself(
    page: Page, gateway: StandIn
) -> None:
    gateway.reply = echo
    await page.goto(framed(gateway))
    await page.evaluate(
        """() => {
          window.ends = [];
          ChatGateway.on("message", (end) => ends.push(Object.keys(end).sort()));
          ChatGateway.identify({ id: "ann", hash: "00" });
          ChatGateway.prefill("Half a");
          ChatGateway.setLang("vi");
          ChatGateway.send("From the page");
        }"""
    )
    frame = page.frame_locator("#chat-gateway iframe")
    await expect(frame.locator("[data-role=user] .text")).to_have_text("From the page")
    await expect(frame.locator("textarea")).to_have_value("Half a")
    await expect(frame.locator("textarea")).to_have_attribute("placeholder", "Nhập tin nhắn…")
    await page.wait_for_function("ends.length")
    assert await page.evaluate("ends") == [["at", "state", "turn"]]
    assert gateway.commands("session")[-1]["identity"] == {"id": "ann", "hash": "00"}
    await frame.locator("[data-action=close]").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.locator(".launcher")).to_be_focused()
    gateway.turn += 1
    gateway.begin()
    gateway.end("Meanwhile")
    await expect(page.get_by_role("button", name="Chat, 1 tin chưa đọc")).to_be_visible()
    await page.evaluate("ChatGateway.update({ theme: 'dark', accent: '#ffd23f' })")
    await page.locator(".launcher").click()
    dark = "rgb(22, 24, 29)"
    await expect(frame.locator(".panel")).to_have_css("background-color", dark)
    await frame.locator("textarea").press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_a_frame_listens_to_its_page_only(page: Page, gateway: StandIn) -> None:
    frame = await opened(page, gateway)
    await page.evaluate(
        """() => {
          const frame = document.querySelector("#chat-gateway").shadowRoot.querySelector("iframe");
          const other = document.createElement("iframe");
          document.body.append(other);
          const fake = new MessageChannel();
          // From another window, without a line, and a second time from the page itself.
          other.contentWindow.eval(`(to) => {
            const { port2 } = new MessageChannel();
            to.postMessage({ theme: "dark" }, "*", [port2]);
          }`)(frame.contentWindow);
          frame.contentWindow.postMessage({ theme: "dark" }, "*");
          frame.contentWindow.postMessage({ theme: "dark" }, "*", [fake.port2]);
          fake.port1.postMessage(["send", "Injected"]);
          window.postMessage(["close"], "*");
        }"""
    )
    await frame.locator("textarea").fill("Hello")
    await frame.locator("textarea").press("Enter")
    await eventually(lambda: gateway.commands("messages"))
    assert [body["text"] for body in gateway.commands("messages")] == ["Hello"]
    await expect(frame.locator(".panel")).to_have_count(1)
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_a_challenge_is_solved_by_the_page(page: Page, gateway: StandIn) -> None:
    asked = {"error": "challenge_required", "message": "Prove it"}
    challenge = {"challenge": {"kind": "custom", "key": "k"}}
    gateway.refusals["session"] = [(403, {**asked, **challenge}, {})]  # type: ignore[dict-item]
    await page.goto(framed(gateway))
    await page.evaluate(
        """ChatGateway.on("challenge", ({ kind, key, solve }) => solve(`${kind} ${key}`))"""
    )
    await page.locator(".launcher").click()
    frame = page.frame_locator("#chat-gateway iframe")
    await expect(frame.locator(".opening")).to_contain_text("How can I help?")
    assert gateway.commands("session")[-1]["challenge"] == "custom k"


async def test_the_frames_page_alone_is_a_page(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.hosted("/w/pk/frame", 'data-mode="frame"'))
    await expect(page.get_by_role("main", name="Help")).to_be_visible()
    await expect(page.locator("[data-action=close]")).to_be_hidden()
    await answer(page, gateway)


async def test_a_frame_fills_a_small_screen(context: BrowserContext, gateway: StandIn) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 700})
    await opened(page, gateway)
    assert await page.locator("#chat-gateway .panel").evaluate("e => e.matches(':modal')") is True
    box = await page.locator("#chat-gateway iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 700}


async def test_all_over_the_page(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded(attributes='data-mode="full"'))
    await expect(page.get_by_role("main", name="Help")).to_be_visible()
    box = await page.locator(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1000, "height": 800}
    await expect(page.locator(".launcher, [data-action=close]:visible")).to_have_count(0)


async def test_in_an_element_that_comes_later(page: Page, gateway: StandIn) -> None:
    await page.goto(gateway.embedded(attributes='data-target="#here" data-theme="dark"'))
    place = "<div id=here style='width: 420px; height: 500px'></div>"
    await page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", place)
    await expect(page.locator("#here textarea")).to_be_visible()
    box = await page.locator("#here .panel").bounding_box() or {}
    assert (box["width"], box["height"]) == (420, 500)
    # It takes neither the focus nor the place on the page from what is there.
    assert await page.evaluate("[document.activeElement.tagName, scrollY]") == ["BODY", 0]
    await answer(page, gateway)


MODULE = """<!doctype html><html lang="en"><title>App</title><body><div id="app"></div>
<script type="module" nonce="abc">
  import {{ mount }} from "{origin}/widget/esm.js";
  window.widget = mount({{ key: "pk", accent: "#0a7d4f", {more} }});
</script>"""


@pytest.mark.parametrize("more", ["", 'api: "{origin}"', 'api: "{origin}/", mode: "full"'])
async def test_as_a_module(page: Page, gateway: StandIn, more: str) -> None:
    gateway.reply = echo
    options = more.format(origin=gateway.origin)
    html = MODULE.format(origin=gateway.origin, more=options)
    gateway.pages["/app"] = (html, {})
    await page.goto(gateway.origin.replace("127.0.0.1", "localhost") + "/app")
    await page.wait_for_function("window.widget")
    await page.evaluate("widget.open()")
    await say(page, "Hello")
    await expect(page.locator("[data-role=bot]")).to_have_attribute("data-state", "done")
    assert await page.evaluate("window.ChatGateway") is None
    await page.evaluate("widget.destroy()")
    await expect(page.locator("#chat-gateway")).to_have_count(0)
