"""A gateway goes while it answers: what two tabs show when the next one, or the same, is there.

``WIDGET_KILLS=200`` tries a tenth as often as that.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext
from support.browser import chromium
from support.embedded import embedded
from support.gate import Gate, gate
from support.servers import (
    Process,
    eventually,
    free_port,
    loaded,
    web_config,
)
from support.tabs import Tabs

from gateway.config import Config
from gateway.service import Service
from gateway.texts import Texts

TRIES = max(1, int(os.environ.get("WIDGET_KILLS", "10")) // 10)
REPLACED = 2
LAST = 10
WHOLE = " ".join(map(str, range(1, LAST + 1)))
ASKED = f"count slowly to {LAST}"
SECONDS = 1.0
"""Far less than it takes to say it."""


@pytest.fixture(params=range(TRIES))
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with chromium() as browser:
        yield await browser.new_context(locale="en-GB")


@pytest.fixture
async def process(sandbox: str, folder: Path) -> AsyncIterator[Process]:
    """A gateway with its embedded server. Its bot, a chatbot, forgets what nobody hears."""
    async with embedded(folder, web_config(sandbox)) as process:
        yield process


async def test_what_is_lost_with_a_killed_gateway_is_said_to_be_broken_off(
    context: BrowserContext, process: Process, dice: random.Random
) -> None:
    tabs = Tabs(context, process.url)
    await tabs.open()
    await tabs.ask(ASKED, 1)
    await eventually(lambda: any(tabs.shown))
    await asyncio.sleep(dice.uniform(0, SECONDS))
    process.kill()
    await process.start()
    (kept,) = await tabs.answers(1)
    await tabs.reload()
    assert await tabs.answers(1) == [kept]
    assert await tabs.count("[data-role=bot][data-turn][data-state=failed]") == 1
    notice = Texts().get("en", "failed.interrupted")
    assert await tabs.count(f"[data-role=bot][data-turn] .notice:text-is({notice!r})") == 1
    await tabs.press("retry")
    assert await tabs.answers(2) == [kept, WHOLE]
    assert kept
    assert [text for text in tabs.shown if not WHOLE.startswith(text.strip())] == []


class Rolling:
    """Gateways of one configuration, of which the latest is the one that is reached."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._latest: Service | None = None

    async def roll(self, door: Gate) -> None:
        """Start another, let it be found, and tell the one before to stop."""
        before, self._latest = self._latest, Service(self._config)
        await self._latest.start()
        door.lead_to(int(self._latest.url.rsplit(":", 1)[1]))
        if before:
            await before.stop()

    async def stop(self) -> None:
        """Stop the latest."""
        if self._latest:
            await self._latest.stop()


@pytest.fixture
async def rolling(sandbox: str, redis_url: str, folder: Path) -> AsyncIterator[Rolling]:
    server = {"port": 0, "shutdown_timeout": 20}
    rolling = Rolling(loaded(folder, web_config(sandbox, redis_url, server=server)))
    yield rolling
    await rolling.stop()


async def test_a_gateway_that_is_replaced_finishes_its_answer(
    context: BrowserContext, rolling: Rolling, dice: random.Random
) -> None:
    async with gate(free_port()) as door:
        await rolling.roll(door)
        tabs = Tabs(context, f"http://127.0.0.1:{door.port}/")
        await tabs.open()
        for number in range(1, REPLACED + 1):
            await tabs.ask(ASKED, number)
            await asyncio.sleep(dice.uniform(0, SECONDS))
            await rolling.roll(door)
            assert await tabs.answers(number) == [WHOLE] * number
        assert await tabs.count("[data-role=bot][data-turn][data-state=done]") == REPLACED
        assert [text for text in tabs.shown if not WHOLE.startswith(text.strip())] == []
