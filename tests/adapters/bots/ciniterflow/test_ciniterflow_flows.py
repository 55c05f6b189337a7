"""What the bot finds out about its flow before it asks."""

import asyncio
import json

import pytest
from ciniterflow_events import (
    JSON,
    MISCONFIGURED,
    text_of,
)
from support.servers import eventually

from adapters.bots.ciniterflow import facts as facts_module
from gateway.model import (
    Failure,
    Introduction,
)
from gateway.ports import CanIntroduce
from gateway.sandbox import ciniterflow_flows as flows


async def test_the_introduction(upstream, bot):
    assert isinstance(bot, CanIntroduce)
    first, second = await asyncio.gather(bot.introduce(), bot.introduce())
    assert first == Introduction("W", ("Hi?",))
    assert second is first
    assert len(upstream.inquiries) == 2


async def test_what_is_known_of_the_flow_is_asked_for_again(
    upstream, capture, bot, monkeypatch, answer_of
):
    monkeypatch.setattr(facts_module, "_KEPT", 0.0)
    upstream.replies = [capture("09_"), capture("09_")]
    await answer_of(bot)
    await answer_of(bot)
    assert len(upstream.inquiries) == 4


@pytest.mark.parametrize("name", ["85_", "17_", "89_"])
async def test_no_introduction_when_it_cannot_be_had(upstream, capture, bot, name):
    upstream.facts["public-chatbotConfig"] = capture(name)
    assert await bot.introduce() == Introduction()


async def test_an_unknown_flow_is_not_waited_for(upstream, capture, bot, answer_of):
    upstream.facts["chatflows-streaming"] = capture("85_")
    *_, failed = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (MISCONFIGURED, None)
    assert upstream.requests == []


async def test_a_server_that_will_not_describe_its_flow_is_asked_all_the_same(
    upstream, reply, capture, bot, answer_of
):
    for about in upstream.facts:
        upstream.facts[about] = reply(b"<h1>No</h1>", 404, {"Content-Type": "text/html"})
    upstream.replies = [capture("09_")]
    assert text_of(await answer_of(bot)) == "Your name is Sarah."
    assert upstream.requests[0].json["streaming"] is True


async def test_a_flow_that_does_not_stream_may_take_its_time(
    upstream, reply, capture, make_bot, answer_of
):
    upstream.facts["chatflows-streaming"] = reply(b'{"isStreaming":false}', headers=JSON)
    limits = {"header_timeout": 0.01, "connect_timeout": 0.2, "idle_timeout": 0.1}
    bot = await make_bot(**limits, content_timeout=0.6)
    upstream.replies = [capture("02_", after=0.3), reply(headerless=True, end="open")]
    assert text_of(await answer_of(bot)) == "You said: My name is Sarah (turn 1)"
    assert upstream.requests[0].json["streaming"] is False
    *_, failed = await answer_of(bot)
    assert failed.failure is Failure.TIMEOUT


async def test_streaming_can_be_switched_off(upstream, capture, make_bot, answer_of):
    upstream.replies = [capture("02_")]
    await answer_of(await make_bot(streaming=False))
    assert upstream.requests[0].json["streaming"] is False
    assert [each.path.split("/")[3] for each in upstream.inquiries] == ["public-chatbotConfig"]


async def test_what_was_known_of_the_flow_outlives_a_hiccup(upstream, capture, bot, monkeypatch):
    monkeypatch.setattr(facts_module, "_KEPT", 0.0)
    before = await bot.introduce()
    upstream.facts["public-chatbotConfig"] = capture("17_")
    assert await bot.introduce() == before == Introduction("W", ("Hi?",))


async def test_an_inquiry_ends_with_the_bot(upstream, reply, bot, make_ask):
    upstream.facts["public-chatbotConfig"] = reply(end="open")

    async def read():
        return [event async for event in bot.answer(make_ask())]

    waiting = asyncio.create_task(read())
    await eventually(lambda: len(upstream.inquiries) == 2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await bot.stop()
    await asyncio.wait_for(upstream.inquiries[1].closed.wait(), 2)


async def test_what_an_operator_is_told(sandbox, start_bot):
    images = "gif, jpeg, png, webp up to 5 MB"
    chat = await (await start_bot(sandbox, flows.CHAT.id)).describe()
    assert chat.abilities == {
        "streams": "yes",
        "images": images,
        "speech": "no",
        "documents": "plain text",
    }
    tools = await (await start_bot(sandbox, flows.TOOLS.id)).describe()
    assert tools.abilities == {
        "streams": "yes",
        "images": images,
        "speech": "mp4, ogg, webm",
        "documents": "csv, json, markdown, pdf, plain",
    }
    form = await (await start_bot(sandbox, flows.FORM.id)).describe()
    assert form.abilities["begins"] == "with a form"
    unknown = "00000000-0000-0000-0000-000000000000"
    assert (await (await start_bot(sandbox, unknown)).describe()).problem


@pytest.mark.parametrize(
    ("allowed", "sizes", "images"),
    [
        (True, [], "no"),
        (True, None, "no"),
        (False, [{"fileTypes": ["image/png"], "maxUploadSize": 5}], "no"),
        (True, [{"fileTypes": ["image/png"]}], "png up to 5 MB"),
        (True, [{"fileTypes": ["image/png"], "maxUploadSize": 0.5}], "png up to 0.5 MB"),
    ],
)
async def test_an_older_server_is_asked_for_its_uploads(
    upstream, reply, bot, allowed, sizes, images
):
    said = {"isImageUploadAllowed": allowed, "imgUploadSizeAndTypes": sizes}
    upstream.facts["public-chatbotConfig"] = reply(b"{}", headers=JSON)
    upstream.facts["chatflows-uploads"] = reply(json.dumps(said).encode(), headers=JSON)
    assert (await bot.describe()).abilities["images"] == images
    assert len(upstream.inquiries) == 3


async def test_a_server_that_does_not_say_what_it_takes(upstream, reply, capture, bot):
    config = b'{"fullFileUpload":{"status":true,"allowedUploadFileTypes":""}}'
    upstream.facts["public-chatbotConfig"] = reply(config, headers=JSON)
    upstream.facts["chatflows-uploads"] = capture("89_")
    assert (await bot.describe()).abilities == {
        "streams": "yes",
        "images": "no",
        "speech": "no",
        "documents": "all",
    }
