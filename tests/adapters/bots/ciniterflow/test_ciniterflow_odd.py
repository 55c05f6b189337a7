"""What the bot sends, and what it makes of what is not as it should be."""

import pytest
from ciniterflow_events import (
    ABOUT,
    END,
    HELLO,
    JSON,
    UNAVAILABLE,
    beside,
    last_reference,
    sse,
    text_of,
)

from adapters.bots.ciniterflow import relay as relay_module
from adapters.bots.ciniterflow import session as sessions
from gateway.model import Done, Failed, Failure


@pytest.mark.parametrize(
    "odd",
    [
        b'data:{"event":"agentFlowExecutedData","data":[{"data":{"secret":1}}]}\n\n',
        b'data:{"event":"tts_data","data":{"audioChunk":"AAAA"}}\n\n',
        b'data:{"event":7}\n\n',
        b'data:{"noevent":1}\n\n',
        b"data: [DONE]\n\n",
        b"data: not json\n\n",
        b"event: unheard-of\ndata: x\n\n",
        b"message\n\n",
        sse(("token", {"not": "text"})),
        sse(("nextAgentFlow", None)),
        sse(("sourceDocuments", "none")),
        sse(("action", {"elements": None})),
        b":heartbeat\n\n",
    ],
)
async def test_what_is_not_understood_is_passed_over(upstream, reply, bot, answer_of, odd):
    upstream.replies = [reply(odd + sse(HELLO) + odd + sse(END))]
    events = await answer_of(bot)
    assert text_of(events) == "Hello"
    assert beside(events) == []
    assert events[-1] == Done()


async def test_kinds_that_nobody_knows_are_counted(upstream, reply, bot, answer_of, gateway):
    known = sse(("tool", {}), ("executionEnd", None), ("agentFlowExecutedData", []))
    unknown = sse(("canvas", {"secret": 1}), ("k" * 100, 1)) + b"event: unheard-of\ndata: x\n\n"
    upstream.replies = [reply(known + unknown + sse(HELLO, END))]
    assert (await answer_of(bot))[-1] == Done()
    assert gateway.unknown_events == ["canvas", "k" * 60, "unheard-of"]


@pytest.mark.parametrize("data", [None, {"message": "x"}, ""])
async def test_an_oddly_formed_error_is_still_one(upstream, reply, bot, answer_of, data):
    upstream.replies = [reply(sse(("error", data)), end="open")]
    assert (await answer_of(bot))[-1] == Failed(UNAVAILABLE, "500", 1.0)


async def test_oddly_formed_metadata_still_ends(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO, ("metadata", "none"), END), end="open")]
    assert (await answer_of(bot))[-1] == Done()


@pytest.mark.parametrize("end", ["eof", "cut", "open"])
async def test_metadata_without_an_end_is_enough(upstream, reply, bot, answer_of, end, monkeypatch):
    monkeypatch.setattr(relay_module, "_LINGER", 0.05)
    upstream.replies = [reply(sse(HELLO, ABOUT), end=end)]
    assert (await answer_of(bot))[-1] == Done()


async def test_an_answer_stopped_elsewhere_is_done(upstream, reply, bot, answer_of):
    upstream.replies = [reply(sse(HELLO, ("abort", "[DONE]"), END))]
    assert (await answer_of(bot))[-2:][1] == Done()


async def test_structured_output_is_shown_as_json(upstream, reply, bot, answer_of):
    body = '{"json":{"name":"Zoë","n":1},"chatId":"c","agentFlowExecutedData":[{"secret":1}]}'
    upstream.replies = [reply(body.encode(), headers=JSON)]
    events = await answer_of(bot)
    assert text_of(events) == '```json\n{\n  "name": "Zoë",\n  "n": 1\n}\n```'


async def test_a_text_that_is_none_is_shown_too(upstream, reply, bot, answer_of):
    upstream.replies = [reply(b'{"text":[1],"chatId":"c"}', headers=JSON)]
    assert text_of(await answer_of(bot)) == "```json\n[\n  1\n]\n```"


async def test_what_is_sent(upstream, capture, make_bot, answer_of):
    bot = await make_bot(override_config={"temperature": 0.9})
    upstream.replies = [capture("09_"), capture("09_")]
    reference = last_reference(await answer_of(bot))
    await answer_of(bot, "xin chào", reference)
    first, second = upstream.requests
    assert (first.method, first.path) == (
        "POST",
        "/api/v1/prediction/066d3c15-a19e-4f92-9f43-b910551a9232",
    )
    assert first.headers["Authorization"] == "Bearer key-SECRET"
    assert first.headers["Content-Type"] == "application/json"
    assert not {"Origin", "Referer", "Cookie"} & first.headers.keys()
    session = sessions.decode(reference).id
    assert first.json == {
        "question": "hello",
        "chatId": session,
        "overrideConfig": {"temperature": 0.9, "sessionId": session},
        "streaming": True,
    }
    assert second.json == {**first.json, "question": "xin chào"}


async def test_without_a_key_none_is_sent(upstream, capture, make_bot, answer_of):
    upstream.replies = [capture("09_")]
    await answer_of(await make_bot(api_key=None))
    assert "Authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_question_is_never_sent(upstream, bot, answer_of, text):
    *_, failed = await answer_of(bot, text)
    assert failed.failure is Failure.REJECTED
    assert upstream.requests == []


async def test_the_identity_names_the_flow_and_not_the_key(make_bot):
    bot = await make_bot(base_url="https://flow.example")
    same = await make_bot(base_url="https://FLOW.example/api/v1/", api_key="another")
    assert bot.identity == same.identity
    assert bot.identity.startswith("ciniterflow:")
    other = "11111111-1111-1111-1111-111111111111"
    for config in ({"flow_id": other}, {"base_url": "https://flow.example/2"}):
        made = await make_bot(**{"base_url": "https://flow.example", **config})
        assert made.identity != bot.identity
