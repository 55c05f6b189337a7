"""What a person does on a page with the widget, and how the shop's own server vouches for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from playwright.async_api import BrowserContext, Page, Request, expect
from support.browser import Chat

IDENTITY_SECRET = "a secret of the shop and its gateway"
SIGNING_SECRET = "a secret of the gateway alone"


class Problems(list[str]):
    """Violations, errors and warnings of pages."""

    def forgive(self, *words: str) -> None:
        """Take out those that a test has brought about; each must be there."""
        for word in words:
            assert any(word in each for each in self), (word, self)
            self[:] = [each for each in self if word not in each]


async def opened(page: Page, url: str) -> Chat:
    """The chat on a page, opened by its launcher and ready to be talked to."""
    chat = Chat(page)
    await page.goto(url)
    await launch(page)
    return chat


async def launch(page: Page) -> None:
    """Press the launcher, and wait until there is a session."""
    await page.locator("[data-action=open]").click()
    await expect(page.locator("header h2")).to_have_text("Help", timeout=15_000)
    await expect(page.locator("[part=field]")).to_be_visible()


async def ask(chat: Chat, text: str) -> str:
    """Ask, and wait for the whole answer."""
    count = await chat.page.locator("[data-role=bot]").count()
    await chat.write(text)
    return await chat.wait(count + 1)


async def new_tab(context: BrowserContext, url: str) -> Chat:
    """The chat in another tab."""
    return await opened(await context.new_page(), url)


def requests_of(source: Page | BrowserContext) -> list[str]:
    """What is asked for from now on: the method and the address."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.method} {request.url}")

    if isinstance(source, Page):
        source.on("request", note)
    else:
        source.on("request", note)
    return asked


def token(subject: str, secret: str = IDENTITY_SECRET, **claims: Any) -> str:
    """A JWT, as docs/widget.md says that a server makes it."""
    said = {"sub": subject, "name": subject.title(), "exp": int(time.time()) + 900, **claims}
    head = ".".join(_b64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, said))
    return f"{head}.{_b64(_mac(head, secret))}"


def vouched(subject: str, secret: str = IDENTITY_SECRET) -> dict[str, str]:
    """An id and its hash, as other chats have it."""
    return {"id": subject, "hash": _mac(subject, secret).hex()}


def _mac(text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
