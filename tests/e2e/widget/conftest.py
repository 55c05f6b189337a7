"""One gateway with several sites, a shop that embeds them, and a browser that hides no problem."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
)
from redis.asyncio import Redis
from support.browser import MICROPHONE, chromium
from support.servers import loaded, running, web_config
from table_acts import IDENTITY_SECRET, SIGNING_SECRET, Problems
from table_bot import Bot, open_bot
from table_shop import HEAD, Pictures, Shop, open_pictures, open_shop

from gateway.service import Service

SIZE = ViewportSize(width=1000, height=800)
REPORT = """addEventListener("securitypolicyviolation", (violation) => {
  console.error("violation", violation.violatedDirective, violation.blockedURI, violation.sample);
}, true);
window.pwned = () => { window.isPwned = true; };"""
FORM = {
    "title": "Before we begin",
    "fields": [
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {"name": "topic", "label": "Topic", "kind": "select", "options": ["Order", "Return"]},
    ],
}
MEMBERS = {
    "identity_secrets": [IDENTITY_SECRET],
    "identity_hash": True,
    "require_identity": True,
}
GREETINGS = [
    {"id": "hello", "text": "Any questions?"},
    {"id": "prices", "text": "Too expensive?", "after": 0.1, "page": "/pricing/*"},
]
SITES: dict[str, dict[str, Any]] = {
    "shop": {"identity_secrets": [IDENTITY_SECRET]},
    "members": MEMBERS,
    "asks_first": {"form": FORM},
    "greets": {"proactive": GREETINGS},
    "agent": {},
    "approval": {},
}
KEYS = {"chat": "app-chat", "agent": "app-agent", "approval": "app-approval"}


def configured(bot: Bot, shop: Shop, pictures: Pictures, redis_url: str) -> dict[str, Any]:
    """Every site is called what its key is, and so is the bot that it has for itself."""
    extra = SITES | {"pictures": {"images": [pictures.host]}}
    common = {"kind": "web", "origins": [shop.url], "title": "Help", "sessions_per_minute": 9999}
    sites = {name: {"key": name, **common, **more} for name, more in extra.items()}
    clickai = {"kind": "clickai", "base_url": bot.url}
    bots = {
        name: {**clickai, "api_key": key, "app": name, "spoken_answers": True}
        for name, key in KEYS.items()
    }
    routes = [{"channel": name, "bot": name if name in bots else "chat"} for name in sites]
    server = {"port": 0, "shutdown_timeout": 3, "signing_secrets": [SIGNING_SECRET]}
    sections = {"server": server, "channels": sites, "bots": bots, "routes": routes}
    return web_config(bot.url, redis_url, **sections)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium(*MICROPHONE) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def the_bot() -> AsyncIterator[Bot]:
    async with open_bot() as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with open_shop() as shop:
        yield shop


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def pictures() -> AsyncIterator[Pictures]:
    async with open_pictures() as pictures:
        yield pictures


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def gateway(
    the_bot: Bot,
    shop: Shop,
    pictures: Pictures,
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Service]:
    async with Redis.from_url(valkey_url) as client:
        await client.flushall()
    config = configured(the_bot, shop, pictures, valkey_url)
    async with running(loaded(tmp_path_factory.mktemp("table"), config)) as service:
        shop.gateway = service.url
        yield service


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def window(browser: Browser, gateway: Service) -> AsyncIterator[BrowserContext]:
    """A browser's window, with one tab: it takes long to open one for each test."""
    window = await browser.new_context(locale="en-GB", viewport=SIZE)
    await window.add_init_script(REPORT)
    await window.new_page()
    yield window
    await window.close()


@pytest.fixture
def bot(the_bot: Bot) -> Bot:
    """The bot, which has heard nothing of what other tests said."""
    the_bot.forget()
    return the_bot


@pytest.fixture
def problems() -> Problems:
    """What the pages of a test complained about."""
    return Problems()


@pytest_asyncio.fixture(loop_scope="session")
async def context(
    window: BrowserContext, shop: Shop, problems: Problems
) -> AsyncIterator[BrowserContext]:
    """A person's browser. No page of it may have a violation, an error or a warning."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            problems.append(message.text)

    def fail(error: WebError) -> None:
        problems.append(str(error.error))

    window.on("console", note)
    window.on("weberror", fail)
    yield window
    # What was reported before this is answered has arrived.
    for page in window.pages:
        await page.evaluate("0")
    window.remove_listener("console", note)
    window.remove_listener("weberror", fail)
    await leave(window, shop)
    assert problems == []


async def leave(window: BrowserContext, shop: Shop) -> None:
    """The next test is another person's, of whom nothing is known."""
    page, *others = window.pages
    for other in others:
        await other.close()
    await window.set_offline(False)
    await page.set_viewport_size(SIZE)
    await page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    await page.goto(shop.serve(HEAD, "text/html"))
    await page.evaluate("localStorage.clear(); sessionStorage.clear();")


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """Its first tab."""
    return context.pages[0]
