"""A bot that answers by webhook, from the widget and back."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from support.servers import eventually, free_port, loaded, running, web_config
from support.widget import Widget

from gateway.sandbox.answers import Answers
from gateway.sandbox.chataibot import ChatAIBot
from gateway.sandbox.server import serving

SECRET = "a-webhook-secret-of-a-test"


@pytest.fixture
async def widget(
    redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> AsyncIterator[Widget]:
    api = ChatAIBot(Answers("# X\n").answer, webhook_token=SECRET)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        config = web_config("http://127.0.0.1:1/v1", redis_url, server={"port": free_port()})
        config["bots"]["bot"] = {
            "kind": "chataibot",
            "base_url": f"http://127.0.0.1:{port}",
            "token": "t-1",
            "bot_key": "b-1",
            "webhook_secret": SECRET,
        }
        async with running(loaded(folder, config)) as gateway:
            api.webhook_url = f"{gateway.url}/hooks/chataibot/bot"
            widget = Widget(http, gateway.url)
            await widget.open()
            widget.read()
            yield widget
            await widget.leave()


async def answers(widget: Widget, count: int) -> list[str]:
    await eventually(lambda: len(widget.ends) >= count)
    return [end["text"] for end in widget.ends.values()]


async def test_what_the_bot_says_comes_by_itself(widget: Widget) -> None:
    await widget.say("My name is Sarah")
    assert "Sarah" in (await answers(widget, 1))[0]
    await widget.say("what is my name?")
    assert "Sarah" in (await answers(widget, 2))[1]
    assert [m["kind"] for m in (await widget.open())["history"]] == ["user", "bot"] * 2


@pytest.mark.parametrize("trick", ["twice", "early", "agent"])
async def test_it_is_said_once_however_it_comes(widget: Widget, trick: str) -> None:
    await widget.say(trick)
    await answers(widget, 1)
    await widget.say("My name is Sarah")
    assert len(await answers(widget, 2)) == len(await widget.bots()) == 2


async def test_a_stranger_s_webhook_is_refused(widget: Widget) -> None:
    url = f"{widget._origin}/hooks/chataibot/bot"
    async with widget._http.post(url, json={"events": []}) as response:
        assert response.status == 401
