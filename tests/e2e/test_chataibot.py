"""A bot that answers by webhook, from the widget and back."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.servers import eventually, free_port, loaded, running, web_config
from support.widget import Widget

from gateway.sandbox.answers import Answers
from gateway.sandbox.chataibot import ChatAIBot
from gateway.sandbox.chataibot_files import MADE
from gateway.sandbox.server import serving

SECRET = "a-webhook-secret-of-a-test"

Start = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
async def start(redis_url: str, folder: Path) -> AsyncIterator[Start]:
    """Starts a gateway in front of one ChatAIBot, whose events go to the latest; its URL."""
    api = ChatAIBot(Answers("# X\n").answer, webhook_token=SECRET)
    async with serving(api.application(), "127.0.0.1", 0) as port:

        @contextlib.asynccontextmanager
        async def start(**options: Any) -> AsyncIterator[str]:
            address = {"port": (own := free_port()), "public_url": f"http://127.0.0.1:{own}"}
            config = web_config("http://127.0.0.1:1/v1", redis_url, server=address)
            config["bots"]["bot"] = {
                "kind": "chataibot",
                "base_url": f"http://127.0.0.1:{port}",
                "token": "t-1",
                "bot_key": "b-1",
                "webhook_secret": SECRET,
                **options,
            }
            async with running(loaded(folder, config)) as gateway:
                api.webhook_url = f"{gateway.url}/hooks/chataibot/bot"
                yield gateway.url

        yield start


@contextlib.asynccontextmanager
async def visiting(http: aiohttp.ClientSession, url: str, token: str = "") -> AsyncIterator[Widget]:
    """A visitor who reads; with ``token`` one who was here before."""
    widget = Widget(http, url)
    widget.token = token
    await widget.open(lang="en")
    widget.read()
    try:
        yield widget
    finally:
        await widget.leave()


@pytest.fixture
async def widget(start: Start, http: aiohttp.ClientSession) -> AsyncIterator[Widget]:
    async with start() as url, visiting(http, url) as widget:
        yield widget


async def answers(widget: Widget, count: int) -> list[str]:
    await eventually(lambda: len(widget.ends) >= count)
    return [end["text"] for end in widget.ends.values()]


async def send_photo(widget: Widget) -> None:
    form = aiohttp.FormData()
    form.add_field("token", widget.token)
    form.add_field("file", b"\x89PNG\r\n\x1a\n", filename="photo.png", content_type="image/png")
    headers = {"Origin": widget._origin}
    async with widget._http.post(f"{widget._base}/files", data=form, headers=headers) as response:
        assert response.status == 201, await response.text()
        path = (await response.json())["url"]
    message = {"id": str(uuid.uuid4()), "text": "", "files": [path]}
    assert (await widget.post("messages", **message))[0] == 202


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


async def test_a_button_outlives_the_gateway(start: Start, http: aiohttp.ClientSession) -> None:
    async with start() as url, visiting(http, url) as widget:
        await widget.say("buttons")
        await answers(widget, 1)
    async with start() as url, visiting(http, url, widget.token) as widget:
        await widget.say("Prices")
        assert (await answers(widget, 1))[-1] == "You have chosen Prices, which is k-prices."


async def test_files_go_both_ways(widget: Widget) -> None:
    await widget.say("file")
    await answers(widget, 1)
    (end,) = widget.ends.values()
    (file,) = end["files"]
    async with widget._http.get(widget._origin + file["url"]) as response:
        assert await response.read() == MADE
    await send_photo(widget)
    assert (await answers(widget, 2))[1] == "I have received photo.png (8 bytes)."


async def test_who_hears_nothing_is_told_so(start: Start, http: aiohttp.ClientSession) -> None:
    async with start(quiet_time=0.2) as url, visiting(http, url) as widget:
        await widget.say("silent")
        await eventually(lambda: [data for kind, data in widget.events if kind == "notice"])
        (notice,) = [data["text"] for kind, data in widget.events if kind == "notice"]
        assert notice == "No answer has come yet. You will see it here as soon as it does."
        assert len(await answers(widget, 1)) == 1
