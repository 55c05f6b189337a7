"""One conversation, one chat at the server, and the ends of an answer."""

import asyncio
from contextlib import aclosing

import pytest
from ciniterflow_events import (
    ABOUT,
    END,
    HELLO,
    UNAVAILABLE,
    last_reference,
    sse,
    text_of,
)

from adapters.bots.ciniterflow import session as sessions
from gateway.model import (
    Done,
    Failure,
    Forgotten,
    Reference,
    TextDelta,
)
from gateway.ports import CanStop


async def reach(events, kind):
    while not isinstance(event := await anext(events), kind):
        continue
    return event


async def test_closing_the_answer_closes_the_connection(upstream, reply, bot, make_ask):
    upstream.replies = [reply(sse(HELLO), end="open")]
    async with aclosing(bot.answer(make_ask())) as events:
        await reach(events, TextDelta)
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


async def test_conversations_have_names_that_nobody_can_guess(upstream, capture, bot, answer_of):
    upstream.replies = [capture("09_") for _ in range(20)]
    names = {sessions.decode(last_reference(await answer_of(bot))).id for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) == 32 for name in names)


async def test_after_an_answer_that_was_left_the_next_has_a_chat_of_its_own(
    upstream, reply, bot, make_ask, answer_of
):
    upstream.replies = [reply(sse(HELLO), end="open"), reply(sse(HELLO, ABOUT, END))]
    async with aclosing(bot.answer(make_ask())) as events:
        left = (await anext(events)).conversation
        await reach(events, TextDelta)
    events = await answer_of(bot, "hello", left)
    first, second = (request.json for request in upstream.requests)
    assert second["overrideConfig"] == first["overrideConfig"]
    assert second["chatId"] != first["chatId"]
    kept = sessions.decode(last_reference(events))
    assert (kept.id, kept.chat) == (first["chatId"], second["chatId"])
    assert not kept.running


@pytest.mark.parametrize("known", [sessions.new().encode(), ""], ids=["known", "new"])
async def test_a_conversation_is_marked_before_anything_is_sent(
    upstream, reply, make_bot, answer_of, known
):
    bot = await make_bot(idle_timeout=0.1)
    upstream.replies = [reply(end="open")]
    reference, failed = await answer_of(bot, "hello", known)
    marked = sessions.decode(reference.conversation)
    assert (marked.running, marked.turn) == (True, "turn-1")
    assert failed.failure is Failure.TIMEOUT


async def test_a_refusal_ends_what_ran(upstream, capture, bot, answer_of):
    upstream.replies = [capture("29_")]
    known = sessions.new().encode()
    began, ended, failed = await answer_of(bot, "hello", known)
    assert sessions.decode(began.conversation).running
    assert ended.conversation == known
    assert failed.failure is UNAVAILABLE


@pytest.mark.parametrize("until", [Reference, TextDelta])
async def test_two_answers_at_a_time_have_two_chats(upstream, reply, bot, make_ask, until):
    upstream.replies = [reply(sse(HELLO), end="open"), reply(sse(HELLO), end="open")]
    known = sessions.new()
    async with (
        aclosing(bot.answer(make_ask("a", known.encode()))) as one,
        aclosing(bot.answer(make_ask("b", known.encode()))) as two,
    ):
        for kind in dict.fromkeys((until, TextDelta)):
            for events in (one, two):
                while not isinstance(await anext(events), kind):
                    continue
    chats = [request.json["chatId"] for request in upstream.requests]
    assert chats[0] == known.chat
    assert chats[1] != known.chat


async def test_a_reference_of_another_bot_begins_anew(upstream, capture, bot, answer_of):
    upstream.replies = [capture("09_")]
    events = await answer_of(bot, "hello", "conv-1")
    assert events[0] == Forgotten()
    assert events[-1] == Done()


async def test_stopping(upstream, capture, bot, make_ask):
    assert isinstance(bot, CanStop)
    upstream.replies = [capture("111_")]
    await bot.stop_answer(make_ask(), Reference(task="t/1"))
    (request,) = upstream.requests
    assert (request.method, request.path) == (
        "PUT",
        "/api/v1/chatmessage/abort/066d3c15-a19e-4f92-9f43-b910551a9232/t%2F1",
    )


async def test_stopping_what_was_never_named_asks_nothing(upstream, bot, make_ask):
    await bot.stop_answer(make_ask(), Reference(conversation="c"))
    assert upstream.requests == []


@pytest.mark.parametrize("status", [404, 500])
async def test_a_stop_that_fails_is_quiet(upstream, reply, bot, make_ask, status):
    upstream.replies = [reply(status=status)]
    await bot.stop_answer(make_ask(), Reference(task="t1"))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("end", ["eof", "cut"])
@pytest.mark.parametrize(
    "rest",
    [
        b"",
        sse(("token", "more")),
        sse(("error", "Error in LLM node: This operation was aborted"), END),
        sse(("abort", "[DONE]"), END),
        sse(END),
    ],
)
async def test_an_answer_that_was_stopped_is_done(
    upstream, reply, capture, bot, make_ask, rest, end
):
    upstream.replies = [reply(sse(HELLO) + rest, end=end), capture("111_")]
    async with aclosing(bot.answer(make_ask())) as events:
        reference = await anext(events)
        assert await anext(events) == TextDelta("Hello")
        await bot.stop_answer(make_ask(), reference)
        rest = [event async for event in events]
    assert rest[-1] == Done()
    assert text_of(rest) == ""


async def test_an_answer_stopped_before_its_first_word_is_done(
    upstream, reply, capture, bot, make_ask
):
    upstream.replies = [reply(sse(("start", ""), ("token", "late"), END)), capture("111_")]
    async with aclosing(bot.answer(make_ask())) as events:
        await bot.stop_answer(make_ask(), await anext(events))
        assert [event async for event in events] == [Done()]
