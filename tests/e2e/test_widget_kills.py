"""Whatever is cut, closed, restarted or killed while an answer streams, every tab ends with the
whole of it, once.

``WIDGET_KILLS=200`` tries as often as that.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.browser import chromium
from support.embedded import embedded
from support.gate import Gate, gate
from support.servers import Process, web_config
from support.tabs import Tabs

KILLS = int(os.environ.get("WIDGET_KILLS", "6"))
IN_A_ROW = min(10, KILLS)
CONVERSATIONS = [min(IN_A_ROW, KILLS - first) for first in range(0, KILLS, IN_A_ROW)]
LAST = 6
SECONDS = 1.4
"""Not quite what it takes to say it."""
# A chatflow goes on when nobody hears it: no kill of the gateway is an excuse.
BOT = "app-chatflow"
WHOLE = f"{' '.join(map(str, range(1, LAST + 1)))} [lang=en]"


@pytest.fixture
async def process(sandbox: str, folder: Path) -> AsyncIterator[Process]:
    """A gateway with its embedded server, as a process."""
    config = web_config(sandbox)
    config["bots"]["bot"]["api_key"] = BOT
    async with embedded(folder, config) as process:
        yield process


@pytest.fixture
async def door(process: Process) -> AsyncIterator[Gate]:
    async with gate(int(process.url.rsplit(":", 1)[1])) as door:
        yield door


@pytest.fixture
async def tabs(door: Gate) -> AsyncIterator[Tabs]:
    async with chromium() as browser:
        tabs = Tabs(await browser.new_context(locale="en-GB"), f"http://127.0.0.1:{door.port}/")
        await tabs.open()
        yield tabs


async def cut(_: Tabs, door: Gate, __: Process) -> None:
    """Every connection is cut, and for a moment none is let in."""
    door.shut()
    await asyncio.sleep(0.05)
    door.open()


async def reload(tabs: Tabs, _: Gate, __: Process) -> None:
    await tabs.reload()


async def another_tab(tabs: Tabs, _: Gate, __: Process) -> None:
    """The tab that has the stream is closed; the other goes on, and there is a new one."""
    await tabs.replace()


async def restart(_: Tabs, __: Gate, process: Process) -> None:
    """The gateway is told to stop, and started again."""
    assert await asyncio.to_thread(process.terminate) == 0
    await process.start()


async def kill(_: Tabs, __: Gate, process: Process) -> None:
    process.kill()
    await process.start()


KINDS = (cut, reload, another_tab, restart, kill)
"""Each has its share; their order is another one in each conversation."""


async def check(tabs: Tabs, number: int) -> None:
    """So many answers are whole in every tab, and nothing else is there."""
    assert await tabs.answers(number) == [WHOLE] * number
    assert await tabs.count("[data-role=bot][data-turn][data-state=done]") == number
    assert await tabs.count("[data-role=user][data-turn][data-state=done]") == number


@pytest.mark.timeout(60 * IN_A_ROW)
@pytest.mark.parametrize(("seed", "kills"), [*enumerate(CONVERSATIONS)])
async def test_random_kills(
    tabs: Tabs, door: Gate, process: Process, seed: int, kills: int
) -> None:
    dice = random.Random(seed)
    kinds = dice.sample(KINDS, len(KINDS))
    for number in range(1, kills + 1):
        await tabs.ask(f"count slowly to {LAST}", number)
        await asyncio.sleep(dice.uniform(0, SECONDS))
        await kinds[number % len(kinds)](tabs, door, process)
        await check(tabs, number)
        await tabs.reload()
        await check(tabs, number)
    # Nor was anything else ever to be seen in between.
    assert WHOLE in tabs.shown
    assert [text for text in tabs.shown if not WHOLE.startswith(text.strip())] == []
