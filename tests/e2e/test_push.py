"""A bot that answers later, by itself: from its webhook to the widget."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.adapters import ScriptedBot
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

import gateway.service
from gateway.for_bots import TYPING_SECONDS
from gateway.model import Ask, Awaiting, Reference, ReplyEvent, TextDelta


class LaterBot(ScriptedBot):
    """Takes a message, and answers when the test says so."""

    gateway: Any

    async def start(self, gateway: Any) -> None:
        self.gateway = gateway
        self.script = self.take

    async def take(self, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        yield Reference(conversation="c-1", aliases=("c-1",))
        yield Awaiting()

    async def speak(self, name: str, *words: str) -> bool:
        known: bool = await self.gateway.push(self, "c-1", name, [TextDelta(w) for w in words])
        return known


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> LaterBot:
    """The bot of every gateway that starts."""
    bot, build = LaterBot(), gateway.service.adapters

    def with_the_bot(kind: str, name: str, configured: Any) -> dict[str, Any]:
        return {"bot": bot} if kind == "bots" else build(kind, name, configured)

    monkeypatch.setattr("gateway.service.adapters", with_the_bot)
    return bot


@pytest.fixture
async def widget(
    bot: LaterBot, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> AsyncIterator[Widget]:
    """One that is open, in front of it."""
    async with running(loaded(folder, web_config("http://127.0.0.1:1/v1", redis_url))) as service:
        widget = Widget(http, service.url)
        await widget.open()
        widget.read()
        yield widget
        await widget.leave()


async def test_pushes_reach_the_widget_once_and_in_order(widget: Widget, bot: LaterBot) -> None:
    assert not await bot.speak("early", "nobody knows me yet")
    await widget.say("hello")
    while not await bot.speak("m-1", "one ", "moment"):
        pass
    assert await bot.speak("m-1", "one ", "moment")
    assert await bot.speak("m-2", "here I am")
    assert (await widget.end("2"))["text"] == "one moment"
    assert (await widget.end("3"))["text"] == "here I am"
    assert [data["turn"] for kind, data in widget.events if kind == "start"] == ["2", "3"]
    assert [m["text"] for m in await widget.bots()] == ["one moment", "here I am"]


async def test_that_an_agent_writes_is_shown_and_ends(widget: Widget, bot: LaterBot) -> None:
    await widget.connected.wait()
    assert not await bot.gateway.typing(bot, "c-1", on=True)
    await widget.say("hello")
    await eventually(partial(bot.gateway.typing, bot, "c-1", on=True))
    assert await bot.gateway.typing(bot, "c-1", on=False)
    shown = partial(_typing, widget)
    await eventually(lambda: shown()[-1:] and not shown()[-1]["on"])
    now = time.time()
    assert shown()[0]["on"] is True
    assert now - 60 < shown()[-1]["until"] <= now < shown()[0]["until"] <= now + TYPING_SECONDS
    # It is beside the answers: nothing of it is read again.
    assert (await widget.open())["history"][-1]["kind"] == "user"


def _typing(widget: Widget) -> list[dict[str, Any]]:
    return [data for kind, data in widget.events if kind == "typing"]
