"""Text generators, workflows, agents: what differs from a chatbot, against recorded answers."""

import json

import pytest

from adapters.bots.clickai import app as app_module
from adapters.bots.clickai import wire
from adapters.bots.clickai.kinds import CHAT, COMPLETION, WORKFLOW, Ends, ends
from gateway.model import (
    Done,
    Failed,
    Failure,
    Reference,
    Status,
    TextDelta,
    TextReplace,
    ToolUse,
    Usage,
)
from gateway.ports import CanDescribe, Description

JSON = {"Content-Type": "application/json"}
END = '{"event":"message_end"}'
HELLO = '{"event":"message","answer":"Hello"}'


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


def finished(status="succeeded", **outputs):
    data = {"status": status, "outputs": outputs}
    return json.dumps({"event": "workflow_finished", "data": data})


def text_of(events):
    text = ""
    for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, TextReplace):
            text = event.text
    return text


@pytest.mark.parametrize(
    ("kind", "event", "end"),
    [
        (CHAT, wire.MessageEnd(), Ends.ANSWER),
        (CHAT, wire.WorkflowFinished(data=wire.Run("succeeded")), Ends.TEXT),
        (CHAT, wire.WorkflowFinished(data=wire.Run("failed")), Ends.ANSWER),
        (COMPLETION, wire.MessageEnd(), Ends.ANSWER),
        (WORKFLOW, wire.WorkflowFinished(data=wire.Run("succeeded")), Ends.ANSWER),
        (WORKFLOW, wire.WorkflowFinished(), Ends.ANSWER),
        (WORKFLOW, wire.MessageEnd(), None),
        (COMPLETION, wire.Message(), None),
        *((kind, wire.Error(), Ends.ANSWER) for kind in (CHAT, COMPLETION, WORKFLOW)),
        *((kind, wire.WorkflowPaused(), Ends.ANSWER) for kind in (CHAT, COMPLETION, WORKFLOW)),
    ],
)
def test_what_ends_an_answer(kind, event, end):
    assert ends(kind, event) is end


@pytest.mark.parametrize("piece", [13, 1 << 20])
@pytest.mark.parametrize("name", ["29_", "30_"])
async def test_a_text_generator(upstream, capture, make_bot, answer_of, name, piece):
    mode = "blocking" if name == "30_" else "streaming"
    bot = await make_bot(mode="completion", text_input="text", response_mode=mode)
    upstream.replies = [capture(name, piece=piece)]
    events = await answer_of(bot, "hello")
    assert text_of(events) == "You said: Do: hello\n (turn 1)"
    assert isinstance(events[0], Reference)
    assert (events[0].conversation, bool(events[0].answer)) == (None, True)
    assert events[-2:] == [Usage(2, 6, "0.0000030", "USD"), Done()]
    (request,) = upstream.requests
    assert (request.method, request.path) == ("POST", "/v1/completion-messages")
    body = {"inputs": {"text": "hello"}, "response_mode": mode, "user": "u1"}
    assert request.json == body


@pytest.mark.parametrize(
    ("name", "mode", "text", "last"),
    [
        ("40_", "streaming", "tok0 tok1 tok2 tok3 tok4", Done()),
        ("41_", "blocking", "tok0 tok1 tok2 tok3 tok4", Done()),
        ("44_", "streaming", "", Failed(Failure.UNAVAILABLE, "the workflow failed")),
        ("45_", "blocking", "", Failed(Failure.UNAVAILABLE, "the workflow failed")),
        ("77_", "streaming", "".join(f"tok{n} " for n in range(13)), Done()),
    ],
)
async def test_a_workflow(upstream, capture, make_bot, answer_of, name, mode, text, last):
    bot = await make_bot(mode="workflow", text_input="input_text", response_mode=mode)
    upstream.replies = [capture(name)]
    events = await answer_of(bot, "hello")
    assert (text_of(events), events[-1]) == (text, last)
    assert isinstance(events[0], Reference)
    assert events[0].task
    assert events[0].answer
    (request,) = upstream.requests
    assert request.path == "/v1/workflows/run"
    body = {"inputs": {"input_text": "hello"}, "response_mode": mode, "user": "u1"}
    assert request.json == body


async def test_a_workflow_that_cannot_begin_is_silent(upstream, capture, make_bot, answer_of):
    bot = await make_bot(mode="workflow", text_input="x", idle_timeout=0.2)
    upstream.replies = [capture("42_", end="open")]
    assert await answer_of(bot) == [Failed(Failure.TIMEOUT, "no byte for 0.2 s")]


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"result": "All of it"}, "All of it"),
        ({"title": "A", "body": "B"}, "title: A\nbody: B"),
        ({"count": 3}, "count: 3"),
        ({"list": ["é", 1], "none": None, "empty": []}, 'list: ["é",1]'),
        ({"picture": {"dify_model_identity": "__dify__file__"}, "text": "x"}, "x"),
        ({"pictures": [{"dify_model_identity": "__dify__file__"}], "text": "x"}, "x"),
    ],
)
async def test_a_workflow_s_outputs(upstream, reply, make_bot, answer_of, outputs, text):
    bot = await make_bot(mode="workflow", text_input="x")
    upstream.replies = [reply(sse(finished(**outputs)))]
    assert await answer_of(bot) == [TextDelta(text), Done()]


async def test_streamed_text_is_not_repeated_from_the_outputs(upstream, reply, make_bot, answer_of):
    bot = await make_bot(mode="workflow", text_input="x")
    chunk = '{"event":"text_chunk","data":{"text":"%s"}}'
    replaced = '{"event":"text_replace","data":{"text":"Blocked"}}'
    upstream.replies = [
        reply(sse(chunk % "He", chunk % "llo", chunk % "", finished(result="Hello"))),
        reply(sse(chunk % "Bad", replaced, finished(result="Bad"))),
        reply(sse(finished())),
    ]
    assert await answer_of(bot) == [TextDelta("He"), TextDelta("llo"), Done()]
    assert await answer_of(bot) == [TextDelta("Bad"), TextReplace("Blocked"), Done()]
    assert await answer_of(bot) == [Failed(Failure.EMPTY)]


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        ("chat", "/v1/chat-messages/t1/stop"),
        ("completion", "/v1/completion-messages/t1/stop"),
        ("workflow", "/v1/workflows/tasks/t1/stop"),
    ],
)
async def test_each_kind_is_stopped_in_its_own_way(upstream, reply, make_bot, make_ask, mode, path):
    bot = await make_bot(mode=mode)
    upstream.replies = [reply(b'{"result":"success"}', headers=JSON)]
    await bot.stop_answer(make_ask(), Reference(task="t1"))
    assert upstream.requests[0].path == path


def info(reply, mode):
    return reply(json.dumps({"name": "x", "mode": mode}).encode(), headers=JSON)


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        ("chat", "/v1/chat-messages"),
        ("agent-chat", "/v1/chat-messages"),
        ("advanced-chat", "/v1/chat-messages"),
        ("of-the-future", "/v1/chat-messages"),
        (None, "/v1/chat-messages"),
        ("completion", "/v1/completion-messages"),
        ("workflow", "/v1/workflows/run"),
    ],
)
async def test_the_kind_is_asked_for_once(upstream, reply, make_bot, answer_of, mode, path):
    bot = await make_bot(mode="auto", text_input="x")
    upstream.replies = [info(reply, mode), *(reply(sse(HELLO, END)) for _ in range(2))]
    await answer_of(bot)
    await answer_of(bot)
    assert [request.path for request in upstream.requests] == ["/v1/info", path, path]


async def test_a_server_that_does_not_say_is_taken_for_a_chat(
    upstream, capture, make_bot, answer_of
):
    bot = await make_bot(mode="auto")
    upstream.replies = [capture("69_"), capture("01_")]
    assert (await answer_of(bot))[-1] == Done()


async def test_the_kind_is_asked_for_again_after_a_failure(
    upstream, reply, capture, make_bot, answer_of, monkeypatch
):
    monkeypatch.setattr("adapters.bots.clickai.kept._FAILURE_KEPT", 0.0)
    bot = await make_bot(mode="auto")
    upstream.replies = [reply(status=503), info(reply, "chat"), capture("01_")]
    assert await answer_of(bot) == [Failed(Failure.UNAVAILABLE, "503", 1.0)]
    assert (await answer_of(bot))[-1] == Done()


async def test_a_failure_is_shared_by_all_who_wait(upstream, reply, make_bot, answer_of):
    bot = await make_bot(mode="auto")
    upstream.replies = [reply(status=503)]
    first, second = await answer_of(bot), await answer_of(bot)
    assert first == second == [Failed(Failure.UNAVAILABLE, "503", 1.0)]
    assert len(upstream.requests) == 1


async def test_the_app_s_own_form_says_where_the_text_goes(
    upstream, reply, capture, make_bot, answer_of
):
    bot = await make_bot(mode="workflow", inputs={"tone": "dry"})
    form = [
        {"text-input": {"variable": "tone", "required": True}},
        {"select": {"variable": "size", "required": True, "options": ["s"]}},
        {"text-input": {"variable": "extra", "required": False}},
        {"paragraph": {"variable": "story", "required": True}},
    ]
    parameters = json.dumps({"user_input_form": form}).encode()
    upstream.replies = [reply(parameters, headers=JSON), capture("40_"), capture("40_")]
    await answer_of(bot, "once")
    await answer_of(bot, "twice")
    paths = ["/v1/parameters", "/v1/workflows/run", "/v1/workflows/run"]
    assert [request.path for request in upstream.requests] == paths
    assert upstream.requests[2].json["inputs"] == {"tone": "dry", "story": "twice"}


async def test_what_stands_for_the_message_in_the_inputs(upstream, capture, make_bot, make_ask):
    inputs = {"say": "({locale}) {text}", "who": "{user}", "level": 3, "odd": "{other} {}"}
    bot = await make_bot(mode="workflow", inputs=inputs)
    upstream.replies = [capture("40_")]
    ask = make_ask("What is {user}?")
    events = [event async for event in bot.answer(type(ask)(**{**fields(ask), "locale": "vi"}))]
    assert events[-1] == Done()
    sent = upstream.requests[0].json["inputs"]
    told = {"say": "(vi) What is {user}?", "who": "u1", "level": 3, "odd": "{other} {}"}
    assert sent == told


def fields(ask):
    return {name: getattr(ask, name) for name in ask.__struct_fields__}


async def test_whole_answers(upstream, capture, make_bot, answer_of):
    bot = await make_bot(response_mode="blocking")
    upstream.replies = [capture("02_"), capture("32_"), capture("48_")]
    assert text_of(await answer_of(bot)) == "Your name is Sarah."
    assert text_of(await answer_of(bot)) == "Your name is Sarah. [lang=en]"
    assert text_of(await answer_of(bot)) == "INPUT BLOCKED"
    assert upstream.requests[0].json["response_mode"] == "blocking"


@pytest.mark.parametrize(
    ("name", "failure", "hint"),
    [
        ("27_", Failure.MISCONFIGURED, "(set response_mode: streaming)"),
        ("156_", Failure.MISCONFIGURED, "if the app asks people to fill in forms"),
        ("18_", Failure.MISCONFIGURED, "name it in text_input"),
        ("43_", Failure.MISCONFIGURED, "give it under inputs"),
        ("37_", Failure.UNAVAILABLE, "Run failed"),
        ("39_", Failure.MISCONFIGURED, "publish it"),
        ("46_", Failure.MISCONFIGURED, "not_workflow_app"),
        ("34_", Failure.MISCONFIGURED, "404 not_found"),
    ],
)
async def test_whole_failures(upstream, capture, make_bot, answer_of, name, failure, hint):
    bot = await make_bot(response_mode="blocking")
    upstream.replies = [capture(name)]
    (failed,) = await answer_of(bot)
    assert failed.failure is failure
    assert hint in failed.detail


@pytest.mark.parametrize("headerless", [True, False])
async def test_a_whole_answer_has_its_own_limit(upstream, reply, make_bot, answer_of, headerless):
    bot = await make_bot(response_mode="blocking", blocking_timeout=0.3, idle_timeout=0.05)
    begun = b"" if headerless else b'{"ans'
    upstream.replies = [reply(begun, headers=JSON, end="open", headerless=headerless)]
    (failed,) = await answer_of(bot)
    assert failed.failure is Failure.TIMEOUT
    assert "no whole answer within 0.3 s (blocking_timeout)" in failed.detail
    assert failed.retry_after is None


async def test_the_vendor_s_own_example_of_a_whole_answer(upstream, reply, make_bot, answer_of):
    bot = await make_bot(response_mode="blocking")
    body = (
        b'{"id":"msg-abc456","conversation_id":"conv-xyz789","answer":"Hi","created_at":1705395332,'
        b'"metadata":{"usage":{"prompt_tokens":56,"completion_tokens":89,"total_tokens":145}}}'
    )
    upstream.replies = [reply(body, headers=JSON)]
    assert await answer_of(bot) == [
        Reference(conversation="conv-xyz789", answer="msg-abc456"),
        TextDelta("Hi"),
        Usage(56, 89),
        Done(),
    ]


async def test_what_a_workflow_is_doing(upstream, reply, bot, answer_of):
    steps = [
        ("node_started", {"title": "Search"}),
        ("node_finished", {"title": "Search", "status": "succeeded"}),
        ("node_retry", {"title": "Search", "retry_index": 1}),
        ("iteration_started", {"title": "Each page"}),
        ("iteration_next", {"title": "Each page", "index": 1}),
        ("iteration_completed", {"title": "Each page"}),
        ("loop_started", {"title": "Until good"}),
        ("loop_next", {"title": "Until good", "index": 0}),
        ("loop_completed", {"title": "Until good"}),
        ("agent_log", {"label": "CALL search", "data": {"secret": 1}}),
        ("agent_log", {"label": None}),
    ]
    events = [json.dumps({"event": name, "data": data}) for name, data in steps]
    upstream.replies = [reply(sse(*events, HELLO, END))]
    said = [event.text for event in await answer_of(bot) if isinstance(event, Status)]
    assert said == [
        *("Search", "Search", "Each page", "Each page 2"),
        *("Until good", "Until good 1", "CALL search"),
    ]


async def test_unknown_events_are_told_of(upstream, reply, bot, answer_of, handed):
    new, speech = '{"event":"message_sung"}', '{"event":"tts_message","audio":"AAAA"}'
    upstream.replies = [reply(sse(new, speech, HELLO, new, "[DONE]", END)) for _ in range(2)]
    assert await answer_of(bot) == await answer_of(bot) == [TextDelta("Hello"), Done()]
    assert handed.unknown_events == ["message_sung", "message_sung", ""] * 2


FILE = '{"event":"message_file","id":"f","type":"document","belongs_to":"assistant","url":"%s"}'


async def test_a_file_that_holds_text_is_read_out(upstream, reply, bot, answer_of):
    link = "/files/tools/f.txt?timestamp=1&nonce=2&sign=3"
    plain = {"Content-Type": "text/plain"}
    upstream.replies = [reply(sse(HELLO, FILE % link, END)), reply(b"Read me\n", headers=plain)]
    # The file is asked for while the answer's connection is open.
    events = await answer_of(bot)
    assert text_of(events) == "Hello\n\nRead me"
    assert upstream.requests[1].path == link


async def test_a_file_with_its_text_in_the_event(upstream, reply, bot, answer_of):
    event = '{"event":"message_file","type":"custom","text":"Inside"}'
    upstream.replies = [reply(sse(event, END))]
    assert await answer_of(bot) == [TextDelta("Inside"), Done()]


async def test_an_agent_and_its_tools_by_recording(upstream, capture, make_bot, answer_of):
    bot = await make_bot(mode="auto")
    upstream.replies = [capture("60_"), capture("26_")]
    events = await answer_of(bot)
    assert [event.name for event in events if isinstance(event, ToolUse)] == ["current_time"] * 2


async def test_an_introduction_is_kept(upstream, capture, make_bot):
    bot = await make_bot()
    upstream.replies = [capture("04_")]
    assert await bot.introduce() == await bot.introduce()
    assert len(upstream.requests) == 1


FILES = {"files": "3 at a time (image 10 MB / document 15 MB / audio 50 MB / video 100 MB)"}
CHATS = {"as": "chat", **FILES}
ALL = {**CHATS, "speech": "to text"}


@pytest.mark.parametrize(
    ("key", "config", "abilities", "problem"),
    [
        ("app-chat", {}, ALL, ""),
        ("app-chat", {"suggestions": True}, {**ALL, "suggests": "questions"}, ""),
        ("app-agent", {}, CHATS, ""),
        ("app-workflow", {}, {"as": "workflow", "message in": "input_text", **FILES}, ""),
        ("app-completion", {"inputs": {"text": "{text}!"}}, {"as": "completion", **FILES}, ""),
        ("app-workflow", {"text_input": "other"}, {}, "the app needs more inputs: input_text"),
        ("app-chat-form", {}, {}, "the app needs more inputs: language"),
        ("app-chat-form", {"inputs": {"language": "en"}}, ALL, ""),
        ("bad", {}, {}, "401 unauthorized Access token is invalid"),
    ],
)
async def test_what_it_says_of_itself(sandbox, make_bot, key, config, abilities, problem):
    bot = await make_bot(base_url=sandbox, api_key=key, mode="auto", **config)
    assert isinstance(bot, CanDescribe)
    assert await bot.describe() == Description(abilities, problem)


async def test_where_it_takes_files(sandbox, make_bot):
    bot = await make_bot(base_url=sandbox, api_key="app-looker", mode="auto")
    abilities = (await bot.describe()).abilities
    assert abilities["files in"] == "picture"
    assert abilities["files"] == "1 at a time (image 10 MB / document 15 MB)"


async def test_a_server_that_says_nothing_of_itself(upstream, reply, make_bot, monkeypatch):
    monkeypatch.setattr(app_module, "_DESCRIBED", 0.1)
    upstream.replies = [reply(headerless=True, end="open")]
    described = await (await make_bot()).describe()
    assert described == Description(problem="no answer within 0.1 s")
