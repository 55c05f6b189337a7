"""Whatever is cut while an answer streams, the page ends with the whole of it, once.

``WIDGET_KILLS=200`` tries as often as that.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext
from support.browser import Chat, chromium
from support.gate import Gate, gate

from gateway.service import Service

KILLS = int(os.environ.get("WIDGET_KILLS", "6"))
IN_A_ROW = 15
LAST = 6
WHOLE = " ".join(map(str, range(1, LAST + 1)))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def door(gateway: Service) -> AsyncIterator[Gate]:
    """What the page reaches the gateway by."""
    async with gate(int(gateway.url.rsplit(":", 1)[1])) as door:
        yield door


async def opened(context: BrowserContext, door: Gate) -> Chat:
    chat = Chat(await context.new_page())
    await chat.page.goto(f"http://127.0.0.1:{door.port}/")
    await chat.page.locator("[part=field]").wait_for()
    return chat


async def cut(chat: Chat, door: Gate) -> Chat:
    """Every connection is cut, and for a moment none is let in."""
    door.shut()
    await asyncio.sleep(0.05)
    door.open()
    return chat


async def reload(chat: Chat, _: Gate) -> Chat:
    await chat.page.reload()
    return chat


async def another_tab(chat: Chat, door: Gate) -> Chat:
    """The tab that has the stream is closed; another goes on."""
    other = await opened(chat.page.context, door)
    await chat.page.close()
    return other


KINDS = (cut, reload, another_tab)
"""Which comes next is not by chance: each has its share."""


async def survive(chat: Chat, door: Gate, number: int, dice: random.Random) -> Chat:
    """Ask, kill at some moment of the answer, and see that it is whole, here and after a reload."""
    await chat.write(f"count slowly to {LAST}")
    await chat.page.locator("[data-role=user][data-turn]").nth(number - 1).wait_for()
    await asyncio.sleep(dice.uniform(0, 0.5))
    chat = await KINDS[number % len(KINDS)](chat, door)
    assert await chat.wait(number) == WHOLE
    await chat.page.reload()
    await chat.wait(number)
    assert await chat.texts() == [WHOLE] * number
    assert len(await chat.texts("user")) == number
    return chat


async def test_random_kills(browser: Browser, door: Gate) -> None:
    dice = random.Random(7)
    for first in range(0, KILLS, IN_A_ROW):
        context = await browser.new_context(locale="en-GB")
        chat = await opened(context, door)
        for number in range(1, min(IN_A_ROW, KILLS - first) + 1):
            chat = await survive(chat, door, number, dice)
        await context.close()
