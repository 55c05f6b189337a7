"""How an answer fails, and what is said about it."""

import asyncio
import json

import pytest
from ciniterflow_events import END, HELLO, JSON, MISCONFIGURED, UNAVAILABLE, sse, text_of

from adapters.bots import stream as stream_module
from adapters.bots.ciniterflow import session as sessions
from gateway.model import Done, Failed, Failure, Introduction


@pytest.mark.parametrize(
    ("name", "failure", "retry_after", "text"),
    [
        ("08_", UNAVAILABLE, 1.0, ""),
        ("13_", MISCONFIGURED, None, ""),
        ("15_", MISCONFIGURED, None, ""),
        ("17_", MISCONFIGURED, None, ""),
        ("18_", MISCONFIGURED, None, ""),
        ("20_", MISCONFIGURED, None, ""),
        ("22_", Failure.REJECTED, None, ""),
        ("25_", UNAVAILABLE, 1.0, ""),
        ("27_", UNAVAILABLE, 1.0, ""),
        ("29_", UNAVAILABLE, 1.0, ""),
        ("30_", UNAVAILABLE, None, "tok0 tok1 tok2 tok3 "),
        ("33_", UNAVAILABLE, 1.0, ""),
        ("41_", UNAVAILABLE, 1.0, ""),
        ("42_", UNAVAILABLE, 1.0, ""),
        ("43_", UNAVAILABLE, None, "tok0 tok1 tok2 tok3 "),
        ("65_", UNAVAILABLE, 1.0, ""),
        ("89_", MISCONFIGURED, None, ""),
        ("90_", MISCONFIGURED, None, ""),
        ("91_", MISCONFIGURED, None, ""),
        ("95_", Failure.BUSY, 20.0, ""),
        ("96_", Failure.BUSY, 20.0, ""),
        ("115_", Failure.INTERRUPTED, None, "".join(f"tok{n} " for n in range(14))),
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


async def test_a_refused_key(upstream, capture, bot, answer_of):
    upstream.replies = [capture("20_"), capture("17_")]
    for _ in range(2):
        *_, failed = await answer_of(bot)
        assert failed.failure is MISCONFIGURED


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_a_page_is_no_answer(upstream, reply, bot, answer_of, kind):
    upstream.replies = [reply(b"<html>Sign in</html>", headers={"Content-Type": kind})]
    *_, failed = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (MISCONFIGURED, None)


async def test_a_redirect_is_not_followed(upstream, reply, bot, answer_of):
    upstream.replies = [reply(status=302, headers={"Location": upstream.url})]
    *_, failed = await answer_of(bot)
    assert failed.failure is MISCONFIGURED
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("status", "headers", "failure", "retry_after"),
    [
        (429, {}, Failure.BUSY, 2.0),
        (429, {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}, Failure.BUSY, 2.0),
        (502, {}, UNAVAILABLE, 1.0),
        (503, {"Retry-After": "9"}, UNAVAILABLE, 9.0),
        (413, {}, Failure.REJECTED, None),
    ],
)
async def test_a_proxy_in_between(
    upstream, reply, bot, answer_of, status, headers, failure, retry_after
):
    page = {"Content-Type": "text/html", **headers}
    upstream.replies = [reply(b"<h1>No</h1>", status=status, headers=page)]
    assert (await answer_of(bot))[-1] == Failed(failure, str(status), retry_after)


async def test_nobody_listens(start_bot, answer_of, unused_tcp_port):
    bot = await start_bot(f"http://127.0.0.1:{unused_tcp_port}")
    for _ in range(2):
        *_, failed = await answer_of(bot)
        assert (failed.failure, failed.retry_after) == (UNAVAILABLE, 1.0)
    assert await bot.introduce() == Introduction()


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
    *_, failed = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (Failure.INTERRUPTED, 1.0)


async def test_a_stream_that_never_begins(upstream, reply, make_bot, answer_of):
    bot = await make_bot(header_timeout=0.05, connect_timeout=0.25)
    upstream.replies = [reply(headerless=True, end="open")]
    assert (await answer_of(bot))[-1] == Failed(Failure.TIMEOUT, "no byte for 0.3 s")
    await upstream.requests[0].closed.wait()


@pytest.mark.parametrize("body", [b"", sse(HELLO)])
async def test_silence_is_limited(upstream, reply, make_bot, answer_of, body):
    bot = await make_bot(idle_timeout=0.1)
    upstream.replies = [reply(body, end="open")]
    assert (await answer_of(bot))[-1] == Failed(Failure.TIMEOUT, "no byte for 0.1 s")
    await upstream.requests[0].closed.wait()


@pytest.mark.parametrize(
    "beat", [b":heartbeat\n\n", sse(("agentFlowExecutedData", [{"data": "x" * 100}]))]
)
async def test_heartbeats_and_traces_are_no_content(upstream, reply, make_bot, answer_of, beat):
    bot = await make_bot(content_timeout=0.2)
    upstream.replies = [reply(beat, every=0.01)]
    assert (await answer_of(bot))[-1] == Failed(Failure.TIMEOUT, "no content for 0.2 s")
    await upstream.requests[0].closed.wait()


async def test_a_model_that_is_tried_again_and_again(upstream, capture, make_bot, answer_of):
    bot = await make_bot(content_timeout=0.1)
    upstream.replies = [capture("28_", end="open")]
    assert (await answer_of(bot))[-1] == Failed(Failure.TIMEOUT, "no content for 0.1 s")


async def test_an_answer_without_measure(upstream, reply, bot, answer_of, monkeypatch):
    monkeypatch.setattr(stream_module, "_LARGEST_ANSWER", 5000)
    upstream.replies = [reply(sse(HELLO), every=0.0)]
    assert (await answer_of(bot))[-1].failure is Failure.TOO_LONG
    await upstream.requests[0].closed.wait()


async def test_traces_do_not_count(upstream, reply, bot, answer_of, monkeypatch):
    monkeypatch.setattr(stream_module, "_LARGEST_ANSWER", 5000)
    trace = ("agentFlowExecutedData", [{"data": "x" * 9000}])
    upstream.replies = [reply(sse(trace, HELLO, END))]
    assert (await answer_of(bot))[-1] == Done()


async def test_a_line_without_measure(upstream, reply, bot, answer_of, monkeypatch):
    parser = stream_module.sse.Parser
    monkeypatch.setattr(stream_module.sse, "Parser", lambda: parser(max_line=1000))
    upstream.replies = [reply(b"data: " + b"x" * 5000, end="open")]
    assert (await answer_of(bot))[-1].failure is Failure.TOO_LONG


async def test_a_failure_repeats_neither_key_nor_message_nor_session(
    upstream, reply, make_bot, answer_of
):
    bot = await make_bot(override_config={"password": "opensesame"})
    known = sessions.new()
    said = f"No diary for {known.id} opensesame key-SECRET sk-proj-4f9a8b7c6d5e4f3a2b1c"
    body = json.dumps({"statusCode": 500, "message": said}).encode()
    upstream.replies = [reply(body, 500, JSON), reply(sse(("error", said), END))]
    for _ in range(2):
        failed = (await answer_of(bot, "my secret diary", known.encode()))[-1]
        assert failed.detail == "500 No … for … … …-… …"


async def test_a_reader_that_takes_its_time_is_not_held_against_the_bot(
    upstream, reply, make_bot, make_ask
):
    bot = await make_bot(content_timeout=0.05)
    upstream.replies = [reply(sse(*[HELLO] * 6, END), piece=60)]
    events = []
    async for event in bot.answer(make_ask()):
        events.append(event)
        await asyncio.sleep(0.03)
    assert events[-1] == Done()


async def test_what_does_not_speak_http(upstream, reply, bot, answer_of):
    upstream.replies = [reply(raw=b"+PONG\r\n\r\n", headerless=True, end="open")]
    *_, failed = await answer_of(bot)
    assert (failed.failure, failed.retry_after) == (MISCONFIGURED, None)
