"""kill -9: whatever was accepted is answered, once, in order."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from support.embedded import embedded
from support.servers import Process, end_embedded, eventually, free_port, web_config
from support.widget import Widget

from gateway.texts import Texts

KILLS = 50
MESSAGES = 200
VISITORS = 10
BROKE_OFF = Texts().get("en", "failed.interrupted")


@pytest.fixture
async def process(sandbox: str, folder: Path) -> AsyncIterator[Process]:
    """A gateway with its embedded server, as a process."""
    async with embedded(folder, web_config(sandbox)) as process:
        yield process


async def test_a_killed_answer_keeps_what_was_shown_and_says_so(
    process: Process, http: aiohttp.ClientSession
) -> None:
    widget = Widget(http, process.url)
    await widget.open()
    widget.read()
    await widget.say("count slowly to 5")
    await eventually(lambda: widget.texts.get("1"))
    process.kill()
    with contextlib.suppress(aiohttp.ClientError):
        await widget.leave()
    await process.start()
    widget.read()
    end = await widget.end("1")
    assert end["text"] == widget.texts["1"]
    assert "1 2 3 4 5".startswith(end["text"])
    assert (end["state"], end["notices"]) == ("failed", [BROKE_OFF])
    await widget.leave()
    assert len(await widget.bots()) == 1


async def test_a_gateway_that_was_frozen_goes_on(
    sandbox: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox)
    config["bots"]["bot"] |= {"idle_timeout": 2, "content_timeout": 2}
    process = Process(folder, config, free_port())
    await process.start()
    try:
        widget = Widget(http, process.url)
        await widget.open()
        widget.read()
        await widget.say("count slowly to 5")
        await eventually(lambda: widget.texts.get("1"))
        await process.freeze(4)
        end = await widget.end("1")
        assert (end["text"].strip(), end["state"]) == ("1 2 3 4 5", "done")
        await widget.leave()
    finally:
        process.terminate()
        end_embedded(folder / "data")


async def persist(widget: Widget, message: str, text: str) -> None:
    """Send until it is taken, as a widget does."""
    while True:
        with contextlib.suppress(aiohttp.ClientError):
            status, _ = await widget.post("messages", id=message, text=text)
            if status == 202:
                return
        await asyncio.sleep(0.05)


async def test_random_kills_lose_nothing_and_double_nothing(
    process: Process, http: aiohttp.ClientSession
) -> None:
    dice = random.Random(7)
    widgets = [Widget(http, process.url) for _ in range(VISITORS)]
    for widget in widgets:
        await widget.open()

    async def talk(number: int, widget: Widget) -> None:
        for n in range(MESSAGES // VISITORS):
            await persist(widget, f"message-{number}-{n}", f"My name is N{number}x{n}")
            await asyncio.sleep(dice.uniform(0, 2))

    talking = [asyncio.create_task(talk(n, widget)) for n, widget in enumerate(widgets)]
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0, 0.4))
        process.kill()
        await process.start()
    await asyncio.gather(*talking)

    for number, widget in enumerate(widgets):

        async def settled(widget: Widget = widget) -> bool:
            _, body = await widget.post("history")
            return not body["waiting"]

        await eventually(settled, 60)
        _, body = await widget.post("history")
        asked = [m for m in body["history"] if m["kind"] == "user"]
        answered = [m for m in body["history"] if m["kind"] == "bot"]
        expected = [f"My name is N{number}x{n}" for n in range(MESSAGES // VISITORS)]
        assert [m["text"] for m in asked] == expected
        assert [m["turn"] for m in answered] == [m["turn"] for m in asked]
        for question, answer in zip(asked, answered, strict=True):
            whole = f"Nice to meet you, {question['text'].split()[-1]}. I will remember your name."
            if answer["state"] == "failed":
                assert answer["notices"] == [BROKE_OFF]
                assert whole.startswith(answer["text"])
            else:
                assert answer["text"] == whole


async def test_a_gateway_told_to_stop_finishes_what_it_is_saying(
    process: Process, http: aiohttp.ClientSession
) -> None:
    widget = Widget(http, process.url)
    await widget.open()
    widget.read()
    await widget.say("count slowly to 5")
    await eventually(lambda: widget.texts.get("1"))
    assert await asyncio.to_thread(process.terminate) == 0
    assert widget.ends["1"]["text"] == "1 2 3 4 5"
    assert widget.events[-1][0] == "bye"
    assert "Traceback" not in process.log
    await widget.leave()


async def test_what_does_not_finish_in_time_is_ended_after_the_restart(
    process: Process, http: aiohttp.ClientSession
) -> None:
    widget = Widget(http, process.url)
    await widget.open()
    await widget.say("count slowly to 25")
    await asyncio.sleep(0.2)
    assert await asyncio.to_thread(process.terminate) == 0
    await process.start()
    (answer,) = await eventually(widget.bots, 20)
    assert answer["text"].startswith("1 ")
    assert answer["notices"] == [BROKE_OFF]


async def test_the_embedded_server_is_started_again_when_it_dies(
    process: Process, http: aiohttp.ClientSession, folder: Path
) -> None:
    widget = Widget(http, process.url)
    await widget.open()
    widget.read()
    await widget.ask("My name is Sarah")
    end_embedded(folder / "data")

    async def ready() -> bool:
        async with http.get(f"{process.url}/readyz") as response:
            return response.status == 200

    await eventually(ready, 20)
    await persist(widget, "after-the-fall", "what is my name?")
    assert "Sarah" in (await widget.end("2"))["text"]
    await widget.leave()
