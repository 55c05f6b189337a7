"""What an app can do beside answering: suggest, listen, be rated, be listed with others."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from adapters.bots.clickai import reader as reader_module
from adapters.bots.clickai import recordings as recordings_module
from gateway.model import (
    Answered,
    Attachment,
    Done,
    Failed,
    Rating,
    Reference,
    Suggestions,
    TextDelta,
)
from gateway.ports import CanListBots, CanTakeFeedback, CanTranscribe, StoreUnavailable
from gateway.sandbox import texts

JSON = {"Content-Type": "application/json"}
HELLO = '{"event":"message","answer":"Hello","message_id":"m1"}'
END = '{"event":"message_end"}'
ON = b'{"suggested_questions_after_answer":{"enabled":true},"speech_to_text":{"enabled":true}}'


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


async def test_questions_to_ask_next(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-chat", suggestions=True)
    events = await answer_of(bot, "count to 2")
    assert events[-2:] == [Suggestions(texts.FOLLOW_UPS), Done()]


@pytest.mark.parametrize(
    ("key", "query", "suggestions"),
    [
        ("app-chat", "count to 2", False),
        ("app-chatflow", "count to 2", True),
        ("app-completion", "count to 2", True),
        ("app-chat", "fail midway", True),
    ],
)
async def test_no_questions(sandbox, make_bot, answer_of, key, query, suggestions):
    bot = await make_bot(base_url=sandbox, api_key=key, mode="auto", suggestions=suggestions)
    events = await answer_of(bot, query)
    assert isinstance(events[-1], Done | Failed)
    assert not any(isinstance(event, Suggestions) for event in events)


@pytest.mark.parametrize("status", [400, 500])
async def test_questions_that_cannot_be_had_are_passed_over(
    upstream, reply, make_bot, answer_of, status
):
    bot = await make_bot(suggestions=True)
    parameters = reply(ON, headers=JSON)
    upstream.replies = [reply(sse(HELLO, END)), parameters, reply(status=status)]
    with capture_logs() as logs:
        assert (await answer_of(bot))[1:] == [TextDelta("Hello"), Done()]
    assert [log["event"] for log in logs] == ["clickai.suggestions_failed"]
    assert upstream.requests[2].path == "/v1/messages/m1/suggested?user=u1"


async def test_questions_are_not_waited_for_long(upstream, reply, make_bot, answer_of, monkeypatch):
    monkeypatch.setattr(reader_module, "_SUGGESTING", 0.1)
    bot = await make_bot(suggestions=True)
    silent = reply(headerless=True, end="open")
    upstream.replies = [reply(sse(HELLO, END)), reply(ON, headers=JSON), silent]
    assert (await answer_of(bot))[-1] == Done()


@pytest.fixture
def answered(sandbox, make_bot, answer_of):
    """A bot, and an answer it gave."""

    async def answered(key="app-chat"):
        bot = await make_bot(base_url=sandbox, api_key=key)
        events = await answer_of(bot, "count to 2")
        (reference,) = [event for event in events if isinstance(event, Reference)]
        named = (reference.conversation, reference.answer)
        return bot, Answered("helper", bot.identity, "u1", *named)

    return answered


async def test_what_a_person_thinks(answered, sandbox, http):
    bot, given = await answered()
    assert isinstance(bot, CanTakeFeedback)

    async def rated():
        query = f"conversation_id={given.conversation}&user=u1"
        headers = {"Authorization": "Bearer app-chat"}
        async with http.get(f"{sandbox}/messages?{query}", headers=headers) as response:
            return (await response.json())["data"][0]["feedback"]

    assert await bot.take_feedback(given, Rating.LIKE, "good")
    assert await rated() == {"rating": "like"}
    assert await bot.take_feedback(given, Rating.DISLIKE, "")
    assert await rated() == {"rating": "dislike"}
    for _ in range(2):
        assert await bot.take_feedback(given, Rating.NONE, "")
        assert await rated() is None


async def test_a_rating_that_is_not_taken(answered, make_bot, unused_tcp_port):
    bot, given = await answered()
    unknown = Answered("helper", bot.identity, "someone else", given.conversation, given.answer)
    with capture_logs() as logs:
        assert not await bot.take_feedback(unknown, Rating.LIKE, "my secret words")
        away = await make_bot(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
        assert not await away.take_feedback(given, Rating.NONE, "my secret words")
    assert [log["event"] for log in logs] == ["clickai.feedback_failed"] * 2
    assert "secret" not in str(logs)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.mp3", "audio/mpeg"),
        ("voice", "audio/webm;codecs=opus"),
        ("", "audio/mp4"),
        ("a.wav", "audio/x-wav"),
        ("a.amr", ""),
    ],
)
async def test_a_recording_is_turned_into_text(sandbox, make_bot, handed, name, media_type):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    assert isinstance(bot, CanTranscribe)
    audio = await handed.keep(name, media_type, b"RIFF")
    assert await bot.transcribe(audio, "u1") == "mock transcript of 4 bytes"


async def test_what_a_recording_is_called(upstream, reply, bot, handed):
    upstream.replies = [reply(ON, headers=JSON), reply(b'{"text":" Hi. "}', headers=JSON)]
    assert await bot.transcribe(await handed.keep("a.bin", "audio/mpeg", b"ID3"), "u1") == "Hi."
    sent = upstream.requests[1].body
    assert b'filename="a.mp3"' in sent
    assert b"Content-Type: audio/mp3" in sent


async def test_recordings_that_cannot_be_heard(sandbox, make_bot, handed, monkeypatch):
    bot = await make_bot(base_url=sandbox, api_key="app-chat")
    deaf = await make_bot(base_url=sandbox, api_key="app-chatflow")
    audio = await handed.keep("a.mp3", "audio/mpeg", b"ID3!")
    assert await deaf.transcribe(audio, "u1") == ""
    assert await bot.transcribe(await handed.keep("a.txt", "text/plain", b"hello"), "u1") == ""
    assert await bot.transcribe(Attachment("a.mp3", "audio/mpeg", "blob:gone", 3), "u1") == ""
    monkeypatch.setattr(recordings_module, "_LARGEST", 3)
    assert await bot.transcribe(audio, "u1") == ""

    async def away(_):
        raise StoreUnavailable

    monkeypatch.setattr(handed, "read", away)
    assert await bot.transcribe(audio, "u1") == ""


async def test_other_apps_are_listed(sandbox, make_bot):
    assert not isinstance(await make_bot(base_url=sandbox), CanListBots)
    studio = {"studio_url": sandbox.removesuffix("/v1"), "workspace_id": "w1"}
    bot = await make_bot(base_url=sandbox, studio_token="t", **studio)
    assert isinstance(bot, CanListBots)
    (agent,) = [each async for each in bot.list_bots("agent-chat")]
    assert (agent.id, agent.name, agent.mode) == ("app-agent", "app-agent", "agent-chat")
    assert len([each async for each in bot.list_bots("")]) > 5
    refused = await make_bot(base_url=sandbox, studio_token="bad-token", **studio)
    with pytest.raises(ValueError, match=r"studio_token.*401") as why:
        _ = [each async for each in refused.list_bots("")]
    assert "bad-token" not in str(why.value)


@pytest.mark.parametrize("total", [3, None])
async def test_a_studio_that_knows_no_pages(upstream, reply, make_bot, total):
    rows = [{"id": str(n), "name": "x", "mode": "chat"} for n in range(3)]
    body = json.dumps({"data": rows, "page_size": 3, "total": total}).encode()
    keys = {"studio_token": "t", "workspace_id": "w"}
    bot = await make_bot(studio_url=upstream.url.removesuffix("/v1"), **keys)
    upstream.replies = [reply(body, headers=JSON) for _ in range(2)]
    async with asyncio.timeout(10):
        assert [each.id async for each in bot.list_bots("")] == ["0", "1", "2"]
    assert len(upstream.requests) == (1 if total else 2)


async def test_an_answer_that_fails_without_a_name_or_a_reason(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-chatflow")
    (failed,) = await answer_of(bot, "count to 2 namelessly")
    assert (failed.detail, failed.retry_after) == ("500", 1.0)


async def test_a_chatflow_that_fails_in_the_old_order(sandbox, make_bot, answer_of):
    bot = await make_bot(base_url=sandbox, api_key="app-chatflow")
    events = await answer_of(bot, "fail midway in the old order")
    assert [event for event in events if isinstance(event, Failed)] == [events[-1]]
