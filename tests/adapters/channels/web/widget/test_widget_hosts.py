"""Pages that broke other widgets do not break this one."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from widget_acts import answer, echo, eventually, open_widget, watch
from widget_standin import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What Prototype.js 1.6, MooTools and a careless page add to what every script uses.
PATCHED = """<script>
  const list = (given) => {
    const copy = [];
    for (let at = 0; at < (given?.length ?? 0); at++) copy[at] = given[at];
    return copy;
  };
  Array.from = list;
  Array.prototype.entries = function () { return list(this); };
  Array.prototype.reduce = function () { return this.length > 1 ? this : this[0]; };
  Array.prototype.each = String.prototype.strip = Object.prototype.extend = function () {};
  Element.prototype.show = Element.prototype.update = function () { throw new Error("page's"); };
  Element.prototype.remove = function () { this.parentNode.removeChild(this); return this; };
</script>"""
# Elements that a script finds by these names in `window` and `document`.
CLOBBERED = """<form id="ChatGateway"><input name="open"></form><a id="chat-gateway"></a>
  <p id="options"></p><iframe name="localStorage" srcdoc=""></iframe>"""
HOSTILE = """<style>
  * { all: unset !important; display: none !important }
  html, body { display: block !important }
  div, button, textarea { position: fixed !important; top: 0 !important; visibility: hidden }
</style>"""
TURBO = """(source) => {
  const body = document.createElement("body");
  body.innerHTML = "<h1>Another page</h1>";
  const script = Object.assign(document.createElement("script"), { src: source });
  script.dataset.key = "pk";
  document.body.replaceWith(body);
  body.append(script);
  return new Promise((resolve) => { script.onload = resolve; });
}"""
ASTRO = """() => {
  const html = document.createElement("html");
  html.innerHTML = "<head><title>Another</title></head><body><h1>Another page</h1></body>";
  document.documentElement.replaceWith(html);
}"""


async def answered_and_kept(page: Page, gateway: StandIn) -> None:
    await expect(page.locator("textarea")).to_be_visible()
    await answer(page, gateway, "**Bold**")
    await expect(page.locator("[data-role=bot] strong")).to_have_text("Bold")
    await page.reload()
    await expect(page.locator("[data-role=bot] strong")).to_have_text("Bold")


async def test_a_page_that_has_changed_what_every_script_uses(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    await open_widget(page, gateway, head=PATCHED)
    await answered_and_kept(page, gateway)
    assert "files" not in gateway.commands("messages")[0]
    assert problems == []


async def test_elements_that_have_the_widgets_names(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    await open_widget(page, gateway, body=CLOBBERED)
    await answered_and_kept(page, gateway)
    assert await page.evaluate("typeof ChatGateway.open") == "function"
    assert problems == []


async def test_a_page_whose_addresses_begin_elsewhere(page: Page, gateway: StandIn) -> None:
    problems = watch(page)
    await open_widget(page, gateway, head='<base href="https://elsewhere.example/deep/">')
    await answered_and_kept(page, gateway)
    assert problems == []


async def boxes_of(page: Page, gateway: StandIn, head: str = "") -> list[str]:
    await open_widget(page, gateway, head=head)
    await expect(page.locator(".bot .actions")).to_be_visible()
    controls = page.locator(".launcher, .panel, .panel button:visible, textarea, .text")
    box = "all => all.map((each) => JSON.stringify(each.getBoundingClientRect()))"
    boxes: list[str] = await controls.evaluate_all(box)
    return boxes


async def test_a_page_that_styles_everything_does_not_style_the_chat(
    page: Page, gateway: StandIn
) -> None:
    gateway.history = [{"kind": "bot", "turn": "1", "text": "Well", "state": "done", "at": 1}]
    plain = await boxes_of(page, gateway)
    assert await boxes_of(page, gateway, HOSTILE) == plain


async def test_a_page_from_right_to_left_keeps_an_english_chat_as_it_is(
    page: Page, gateway: StandIn
) -> None:
    head = "<script>document.documentElement.dir = 'rtl'</script>"
    await page.goto(gateway.embedded(attributes='data-lang="en"', head=head))
    launcher = await page.locator(".launcher").bounding_box() or {}
    assert launcher["x"] > 900
    await page.locator(".launcher").click()
    await expect(page.locator(".panel")).to_have_css("direction", "ltr")
    panel = await page.locator(".panel").bounding_box() or {}
    assert panel["x"] + panel["width"] == launcher["x"] + launcher["width"]


async def test_a_page_in_a_closed_box_has_no_storage_and_still_a_chat(
    page: Page, gateway: StandIn
) -> None:
    """As an anonymous frame it has no storage, no locks and no origin."""
    # freescout #2347
    gateway.embedded("/inner", "data-open")
    frame = '<iframe sandbox="allow-scripts" src="/inner" width="900" height="700"></iframe>'
    gateway.pages["/"] = (f"<!doctype html><title>Outer</title>{frame}", {})
    problems = watch(page)
    gateway.reply = echo
    await page.goto(gateway.origin + "/")
    inner = page.frame_locator("iframe")
    await inner.locator("textarea").fill("Hello")
    await inner.locator("textarea").press("Enter")
    await expect(inner.locator("[data-role=bot] strong")).to_have_text("Hello")
    assert problems == []


async def test_a_swapped_page_that_brings_the_script_again(page: Page, gateway: StandIn) -> None:
    """One chat goes on, with its one session and stream, as on Turbo's pages."""
    await open_widget(page, gateway)
    await answer(page, gateway, "Before")
    await page.evaluate(TURBO, f"{gateway.origin}/widget/w.js")
    await expect(page.locator("#chat-gateway")).to_have_count(1)
    await answer(page, gateway, "After")
    await expect(page.locator("[data-role=bot] .text")).to_have_text(["Before", "After"])
    assert (gateway.sessions, gateway.connections) == (1, 1)


async def test_a_document_that_is_swapped_as_a_whole(page: Page, gateway: StandIn) -> None:
    await open_widget(page, gateway)
    await answer(page, gateway, "Before")
    await page.evaluate(ASTRO)
    await expect(page.get_by_role("heading", name="Another page")).to_be_visible()
    await answer(page, gateway, "After")
    await expect(page.locator("[data-role=bot] .text")).to_have_text(["Before", "After"])


async def test_the_keyboard_reaches_the_launcher_and_opens_it(page: Page, gateway: StandIn) -> None:
    # Dify's is no button.
    await page.goto(gateway.embedded(body='<a id="before" href="#">Before</a>'))
    await page.locator("#before").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator(".launcher")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("textarea")).to_be_focused()


async def test_an_answer_below_the_fold_does_not_move_the_page(
    page: Page, gateway: StandIn
) -> None:
    # FlowiseChatEmbed #199
    body = '<div style="height: 3000px"></div><div id="here" style="height: 500px"></div>'
    await page.goto(gateway.embedded(attributes='data-target="#here"', body=body))
    await expect(page.locator("textarea")).to_be_attached()
    await page.evaluate("ChatGateway.send('From the page')")
    await eventually(lambda: gateway.commands("messages"))
    gateway.begin(gateway.commands("messages")[0]["id"], "From the page")
    long = "\n\n".join(f"Paragraph {n}" for n in range(60))
    gateway.end(long, suggestions=["Why?"])
    await expect(page.locator("[data-role=bot] p").nth(59)).to_be_attached()
    assert await page.evaluate("[scrollY, document.activeElement.tagName]") == [0, "BODY"]


MODULE = """<!doctype html><html lang="en"><title>Two</title><body>
<div id="a" style="height: 300px"></div><div id="b" style="height: 300px"></div>
<script type="module">
  import {{ mount }} from "{origin}/widget/esm.js";
  window.a = mount({{ key: "pk", target: "#a" }});
  window.b = mount({{ key: "pk_other", target: "#b" }});
</script>"""


async def test_two_chats_of_two_sites_on_one_page(page: Page, gateway: StandIn) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.route("**/w/v1/pk_other/**", lambda route: route.fulfill(status=503))
    gateway.pages["/two"] = (MODULE.format(origin=gateway.origin), {})
    await page.goto(f"{gateway.origin}/two")
    await expect(page.locator("textarea")).to_have_count(2)
    gateway.reply = echo
    await page.locator("#a textarea").fill("Hello")
    await page.locator("#a textarea").press("Enter")
    await expect(page.locator("#a [data-role=bot] strong")).to_have_text("Hello")
    await expect(page.locator("#b [data-role]")).to_have_count(0)
    await expect(page.locator("#b").get_by_text("Reconnecting…")).to_be_visible()
    assert f"{gateway.origin}/w/v1/pk_other/session" in asked
