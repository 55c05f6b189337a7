"""What the ClickAI sandbox does on request beside its words."""

import json

import pytest

from gateway.sandbox.clickai_manner import Manner, heard


@pytest.mark.parametrize(
    ("query", "bare", "manner"),
    [
        ("count to 3", "count to 3", Manner()),
        ("count to 3 aloud!", "count to 3", Manner(aloud=True)),
        ("file, with a picture", "file", Manner(picture=True)),
        ("who are you, with sources", "who are you", Manner(sources=True)),
        ("x Aloud in the old order", "x", Manner(aloud=True, old_order=True)),
        ("namelessly", "hello", Manner(nameless=True)),
        ("read aloud what I say", "read aloud what I say", Manner()),
        ("", "", Manner()),
    ],
)
def test_what_is_said_beside_a_question(query, bare, manner):
    assert heard(query) == (bare, manner)


async def events(sandbox, query, key, path="/chat-messages", **inputs):
    body = {"inputs": inputs, "query": query, "user": "u1", "response_mode": "streaming"}
    async with sandbox.post(path, body, key) as response:
        lines = (await response.text()).split("\n\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


@pytest.mark.parametrize(
    ("query", "last"),
    [
        ("count to 2", ["message_end", "workflow_finished"]),
        ("count to 2 in the old order", ["workflow_finished", "message_end"]),
        ("fail in the old order", ["workflow_finished", "error"]),
    ],
)
async def test_the_order_of_a_chatflow_s_end(sandbox, query, last):
    told = await events(sandbox, query, "app-chatflow")
    assert [event["event"] for event in told][-2:] == last


async def test_speech_comes_behind_the_end(sandbox):
    told = [event["event"] for event in await events(sandbox, "count to 2 aloud", "app-chat")]
    assert told[-5:] == ["message_end", *["tts_message"] * 3, "tts_message_end"]


async def test_a_picture_has_a_new_link_each_time(sandbox):
    told = await events(sandbox, "count to 2 with a picture", "app-chat")
    first, second = told[-2], told[-1]["files"][0]
    assert first["id"] == second["related_id"]
    assert first["url"] != second["url"]


async def test_a_failure_without_a_name(sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.clickai_speaking.SILENCE", 0.0)
    told = await events(sandbox, "count to 2 namelessly", "app-chatflow")
    assert told == [{"event": "error", "message": "", "status": 500}]


@pytest.mark.parametrize(("key", "value"), [("app-reader", {}), ("app-looker", [])])
async def test_files_where_a_variable_takes_none_like_it(sandbox, key, value):
    path = "/workflows/run" if key == "app-reader" else "/completion-messages"
    inputs = {"input_text": "x", "text": "x", "documents": value, "picture": value}
    async with sandbox.post(path, {"inputs": inputs, "user": "u1"}, key) as response:
        assert (response.status, (await response.json())["code"]) == (400, "invalid_param")
