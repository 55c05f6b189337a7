"""What CiniterFlow has of an answer when whoever had asked for it is gone."""

import time
from contextlib import aclosing

import pytest
from ciniterflow_events import last_reference, text_of
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapters.bots import search
from adapters.bots.ciniterflow import recovery
from adapters.bots.ciniterflow import session as sessions
from gateway.model import (
    Answered,
    Attachment,
    Choices,
    Conversation,
    Done,
    File,
    Reference,
    Source,
    Sources,
    TextDelta,
)
from gateway.ports import CanForget, CanRecover
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.ciniterflow_files import PNG, REPORT
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

NUMBERS = " ".join(map(str, range(1, 31)))
KEY = "sandbox-key"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(search, "_PAUSES", (0.02,))
    monkeypatch.setattr(recovery, "PATIENCE", 3)


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
async def url(memory):
    api = CiniterFlow(Answers("# Chat Gateway\n").answer, memory, pace=0.005)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def bot_of(start_bot, url):
    async def bot_of(flow=flows.CHAT, key=KEY):
        return await start_bot(url, flow.id, **({"api_key": key} if key else {}))

    return bot_of


async def left(bot, ask, until=TextDelta):
    """The question as it is asked again, when its reader went with the first such event."""
    reference = ask.conversation.reference
    async with aclosing(bot.answer(ask)) as events:
        async for event in events:
            if isinstance(event, Reference):
                reference = event.conversation
            if isinstance(event, until):
                break
    return replace(ask, conversation=Conversation(reference))


async def found(bot, ask, answered=None, since=None):
    since = time.time() if since is None else since
    async with aclosing(bot.recover(ask, answered, since)) as events:
        return [event async for event in events]


@pytest.mark.parametrize("flow", [flows.CHAT, flows.PLAIN, flows.TOOLS, flows.AGENTS])
async def test_an_answer_is_finished_without_us(bot_of, make_ask, flow):
    bot, reference = await bot_of(flow), ""
    for turn in ("turn-1", "turn-2"):
        ask = await left(bot, replace(make_ask("count to 30", reference), turn=turn))
        events = await found(bot, ask)
        assert text_of(events) == NUMBERS
        assert events[-1] == Done()
        reference = last_reference(events)
        assert not sessions.decode(reference).running


async def test_its_sources_and_files_too(bot_of, make_ask, gateway):
    bot = await bot_of()
    events = await found(bot, await left(bot, make_ask("file with sources")))
    picture, *_ = (event.attachment for event in events if isinstance(event, File))
    assert gateway.files[picture.content] == PNG
    assert Sources((Source("README.md", "", "Carries messages."),)) in events
    agents = await bot_of(flows.AGENTS)
    events = await found(agents, await left(agents, make_ask("file")))
    (report,) = (event.attachment for event in events if isinstance(event, File))
    assert gateway.files[report.content] == REPORT


async def test_what_a_person_is_asked_is_asked_again(bot_of, make_ask, answer_of):
    bot = await bot_of(flows.HUMAN)
    events = await found(bot, await left(bot, make_ask("may I?")))
    assert [
        each.label for event in events if isinstance(event, Choices) for each in event.items
    ] == [
        "Proceed",
        "Reject",
    ]
    reference = last_reference(events)
    ask = replace(make_ask("proceed", reference), turn="turn-2")
    # A decision is kept in words of the server's.
    assert text_of(await found(bot, await left(bot, ask))) == "APPROVED and done."


async def test_a_connection_that_was_cut_has_ended_nothing(bot_of, make_ask):
    bot = await bot_of()
    events = await found(bot, await left(bot, make_ask("cut"), Done))
    assert text_of(events).startswith("This answer begins well enough")
    assert events[-1] == Done()


async def test_what_was_heard_to_its_end_is_found_by_its_name(bot_of, make_ask, answer_of):
    bot = await bot_of()
    events = await answer_of(bot, "count to 30")
    reference = last_reference(events)
    name = next(each.answer for each in events if isinstance(each, Reference) and each.answer)
    answered = Answered("helper", bot.identity, "u1", reference, name)
    ask = make_ask("count to 30", reference)
    assert text_of(await found(bot, ask, answered)) == NUMBERS
    assert await found(bot, ask) == []
    assert await bot.forget(reference, "u1")
    assert await found(bot, ask, answered) == []


async def test_the_same_question_twice(bot_of, make_ask, answer_of, monkeypatch, memory):
    monkeypatch.setattr(recovery, "PATIENCE", 0.1)
    bot = await bot_of()
    first = await answer_of(bot, "yes")
    reference = last_reference(first)
    here = sessions.decode(reference)
    # The second was marked, and its prediction has not ended, or not even begun.
    ask = make_ask("yes", here.begun("turn-1").encode())
    assert await found(bot, ask) == []
    assert await found(bot, ask, since=time.time() + 10) == []
    turn = memory.ask(here.id, flows.CHAT.id, "yes", {"chatId": here.chat, "question": "yes"})
    memory.answer(turn, "the second")
    assert text_of(await found(bot, ask)) == "the second"
    assert await found(bot, ask, since=time.time() + 10) == []
    assert await found(bot, replace(ask, text="no")) == []
    # What was begun for another turn is none of this one's.
    assert await found(bot, replace(ask, turn="turn-2")) == []


async def test_a_question_with_files_may_be_worded_otherwise(bot_of, make_ask, memory):
    bot, here = await bot_of(), sessions.new().begun("turn-1")
    told = {"chatId": here.chat, "question": "what was heard"}
    memory.answer(memory.ask(here.id, flows.CHAT.id, "x", told), "I hear")
    files = (Attachment("a.webm", "audio/webm", "blob:1", 3),)
    events = await found(bot, make_ask("", here.encode(), attachments=files))
    assert text_of(events) == "I hear"


async def test_a_form_is_worded_otherwise(bot_of, make_ask, answer_of):
    bot = await bot_of(flows.FORM)
    asked = last_reference(await answer_of(bot, "I want something"))
    ask = make_ask("Subject: a\nBody: count to 3\nPrio: low", asked)
    events = await found(bot, await left(bot, replace(ask, turn="turn-2")))
    assert events[-1] == Done()


async def test_what_is_not_found_is_asked_in_a_chat_of_its_own(
    bot_of, make_ask, answer_of, asked_of, monkeypatch, url
):
    monkeypatch.setattr(recovery, "PATIENCE", 0.05)
    bot = await bot_of()
    ask = await left(bot, make_ask("count slowly to 30"))
    abandoned = sessions.decode(ask.conversation.reference)
    assert await found(bot, ask) == []
    events = await answer_of(bot, "hello", ask.conversation.reference)
    assert events[-1] == Done()
    asked = await asked_of(url)
    assert asked["chatId"] != abandoned.chat
    assert asked["sessionId"] == abandoned.id


@pytest.mark.parametrize(
    "reference",
    ["", "none-of-this-bot", sessions.new().encode()],
    ids=["none", "another-bot", "nothing-asked"],
)
async def test_nothing_was_asked(bot_of, make_ask, reference):
    bot = await bot_of()
    assert await found(bot, make_ask("hello", reference)) == []


async def test_without_a_key_nobody_may_look(bot_of, make_ask):
    bot = await bot_of(key="")
    ask = await left(bot, make_ask("hello"))
    assert await found(bot, ask) == []
    assert not await bot.forget(ask.conversation.reference, "u1")


@pytest.mark.parametrize("away", [True, False])
async def test_a_server_that_is_away_or_does_not_let_us_look(
    bot_of, start_bot, make_ask, unused_tcp_port, away
):
    reference = sessions.new().begun("turn-1").encode()
    bot = await bot_of(key="another")
    if away:
        bot = await start_bot(f"http://127.0.0.1:{unused_tcp_port}", api_key=KEY)
    with capture_logs() as logs:
        assert await found(bot, make_ask("my private words", reference)) == []
        assert not await bot.forget(reference, "u1")
    events = ["ciniterflow.recovery_failed", "ciniterflow.forget_failed"]
    assert [log["event"] for log in logs] == events
    assert "private" not in str(logs)
    assert sessions.decode(reference).id not in str(logs)


async def test_a_time_that_cannot_be_read_is_none(bot_of, make_ask, upstream, reply, start_bot):
    rows = (
        b'[{"id":"q","role":"userMessage","content":"hello","createdDate":"yesterday"},'
        b'{"id":"a","role":"apiMessage","content":"Hi","createdDate":null}]'
    )
    upstream.replies = [reply(rows, headers={"Content-Type": "application/json"})]
    bot = await start_bot(upstream.url, api_key=KEY)
    reference = sessions.new().begun("turn-1").encode()
    assert text_of(await found(bot, make_ask("hello", reference))) == "Hi"


async def test_forgetting(bot_of, make_ask, answer_of, memory):
    bot = await bot_of()
    assert isinstance(bot, CanForget)
    assert isinstance(bot, CanRecover)
    first = await answer_of(bot, "hello")
    ask = await left(bot, make_ask("count to 30", last_reference(first)))
    assert len(await found(bot, ask)) > 2
    # It was left, so what follows has a chat of its own.
    there = await answer_of(bot, "hello", ask.conversation.reference)
    other = await answer_of(bot, "hello")
    here = sessions.decode(last_reference(there))
    assert here.chat != here.id
    assert await bot.forget(here.encode(), "u1")
    (kept,) = memory.of(flows.CHAT.id)
    assert kept.id == sessions.decode(last_reference(other)).id
    assert not await bot.forget("none-of-this-bot", "u1")
