"""A real Chromium."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, async_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


NAMES = ("chromium", "chromium-browser", "google-chrome")
SHELL = "chromium-headless-shell"
"""The same engine with nothing around it: a page takes a third of the time."""


def executable(*names: str) -> str:
    """The Chromium of this system: what $CHROMIUM names, or else the first of these there is."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert path, "no Chromium: run scripts/test, or set CHROMIUM"
    return path


# A microphone that is always there, and allowed.
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@contextlib.asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """A browser, with more flags; each page of it may have a context of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable(SHELL, *NAMES), args=[*FLAGS, *more]
        )
        try:
            yield browser
        finally:
            await browser.close()


class Chat:
    """The widget on a page, as a person sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(f"page error: {error}"))

    async def write(self, text: str) -> None:
        """Type and press Enter."""
        box = self.page.locator("[part=field]")
        await box.fill(text)
        await box.press("Enter")

    async def press(self, action: str) -> None:
        """Press one of the widget's buttons."""
        await self.page.locator(f"[data-action={action}]").last.click()

    async def texts(self, role: str = "bot") -> list[str]:
        """What stands in the messages of the bot, or of the person."""
        return await self.page.locator(f"[data-turn][data-role={role}] .text").all_inner_texts()

    async def wait(self, count: int, state: str = "done") -> str:
        """Wait until so many answers have that state; the text of the last."""
        answers = self.page.locator(f"[data-turn][data-role=bot][data-state={state}]")
        await answers.nth(count - 1).wait_for(timeout=15_000)
        return await answers.nth(count - 1).locator(".text").inner_text()

    async def wait_for_text(self, text: str) -> None:
        """Wait until the last answer contains a text."""
        answer = self.page.locator("[data-role=bot] .text", has_text=text).last
        await answer.wait_for(timeout=15_000)
