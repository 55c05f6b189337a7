"""What ClickAI has of an answer when whoever had asked for it is gone."""

import time
from contextlib import aclosing

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapters.bots import search
from adapters.bots.clickai import recovery
from gateway.model import (
    Answered,
    Attachment,
    Conversation,
    Done,
    Failed,
    Failure,
    File,
    Reference,
    Source,
    Sources,
    TextDelta,
)
from gateway.ports import CanForget, CanRecover
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.clickai_made import PICTURE
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

NUMBERS = " ".join(map(str, range(1, 31)))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(search, "_PAUSES", (0.02,))
    monkeypatch.setattr(recovery, "_SHORT", 0.1)


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
async def url(memory):
    api = ClickAI(Answers("# Chat Gateway\n").answer, memory, pace=0.005)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture
def bot_of(make_bot, url):
    async def bot_of(key, **config):
        return await make_bot(**{"base_url": url, "api_key": key, "mode": "auto", **config})

    return bot_of


@pytest.fixture
def left(bot_of, make_ask):
    """A bot, the question it was asked, and what was known of the answer when its reader went."""

    async def leave(key, text, *, until=TextDelta, **config):
        bot, ask, known = await bot_of(key, **config), make_ask(text), Reference()
        async with aclosing(bot.answer(ask)) as events:
            async for event in events:
                known = event if isinstance(event, Reference) else known
                if isinstance(event, until):
                    break
        conversation = known.conversation or ""
        answered = Answered("helper", bot.identity, "u1", conversation, known.answer)
        return bot, replace(ask, conversation=Conversation(conversation)), answered

    return leave


async def found(bot, ask, answered=None, since=None):
    since = time.time() if since is None else since
    async with aclosing(bot.recover(ask, answered, since)) as events:
        return [event async for event in events]


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("known", ["answer", "conversation", "user"])
@pytest.mark.parametrize("mode", ["auto", "chat"])
async def test_a_chatflow_has_gone_on(left, handed, known, mode):
    question = "count to 30 with a picture with sources"
    bot, ask, answered = await left("app-chatflow", question, mode=mode)
    if known != "answer":
        answered = None
    if known == "user":
        ask = replace(ask, conversation=Conversation())
    events = await found(bot, ask, answered)
    assert text_of(events) == f"{NUMBERS} [lang=en]"
    (picture,) = [event.attachment for event in events if isinstance(event, File)]
    assert handed.files[picture.content] == PICTURE
    source = Source("README.md", "https://example.com/readme", "Carries messages.")
    assert Sources((source,)) in events
    assert events[0].conversation
    assert events[0].answer
    assert events[-1] == Done()


async def test_a_connection_that_was_cut_has_ended_nothing(left):
    bot, ask, answered = await left("app-chatflow", "cut", until=Failed)
    events = await found(bot, ask, answered)
    assert text_of(events).endswith("[lang=en]")
    assert events[-1] == Done()


async def test_a_workflow_has_gone_on(left, handed):
    bot, ask, answered = await left("app-workflow", "count to 30 with a picture")
    events = await found(bot, ask, answered)
    assert text_of(events) == NUMBERS
    assert [handed.files[e.attachment.content] for e in events if isinstance(e, File)] == [PICTURE]
    assert events[0] == Reference(answer=answered.answer)
    assert events[-1] == Done()
    assert await found(bot, ask) == []


@pytest.mark.parametrize("key", ["app-workflow", "app-chatflow", "app-chat"])
async def test_what_failed_is_not_given_again(left, key):
    bot, ask, answered = await left(key, "fail", until=Failed)
    assert await found(bot, ask, answered) == []


async def test_what_was_stopped_is_not_given_again(left, bot_of, make_ask):
    bot, ask, known = await bot_of("app-workflow"), make_ask("count to 30"), Reference()
    async with aclosing(bot.answer(ask)) as events:
        async for event in events:
            if isinstance(event, Reference):
                known = event
                await bot.stop_answer(ask, event)
    answered = Answered("helper", bot.identity, "u1", "", known.answer)
    assert await found(bot, ask, answered) == []


@pytest.mark.parametrize("key", ["app-chat", "app-agent"])
async def test_other_chat_apps_forget_what_nobody_hears(left, memory, key):
    bot, ask, answered = await left(key, "count to 30")
    assert await found(bot, ask, answered) == []
    owner = "u1" if key == "app-chat" else f"{key}/u1"
    assert memory.turn(answered.answer, owner).answer == ""


@pytest.mark.parametrize("key", ["app-chat", "app-agent"])
async def test_and_have_what_was_whole(left, handed, key):
    bot, ask, answered = await left(key, "count to 30 with a picture", until=Done)
    events = await found(bot, ask, answered)
    assert text_of(events).endswith(NUMBERS)
    assert [event.attachment.media_type for event in events if isinstance(event, File)] == [
        "image/png"
    ]
    assert events[-1] == Done()


async def test_a_text_generator_keeps_nothing(left):
    bot, ask, answered = await left("app-completion", "count to 30", until=Done)
    assert await found(bot, ask, answered) == []


async def test_patience_has_an_end(left, monkeypatch):
    monkeypatch.setattr(recovery, "PATIENCE", 0.1)
    bot, ask, answered = await left("app-chatflow", "count slowly to 30")
    assert await found(bot, ask, answered) == []


async def test_the_same_question_twice(bot_of, make_ask, memory):
    bot, now = await bot_of("app-chat"), int(time.time())
    first = memory.ask("", "u1", "yes", {})
    home = memory.home(first).id
    memory.answer(first, "the first")
    first.created_at = now - 10
    ask = make_ask(" yes ", home)
    assert await found(bot, ask, since=now) == []
    assert await found(bot, replace(ask, conversation=Conversation()), since=now) == []
    second = memory.ask(home, "u1", "yes", {})
    memory.answer(second, "the second")
    # The vendor's clock may be a little behind, and knows nothing below a second.
    second.created_at = now - 1
    assert text_of(await found(bot, ask, since=now + 0.9)) == "the second"
    assert text_of(await found(bot, ask, since=now - 10)) == "the second"
    third = memory.ask(home, "u1", "no", {})
    memory.answer(third, "the third")
    assert text_of(await found(bot, ask, since=now)) == "the second"


async def test_of_several_conversations_it_is_the_latest(bot_of, make_ask, memory):
    bot = await bot_of("app-chat")
    for n in range(8):
        memory.answer(memory.ask("", "u1", "hello", {}), f"answer {n}")
    memory.answer(memory.ask("", "u2", "hello", {}), "somebody else's")
    events = await found(bot, make_ask("hello"))
    assert text_of(events) == "answer 7"


async def test_a_question_with_files_may_be_worded_otherwise(bot_of, make_ask, memory):
    bot = await bot_of("app-chat")
    memory.answer(memory.ask("", "u1", "a.png", {}), "I see")
    ask = make_ask("", attachments=(Attachment("a.png", "image/png", "blob:1", 3),))
    assert text_of(await found(bot, ask)) == "I see"


async def test_a_conversation_that_is_gone(left):
    bot, ask, answered = await left("app-chat", "hello", until=Done)
    assert await bot.forget(answered.conversation, "u1")
    with capture_logs() as logs:
        assert await found(bot, ask, answered) == []
    assert [log["event"] for log in logs] == ["clickai.recovery_failed"]


@pytest.mark.parametrize("mode", ["auto", "chat"])
async def test_a_server_that_is_away(make_bot, make_ask, unused_tcp_port, mode):
    bot = await make_bot(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1", mode=mode)
    with capture_logs() as logs:
        assert await found(bot, make_ask("my private words")) == []
        assert not await bot.forget("c-1", "u1")
    assert [log["event"] for log in logs] == ["clickai.recovery_failed", "clickai.forget_failed"]
    assert "private" not in str(logs)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [(r"{\"a\":\"x\"}", [TextDelta("x"), Done()]), ("{", [Failed(Failure.EMPTY)])],
)
async def test_outputs_that_are_a_text(upstream, reply, make_bot, make_ask, outputs, said):
    bot = await make_bot(mode="workflow")
    body = f'{{"status":"partial-succeeded","outputs":"{outputs}"}}'.encode()
    kind = {"Content-Type": "application/json"}
    upstream.replies = [reply(b'{"mode":"workflow"}', headers=kind), reply(body, headers=kind)]
    answered = Answered("helper", bot.identity, "u1", "", "run/1")
    events = await found(bot, make_ask("hello"), answered)
    assert events == [Reference(answer="run/1"), *said]
    assert upstream.requests[1].path == "/v1/workflows/run/run%2F1"


async def test_forgetting(left, memory):
    bot, _, answered = await left("app-chat", "hello", until=Done)
    assert isinstance(bot, CanForget)
    assert isinstance(bot, CanRecover)
    # A conversation may wait for a form.
    reference = f'{answered.conversation} {{"run":"r","token":"t","actions":{{}}}}'
    assert await bot.forget(reference, "u1")
    assert memory.find(answered.conversation, "u1") is None
    assert await bot.forget(answered.conversation, "u1")
    assert not await bot.forget("", "u1")


async def test_a_page_is_not_the_server_s_word(upstream, reply, bot):
    upstream.replies = [reply(b"<html>", status=404, headers={"Content-Type": "text/html"})]
    assert not await bot.forget("c-1", "u1")
    assert upstream.requests[0].method == "DELETE"
    assert upstream.requests[0].json == {"user": "u1"}
