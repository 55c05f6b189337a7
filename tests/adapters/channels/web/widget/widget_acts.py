"""What a person does with the widget, and what a bot answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage, Page, Route, expect
from widget_standin import StandIn

WIDGET = Path(__file__).parents[5] / "adapters" / "channels" / "web" / "widget"


def watch(page: Page) -> list[str]:
    """The warnings and errors in the page's console, and what was thrown."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def open_widget(page: Page, gateway: StandIn, attributes: str = "", **more: Any) -> None:
    await page.goto(gateway.embedded(attributes=f"data-open {attributes}", **more))
    await expect(page.locator("textarea")).to_be_visible()
    await eventually(lambda: gateway.connections)


async def say(page: Page, text: str) -> None:
    await page.locator("textarea").fill(text)
    await page.locator("textarea").press("Enter")


async def eventually(check: Any) -> None:
    for _ in range(800):
        if check():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(check)


async def echo(gateway: StandIn, identity: str, text: str) -> None:
    gateway.begin(identity, text)
    gateway.delta(0, "You said ")
    gateway.delta(9, f"**{text}**")
    gateway.end(f"You said **{text}**")


async def answer(page: Page, gateway: StandIn, text: str = "Well", **more: Any) -> None:
    """Ask something and be answered with whatever else an answer has."""
    asked = len(gateway.commands("messages"))
    await say(page, "Hello")
    await eventually(lambda: len(gateway.commands("messages")) > asked)
    gateway.begin(gateway.commands("messages")[-1]["id"], "Hello")
    gateway.end(text, **more)
    await expect(page.locator("[data-role=bot]").last).to_have_attribute("data-state", "done")


@asynccontextmanager
async def held(page: Page, address: str) -> AsyncIterator[None]:
    """Within it, what is asked for there does not come."""
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route(address, wait)
    yield
    gate.set()
