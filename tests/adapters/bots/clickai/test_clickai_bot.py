"""The ClickAI bot against recorded answers of a real server."""

import asyncio
import time
from contextlib import aclosing

import pytest

from adapters.bots import stream as stream_module
from adapters.bots.clickai import client as client_module
from adapters.bots.clickai import reader as reader_module
from gateway.model import (
    Done,
    Failed,
    Failure,
    Forgotten,
    Reference,
    Source,
    Sources,
    Status,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
    Usage,
)
from gateway.ports import CanIntroduce, CanStop

CONVERSATION = "11111111-1111-1111-1111-111111111111"
JSON = {"Content-Type": "application/json"}


def text_of(events):
    """What a person has before them at the end."""
    text = ""
    for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, TextReplace):
            text = event.text
    return text


def without_text(events):
    return [event for event in events if not isinstance(event, TextDelta | TextReplace)]


def sse(*events):
    return b"".join(b"data: " + event.encode() + b"\n\n" for event in events)


@pytest.mark.parametrize("piece", [1, 7, 300, 1 << 20])
async def test_a_chat_answer(upstream, capture, bot, answer_of, piece):
    upstream.replies = [capture("01_", piece=piece)]
    events = await answer_of(bot)
    assert events == [
        Reference(
            conversation="3d7748f7-695b-4d29-a1e0-cb2861f44ee2",
            answer="a28e1e85-87e9-493e-937a-be7c87364643",
            task="9099b4f2-c6da-4bba-8a59-2d0da2fb2957",
        ),
        *(
            TextDelta(word)
            for word in ("You ", "said: ", "My ", "name ", "is ", "Sarah ", "(turn ", "1)")
        ),
        Usage(prompt_tokens=4, completion_tokens=8, price="0.0000030", currency="USD"),
        Done(),
    ]


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("192_", "You said: Xin chào 👋 日本語  x (turn 1)", Done()),
        ("24_", "", Failed(Failure.EMPTY)),
        ("25_", "tok0 tok1 tok2", Done()),
        ("26_", "Let me check. The tool said: 2026-11-21 05:07:16", Done()),
        ("31_", "You said: My name is Sarah (turn 1) [lang=en]", Done()),
        ("47_", "INPUT BLOCKED", Done()),
        ("49_", "OUTPUT BLOCKED", Done()),
        ("70_", "".join(f"tok{n} " for n in range(17)), Done()),
        ("75_", "".join(f"tok{n} " for n in range(13)), Done()),
        ("161_", "You said: see <image> (turn 1) [lang=en]", Done()),
        ("35_", "", Failed(Failure.UNAVAILABLE, "the workflow failed")),
        ("36_", "tok0 tok1 tok2 tok3 ", Failed(Failure.UNAVAILABLE, "the workflow failed")),
    ],
)
@pytest.mark.parametrize("piece", [13, 1 << 20])
async def test_recorded_answers(upstream, capture, bot, answer_of, name, text, last, piece):
    upstream.replies = [capture(name, piece=piece)]
    events = await answer_of(bot)
    assert text_of(events) == text
    assert events[-1] == last
    assert sum(isinstance(event, Done | Failed) for event in events) == 1


@pytest.mark.parametrize(
    ("name", "failure", "retry_after", "text"),
    [
        ("20_fail_Authorization_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_BadRequest_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_Connection_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_Inner_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_Plain_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_ServerUnavailable_stream", Failure.UNAVAILABLE, 1.0, ""),
        ("20_fail_RateLimit_blocking", Failure.BUSY, 2.0, ""),
        ("20_fail_RateLimit_stream", Failure.BUSY, 2.0, ""),
        ("21_", Failure.UNAVAILABLE, None, "tok0 tok1 tok2 tok3 "),
        ("23_", Failure.UNAVAILABLE, None, "tok0 tok1 tok2 tok3 "),
        ("28_", Failure.BUSY, None, "tok0 tok1 tok2 tok3 "),
        ("04_", Failure.MISCONFIGURED, None, ""),
        ("05_", Failure.MISCONFIGURED, None, ""),
        ("10_", Failure.REJECTED, None, ""),
        ("16_", Failure.MISCONFIGURED, None, ""),
        ("17_", Failure.MISCONFIGURED, None, ""),
        ("20_fail_Plain_blocking", Failure.REJECTED, None, ""),
        ("20_fail_ServerUnavailable_blocking", Failure.UNAVAILABLE, 1.0, ""),
        ("27_", Failure.MISCONFIGURED, None, ""),
        ("69_", Failure.MISCONFIGURED, None, ""),
        ("171_", Failure.BUSY, 2.0, ""),
        ("175_", Failure.MISCONFIGURED, None, ""),
        ("176_", Failure.MISCONFIGURED, None, ""),
        ("194_", Failure.UNAVAILABLE, 1.0, ""),
        ("195_", Failure.REJECTED, None, ""),
    ],
)
async def test_recorded_failures(
    upstream, capture, bot, answer_of, name, failure, retry_after, text
):
    upstream.replies = [capture(name)]
    events = await answer_of(bot)
    failed = events[-1]
    assert (failed.failure, failed.retry_after) == (failure, retry_after)
    assert text_of(events) == text
    assert failed.detail


async def test_an_agent_shows_its_tools_once(upstream, capture, bot, answer_of):
    upstream.replies = [capture("26_")]
    events = without_text(await answer_of(bot))
    assert events[1:-2] == [
        Thought("Let me check. "),
        ToolUse("current_time"),
        ToolUse("current_time", finished=True),
        Thought("The tool said: 2026-11-21 05:07:16"),
    ]


async def test_several_tools_in_one_step(upstream, reply, bot, answer_of):
    step = '{"event":"agent_thought","id":"s1","tool":"a;b","observation":"%s"}'
    upstream.replies = [
        reply(sse(step % "", step % "seen", step % "seen", HELLO, END)),
    ]
    events = without_text(await answer_of(bot))
    assert [event for event in events if isinstance(event, ToolUse)] == [
        ToolUse("a"),
        ToolUse("b"),
        ToolUse("a", finished=True),
        ToolUse("b", finished=True),
    ]


async def test_a_workflow_says_what_it_is_doing(upstream, capture, bot, answer_of):
    upstream.replies = [capture("31_")]
    events = without_text(await answer_of(bot))
    assert [event.text for event in events if isinstance(event, Status)] == [
        "start",
        "llm",
        "answer",
    ]
    assert isinstance(events[0], Reference)
    assert events[0].conversation == "750b78d0-8d34-4625-b82f-046bf1af0c7b"
    assert sum(isinstance(event, Reference) for event in events) == 1


END = '{"event":"message_end","metadata":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}'
HELLO = '{"event":"message","answer":"Hello","task_id":"t1"}'
FINISHED = '{"event":"workflow_finished","data":{"status":"%s"}}'


@pytest.mark.parametrize("status", ["succeeded", "partial-succeeded"])
async def test_a_workflow_that_finishes_before_its_message(upstream, reply, bot, answer_of, status):
    upstream.replies = [reply(sse(HELLO, FINISHED % status, END))]
    events = await answer_of(bot)
    assert events[-2:] == [Usage(prompt_tokens=1, completion_tokens=2), Done()]


async def test_a_workflow_whose_message_never_ends(upstream, reply, bot, answer_of, monkeypatch):
    monkeypatch.setattr(reader_module, "_LINGER", 0.05)
    finished = sse(HELLO, FINISHED % "succeeded")
    for end in ("eof", "cut", "open"):
        upstream.replies = [reply(finished, end=end)]
        assert (await answer_of(bot))[-2:] == [TextDelta("Hello"), Done()]


async def test_the_end_of_the_stream_is_not_waited_for(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO, END), end="open")]
    assert (await answer_of(bot))[-1] == Done()
    await upstream.requests[0].closed.wait()


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("Hello there", [TextDelta("Hello "), TextDelta("there")]),
        ("Hello there!", [TextDelta("Hello "), TextDelta("there"), TextDelta("!")]),
        ("Bye", [TextDelta("Hello "), TextDelta("there"), TextReplace("Bye")]),
        ("", [TextDelta("Hello "), TextDelta("there")]),
    ],
)
async def test_a_new_agent_repeats_its_whole_answer(upstream, reply, bot, answer_of, whole, shown):
    delta = '{"event":"agent_message","answer":"%s"}'
    final = f'{{"event":"message","answer":"{whole}"}}'
    upstream.replies = [reply(sse(delta % "Hello ", delta % "there", final, END))]
    events = await answer_of(bot)
    assert [event for event in events if isinstance(event, TextDelta | TextReplace)] == shown


async def test_sources(upstream, reply, bot, answer_of):
    end = (
        '{"event":"message_end","metadata":{"retriever_resources":['
        '{"document_name":"A.md","content":"%s","doc_metadata":{"url":"https://a.example/a"}},'
        '{"document_name":"B.md","content":null,"doc_metadata":{"url":"javascript:x"}},{}]}}'
    ) % ("word " * 200)
    upstream.replies = [reply(sse(HELLO, end))]
    events = await answer_of(bot)
    (sources,) = [event for event in events if isinstance(event, Sources)]
    first, second, third = sources.items
    assert (first.title, first.url) == ("A.md", "https://a.example/a")
    assert first.excerpt.startswith("word word")
    assert first.excerpt.endswith("…")
    assert len(first.excerpt) <= 300
    assert (second, third) == (Source("B.md"), Source(""))


@pytest.mark.parametrize(
    "odd",
    [
        '{"event":"agent_log","data":{"x":[1,2]}}',
        '{"event":"ping"}',
        '{"event":7}',
        '{"noevent":1}',
        "[DONE]",
        "not json",
        '{"event":"message","answer":null,"conversation_id":null}',
        '{"event":"message","answer":{"not":"text"}}',
        '{"event":"node_started","data":null}',
    ],
)
async def test_what_is_not_understood_is_passed_over(upstream, reply, bot, answer_of, odd):
    upstream.replies = [reply(sse(odd, HELLO, odd, END))]
    events = await answer_of(bot)
    assert text_of(events) == "Hello"
    assert events[-1] == Done()


async def test_an_oddly_formed_end_still_ends(upstream, reply, bot, answer_of):
    upstream.replies = [
        reply(sse(HELLO, '{"event":"message_end","metadata":"none"}'), end="open"),
        reply(sse('{"event":"error","status":"no number","message":{}}'), end="open"),
    ]
    assert (await answer_of(bot))[-1] == Done()
    assert (await answer_of(bot))[-1] == Failed(Failure.UNAVAILABLE, "500", 1.0)


async def test_a_server_that_does_not_stream(upstream, capture, bot, answer_of):
    upstream.replies = [capture("02_")]
    events = await answer_of(bot)
    assert text_of(events) == "Your name is Sarah."
    assert events[0].conversation == "3d7748f7-695b-4d29-a1e0-cb2861f44ee2"
    assert events[-2:] == [Usage(8, 4, "0.0000030", "USD"), Done()]


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_a_page_is_no_answer(upstream, reply, bot, answer_of, kind):
    upstream.replies = [reply(b"<html>Sign in</html>", headers={"Content-Type": kind})]
    (failed,) = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (Failure.MISCONFIGURED, None)


async def test_a_redirect_is_not_followed(upstream, reply, bot, answer_of):
    upstream.replies = [reply(status=302, headers={"Location": upstream.url})]
    (failed,) = await answer_of(bot)
    assert failed.failure is Failure.MISCONFIGURED
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("status", "headers", "failure", "retry_after"),
    [
        (429, {"Retry-After": "7"}, Failure.BUSY, 7.0),
        (429, {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}, Failure.BUSY, 2.0),
        (502, {}, Failure.UNAVAILABLE, 1.0),
        (503, {"Retry-After": "9"}, Failure.UNAVAILABLE, 9.0),
        (413, {}, Failure.REJECTED, None),
    ],
)
async def test_a_proxy_in_between(
    upstream, reply, bot, answer_of, status, headers, failure, retry_after
):
    page = {"Content-Type": "text/html", **headers}
    upstream.replies = [reply(b"<h1>No</h1>", status=status, headers=page)]
    assert await answer_of(bot) == [Failed(failure, str(status), retry_after)]


async def test_nobody_listens(make_bot, answer_of, unused_tcp_port):
    bot = await make_bot(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    (failed,) = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (Failure.UNAVAILABLE, 1.0)


@pytest.mark.parametrize(
    ("body", "end", "retry_after"),
    [(b"", "eof", 1.0), (b"", "cut", 1.0), (sse(HELLO), "eof", None), (sse(HELLO), "cut", None)],
)
async def test_an_answer_that_breaks_off(upstream, reply, bot, answer_of, body, end, retry_after):
    upstream.replies = [reply(body, end=end)]
    failed = (await answer_of(bot))[-1]
    assert (failed.failure, failed.retry_after) == (Failure.INTERRUPTED, retry_after)


async def test_a_connection_cut_before_the_headers(upstream, reply, bot, answer_of):
    upstream.replies = [reply(headerless=True, end="cut")]
    (failed,) = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (Failure.INTERRUPTED, 1.0)


@pytest.mark.parametrize("headerless", [True, False])
@pytest.mark.parametrize("body", [b"", sse(HELLO)])
async def test_silence_is_limited(upstream, reply, make_bot, answer_of, body, headerless):
    bot = await make_bot(idle_timeout=0.1)
    body = b"" if headerless else body
    upstream.replies = [reply(body, end="open", headerless=headerless)]
    failed = (await answer_of(bot))[-1]
    assert failed == Failed(Failure.TIMEOUT, "no byte for 0.1 s")
    await upstream.requests[0].closed.wait()


@pytest.mark.parametrize(
    "beat",
    [
        b"event: ping\n\n",
        b": ping\n\n",
        b'data: {"event":"ping"}\n\n',
        b"event: ping\ndata: {}\n\n",
    ],
)
async def test_heartbeats_are_no_content(upstream, reply, make_bot, answer_of, beat):
    bot = await make_bot(content_timeout=0.2)
    upstream.replies = [reply(beat, every=0.01)]
    assert (await answer_of(bot))[-1] == Failed(Failure.TIMEOUT, "no content for 0.2 s")
    await upstream.requests[0].closed.wait()


async def test_heartbeats_keep_an_answer_alive(upstream, reply, make_bot, answer_of):
    bot = await make_bot(idle_timeout=0.5, content_timeout=0.8)
    upstream.replies = [reply(b"event: ping\n\n", every=0.02)]
    assert (await answer_of(bot))[-1].detail == "no content for 0.8 s"


async def test_a_gateway_that_stood_still_has_not_waited(upstream, reply, make_bot, answer_of):
    bot = await make_bot(content_timeout=0.5)
    upstream.replies = [reply(sse(HELLO, END), piece=60, every=0.6)]
    asyncio.get_running_loop().call_later(0.1, time.sleep, 1.6)
    assert (await answer_of(bot))[-1] == Done()


async def test_a_reader_that_takes_its_time_is_not_held_against_the_bot(
    upstream, reply, make_bot, make_ask
):
    bot = await make_bot(content_timeout=0.05)
    upstream.replies = [reply(sse(HELLO, *[HELLO] * 5, END), piece=60)]
    events = []
    async for event in bot.answer(make_ask()):
        events.append(event)
        await asyncio.sleep(0.03)
    assert events[-1] == Done()


async def test_an_answer_without_measure(upstream, reply, bot, answer_of, monkeypatch):
    monkeypatch.setattr(stream_module, "_LARGEST_ANSWER", 5000)
    upstream.replies = [reply(sse(HELLO), every=0.0)]
    assert (await answer_of(bot))[-1].failure is Failure.TOO_LONG
    await upstream.requests[0].closed.wait()


async def test_a_line_without_measure(upstream, reply, bot, answer_of, monkeypatch):
    monkeypatch.setattr(stream_module.sse, "Parser", lambda: PARSER(max_line=1000))
    upstream.replies = [reply(b"data: " + b"x" * 5000, end="open")]
    assert (await answer_of(bot))[-1].failure is Failure.TOO_LONG


PARSER = stream_module.sse.Parser


@pytest.mark.parametrize("refusal", ["06_", "07_", "08_"])
async def test_a_forgotten_conversation_begins_anew(upstream, capture, bot, answer_of, refusal):
    upstream.replies = [capture(refusal), capture("01_")]
    events = await answer_of(bot, "hello", CONVERSATION, inputs={"language": "vi"})
    assert events[0] == Forgotten()
    assert events[1].conversation == "3d7748f7-695b-4d29-a1e0-cb2861f44ee2"
    assert events[-1] == Done()
    first, second = (request.json for request in upstream.requests)
    assert first["conversation_id"] == CONVERSATION
    assert second == {**first, "conversation_id": ""}


async def test_a_conversation_that_has_ended_begins_anew(upstream, reply, capture, bot, answer_of):
    body = b'{"code":"conversation_completed","message":"The conversation has ended.","status":400}'
    upstream.replies = [reply(body, status=400, headers=JSON), capture("01_")]
    events = await answer_of(bot, "hello", CONVERSATION)
    assert (events[0], events[-1]) == (Forgotten(), Done())


async def test_it_begins_anew_only_once(upstream, capture, bot, answer_of):
    upstream.replies = [capture("06_"), capture("06_")]
    forgotten, failed = await answer_of(bot, "hello", CONVERSATION)
    assert forgotten == Forgotten()
    assert failed.failure is Failure.MISCONFIGURED
    assert len(upstream.requests) == 2


async def test_without_a_conversation_nothing_can_be_forgotten(upstream, capture, bot, answer_of):
    upstream.replies = [capture("06_")]
    (failed,) = await answer_of(bot)
    assert failed.failure is Failure.MISCONFIGURED


PING = b"event: ping\n\n"
NAMELESS_ERROR = sse('{"event":"error","message":"","status":500}')


@pytest.mark.parametrize(
    ("body", "end"), [(PING, "open"), (PING, "eof"), (PING, "cut"), (NAMELESS_ERROR, "open")]
)
async def test_a_silent_chatflow_is_asked_whether_it_knows_the_conversation(
    upstream, reply, capture, make_bot, answer_of, body, end
):
    bot = await make_bot(idle_timeout=0.2)
    upstream.replies = [reply(body, end=end), capture("106_"), capture("01_")]
    events = await answer_of(bot, "hello", CONVERSATION)
    assert (events[0], events[-1]) == (Forgotten(), Done())
    assert upstream.requests[1].method == "GET"
    query = f"/v1/messages?conversation_id={CONVERSATION}&user=u1&limit=1"
    assert upstream.requests[1].path == query
    assert upstream.requests[2].json["conversation_id"] == ""


@pytest.mark.parametrize("probe", ["102_", "04_", "69_"])
async def test_silence_in_a_known_conversation_is_a_failure(
    upstream, reply, capture, make_bot, answer_of, probe
):
    bot = await make_bot(idle_timeout=0.2)
    upstream.replies = [reply(PING, end="open"), capture(probe)]
    (failed,) = await answer_of(bot, "hello", CONVERSATION)
    assert failed.failure is Failure.TIMEOUT


async def test_a_new_conversation_is_not_asked_about(upstream, reply, make_bot, answer_of):
    bot = await make_bot(idle_timeout=0.1)
    upstream.replies = [reply(PING, end="open")]
    (failed,) = await answer_of(bot)
    assert failed.failure is Failure.TIMEOUT
    assert len(upstream.requests) == 1


async def test_an_answer_that_had_begun_is_not_begun_anew(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO), end="cut")]
    events = await answer_of(bot, "hello", CONVERSATION)
    assert events[-1].failure is Failure.INTERRUPTED
    assert len(upstream.requests) == 1


async def test_closing_the_answer_closes_the_connection(upstream, reply, bot, make_ask):
    upstream.replies = [reply(sse(HELLO), end="open")]
    async with aclosing(bot.answer(make_ask())) as events:
        await anext(events)
    await asyncio.wait_for(upstream.requests[0].closed.wait(), 2)


async def test_cancelling_the_reader_closes_the_connection(upstream, reply, bot, make_ask):
    upstream.replies = [reply(sse(HELLO), end="open")]
    shown = asyncio.Event()

    async def read():
        async for event in bot.answer(make_ask()):
            if isinstance(event, TextDelta):
                shown.set()

    reader = asyncio.create_task(read())
    await shown.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.wait_for(upstream.requests[0].closed.wait(), 2)


async def test_what_is_sent(upstream, capture, make_bot, answer_of):
    bot = await make_bot(inputs={"language": "en", "level": 3, "formal": True})
    upstream.replies = [capture("01_"), capture("01_")]
    await answer_of(bot)
    await answer_of(bot, "xin chào", CONVERSATION, inputs={"language": "vi"})
    first, second = upstream.requests
    assert (first.method, first.path) == ("POST", "/v1/chat-messages")
    assert first.headers["Authorization"] == "Bearer app-SECRET"
    assert first.headers["Content-Type"] == "application/json"
    assert first.json == {
        "inputs": {"language": "en", "level": 3, "formal": True},
        "query": "hello",
        "response_mode": "streaming",
        "user": "u1",
        "conversation_id": "",
        "auto_generate_name": False,
    }
    assert second.json["inputs"] == {"language": "vi", "level": 3, "formal": True}
    assert second.json["conversation_id"] == CONVERSATION
    assert second.json["query"] == "xin chào"


async def test_inputs_are_an_object_even_when_there_are_none(upstream, capture, bot, answer_of):
    upstream.replies = [capture("01_")]
    await answer_of(bot)
    assert upstream.requests[0].json["inputs"] == {}


async def test_a_failure_repeats_neither_the_key_nor_the_message(upstream, reply, bot, answer_of):
    echo = (
        b'{"code":"invalid_param","message":"1 validation error\\nquery\\n  Bad [type=x, '
        b"input_value={'query': 'my secret diary'}, input_type=dict] app-SECRET diary\"}"
    )
    upstream.replies = [reply(echo, status=400, headers=JSON)]
    (failed,) = await answer_of(bot, "my secret diary")
    assert failed.detail == "400 invalid_param 1 validation error query Bad …-… …"


async def test_an_error_event_does_not_repeat_the_message_either(upstream, reply, bot, answer_of):
    body = sse('{"event":"error","code":"x","status":500,"message":"cannot say diary now"}')
    upstream.replies = [reply(body)]
    (failed,) = await answer_of(bot, "my secret diary")
    assert failed.detail == "500 x cannot say … now"


async def test_stopping(upstream, reply, bot, make_ask):
    assert isinstance(bot, CanStop)
    upstream.replies = [reply(b'{"result":"success"}\n', headers=JSON)]
    await bot.stop_answer(make_ask(), Reference(task="t/1"))
    (request,) = upstream.requests
    assert (request.method, request.path) == ("POST", "/v1/chat-messages/t%2F1/stop")
    assert request.json == {"user": "u1"}


async def test_stopping_what_was_never_named_asks_nothing(upstream, bot, make_ask):
    await bot.stop_answer(make_ask(), Reference(conversation=CONVERSATION))
    assert upstream.requests == []


@pytest.mark.parametrize("status", [404, 500])
async def test_a_stop_that_fails_is_quiet(upstream, reply, bot, make_ask, status):
    upstream.replies = [reply(status=status)]
    await bot.stop_answer(make_ask(), Reference(task="t1"))
    assert len(upstream.requests) == 1


async def test_an_answer_stopped_before_its_first_word_is_done(upstream, reply, bot, make_ask):
    begun = sse('{"event":"message","answer":"","task_id":"t1"}')
    upstream.replies = [
        reply(begun + sse(END)),
        reply(b'{"result":"success"}\n', headers=JSON),
    ]
    async with aclosing(bot.answer(make_ask())) as events:
        reference = await anext(events)
        await bot.stop_answer(make_ask(), reference)
        assert [event async for event in events][-1] == Done()


async def test_the_introduction(upstream, capture, bot):
    assert isinstance(bot, CanIntroduce)
    upstream.replies = [capture("61_")]
    first, second = await asyncio.gather(bot.introduce(), bot.introduce())
    assert first.opening == "Hello, I am the bot."
    assert first.suggestions == ("Q1?", "Q2?")
    assert second == first
    assert len(upstream.requests) == 1


async def test_an_old_introduction_is_asked_for_again(upstream, capture, make_bot, monkeypatch):
    monkeypatch.setattr(client_module, "_FACTS_KEPT", 0.0)
    bot = await make_bot()
    upstream.replies = [capture("61_"), capture("61_")]
    assert await bot.introduce() == await bot.introduce()
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("name", ["04_", "69_", "25_"])
async def test_no_introduction_when_it_cannot_be_had(upstream, capture, bot, name):
    upstream.replies = [capture(name)]
    introduction = await bot.introduce()
    assert (introduction.opening, introduction.suggestions) == ("", ())


async def test_the_identity_names_the_app_and_not_the_key(make_bot):
    bot = await make_bot(base_url="https://api.example/v1", app="a")
    same = await make_bot(base_url="https://API.example/v1/", app="a", api_key="another")
    assert bot.identity == same.identity
    assert bot.identity.startswith("clickai:")
    for other in ({"app": "b"}, {"base_url": "https://api.example/v2"}):
        config = {"base_url": "https://api.example/v1", "app": "a", **other}
        assert (await make_bot(**config)).identity != bot.identity
