"""One reply, from its first event to its end."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.telegram import telegram
from support.telegram_stage import GROUP, PERSON, Stage

from adapters.channels.telegram import activity, outbound, pacing, tempo, writer
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.tempo import Frame, Tempo, Way
from gateway.model import (
    Choice,
    Choices,
    EndState,
    Notice,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)
from gateway.ports import NotSent, Sent, Undeliverable

WORDS = [TextDelta(f"word{n} ") for n in range(60)]
WHOLE = "".join(word.text for word in WORDS)


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    for name in ("FIRST_SECONDS", "WAIT_SECONDS", "DRAFT_SECONDS", "PRIVATE_SECONDS"):
        monkeypatch.setattr(tempo, name, 0.02)
    monkeypatch.setattr(tempo, "GROUP_SECONDS", 0.02)
    monkeypatch.setattr(activity, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    monkeypatch.setattr(pacing, "EVERY", 0.0)
    async with telegram() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []
        assert standin.hammered == []


@pytest.fixture
def group(stage: Stage) -> Stage:
    stage.chat = GROUP
    stage.asked = stage.telegram.group("hello")["message"]["message_id"]
    return stage


async def test_an_answer_grows_as_a_draft(stage: Stage) -> None:
    assert await stage.deliver(*WORDS, pause=0.005) == Sent()
    assert stage.texts == [WHOLE.strip()]
    frames = [frame for frame in stage.telegram.frames(PERSON) if frame]
    assert len(frames) > 1
    assert all(WHOLE.startswith(frame) for frame in frames)
    assert stage.buttons == ["like:7", "dislike:7"]
    assert stage.notes.shown == WHOLE
    drafts = {call.args["draft_id"] for call in stage.telegram.called("sendMessageDraft")}
    assert len(drafts) == 1


async def test_in_a_group_it_is_a_reply_that_is_edited(group: Stage) -> None:
    assert await group.deliver(*WORDS, pause=0.005) == Sent()
    (message,) = group.said
    assert (message.text, message.reply_to) == (WHOLE.strip(), group.asked)
    assert group.count("editMessageText") > 1
    assert group.count("sendMessageDraft") == 0


async def test_in_a_private_chat_it_is_no_reply(stage: Stage) -> None:
    stage.asked = stage.telegram.private()["message"]["message_id"]
    await stage.deliver(TextDelta("a"))
    assert stage.said[0].reply_to == 0


async def test_edits_can_be_wanted_in_private_chats_too(stage: Stage) -> None:
    stage.configured(streaming="edit")
    await stage.deliver(*WORDS, pause=0.005)
    assert stage.texts == [WHOLE.strip()]
    assert stage.count("sendMessageDraft") == 0
    assert stage.count("editMessageText") > 1


@pytest.mark.parametrize("chat", [PERSON, GROUP])
async def test_streaming_can_be_off(stage: Stage, chat: int) -> None:
    stage.configured(streaming="off")
    stage.chat = chat
    await stage.deliver(*WORDS, pause=0.005)
    methods = {call.method for call in stage.telegram.calls}
    assert methods == {"sendChatAction", "sendMessage"}
    assert stage.texts == [WHOLE.strip()]


async def test_a_topic_is_kept(stage: Stage) -> None:
    stage.telegram.chat(PERSON).topics.add(5)
    stage.thread = "5"
    await stage.deliver(*WORDS, pause=0.005)
    assert {call.args.get("message_thread_id") for call in stage.telegram.calls} == {5}
    assert stage.said[0].thread == 5


async def test_while_nothing_is_written_the_bot_thinks(stage: Stage) -> None:
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    await stage.until(lambda: stage.telegram.frames(PERSON) == [""])
    reply.show(Status("plan"))
    reply.show(TextDelta("Hello"))
    await stage.until(lambda: stage.telegram.frames(PERSON) == ["", "Hello"])
    reply.end(EndState.DONE)
    assert await delivering == Sent()
    assert stage.texts == ["Hello"]


async def test_a_draft_is_kept_alive(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempo, "KEEP_SECONDS", 0.05)
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    reply.show(TextDelta("Hello"))
    await stage.until(lambda: stage.telegram.frames(PERSON).count("Hello") > 2)
    reply.end(EndState.DONE)
    assert await delivering == Sent()


async def test_what_the_bot_does_is_no_part_of_the_answer(stage: Stage) -> None:
    events = (Thought("hm"), ToolUse("t"), Status("s"), TextDelta("a"))
    await stage.deliver(*events, pause=0.05)
    assert stage.texts == ["a"]
    assert set(stage.telegram.frames(PERSON)) == {"", "a"}


async def test_what_the_bot_does_is_shown_when_it_is_wanted(stage: Stage) -> None:
    stage.configured(show_steps=True)
    await stage.deliver(Status("plan"), ToolUse("search\nit"), TextDelta("found"), pause=0.1)
    assert stage.texts == ["found"]
    assert [frame for frame in stage.telegram.frames(PERSON) if frame] == [
        "plan",
        "search it",
        "found",
    ]


async def test_in_a_group_it_is_shown_in_the_message_to_be(group: Stage) -> None:
    group.configured(show_steps=True)
    await group.deliver(Status("plan"), TextDelta("found"), pause=0.15)
    assert group.texts == ["found"]
    assert group.telegram.called("sendMessage")[0].args["text"] == "plan"


async def test_a_sentence_of_the_gateway_is_shown_while_there_is_nothing_else(stage: Stage) -> None:
    await stage.deliver(Notice("It takes long."), TextDelta("a"), pause=0.1)
    assert "It takes long." in stage.telegram.frames(PERSON)
    assert stage.texts == ["a\n\nIt takes long."]


async def test_what_belongs_to_an_answer_stands_below_it(stage: Stage) -> None:
    await stage.deliver(
        TextDelta("text"),
        Notice("noted"),
        Sources((Source("Book", "https://x.yz"), Source("Page"), Source("", ""))),
        Choices("Which?", (Choice("v", "l"),)),
        Suggestions(("more?",)),
        notice="end",
    )
    (message,) = stage.said
    assert message.text == "text\n\nWhich?\n\nSources: 1 Book · 2 Page\n\nnoted\n\nend"
    marks = [(entity["type"], entity["offset"], entity["length"]) for entity in message.entities]
    assert marks == [("text_link", 23, 6), ("italic", 40, 5), ("italic", 47, 3)]
    assert stage.buttons == ["choice:7:0", "suggest:7:0", "like:7", "dislike:7"]


async def test_what_buttons_stand_for_is_remembered_before_they_are_seen(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", "403:Forbidden: blocked")
    await stage.deliver(TextDelta("a"), Choices("", (Choice("v", "l"),)), Suggestions(("s",)))
    assert stage.hall.remembered(f"options:{PERSON}::{PERSON}:7") == {
        "person": str(PERSON),
        "choices": [{"value": "v", "label": "l"}],
        "suggestions": ["s"],
        "message": "",
    }


async def test_an_answer_is_known_by_its_last_message(stage: Stage) -> None:
    await stage.deliver(TextDelta("long words " * 600))
    first, last = stage.said
    assert f"sent:{PERSON}:{first.id}" not in stage.hall.memory
    assert stage.hall.remembered(f"sent:{PERSON}:{last.id}") == {
        "turn": "7",
        "person": str(PERSON),
        "place": str(PERSON),
        "thread": "",
    }


async def test_a_failed_answer_can_be_asked_for_again(stage: Stage) -> None:
    stage.asked = 9
    await stage.deliver(TextDelta("half"), state=EndState.FAILED, notice="Sorry.")
    assert stage.texts == ["half\n\nSorry."]
    assert stage.buttons == ["retry:7"]
    question = {"person": str(PERSON), "message": "9"}
    assert stage.hall.remembered(f"turn:{PERSON}::{PERSON}:7") == question


async def test_a_stopped_answer_keeps_what_was_shown(stage: Stage) -> None:
    await stage.deliver(TextDelta("half"), state=EndState.STOPPED, notice="Stopped.")
    assert stage.texts == ["half\n\nStopped."]
    assert stage.said[0].keyboard == []


async def test_an_answer_that_comes_later_shows_nothing(stage: Stage) -> None:
    assert await stage.deliver(state=EndState.AWAITING) == Sent()
    assert stage.said == []


async def test_nor_does_it_leave_behind_what_the_bot_did(group: Stage) -> None:
    group.configured(show_steps=True)
    assert await group.deliver(Status("plan"), state=EndState.AWAITING, pause=0.2) == Sent()
    assert group.count("sendMessage") == 1
    assert group.said == []


async def test_buttons_alone_are_a_message(stage: Stage) -> None:
    await stage.deliver(Suggestions(("more?",)))
    assert stage.texts == ["…"]
    assert stage.buttons == ["suggest:7:0"]


async def test_feedback_is_asked_for_where_it_can_be_given(stage: Stage) -> None:
    stage.configured(feedback=False)
    await stage.deliver(TextDelta("a"))
    assert stage.said[-1].keyboard == []
    stage.configured()
    stage.notes.parts.clear()
    stage.question = "/new"
    await stage.deliver(TextDelta("a"))
    assert stage.said[-1].keyboard == []


async def test_what_was_replaced_is_not_shown(group: Stage) -> None:
    events = (TextDelta("a secret of the house. " * 300), TextReplace("sorry"), TextDelta("!"))
    await group.deliver(*events, pause=0.1)
    assert group.texts == ["sorry!"]


async def test_a_push_is_sent_and_answers_nobody(group: Stage) -> None:
    assert await group.deliver(*WORDS, pause=0.002, asked=False) == Sent()
    (message,) = group.said
    assert (message.text, message.reply_to, message.keyboard) == (WHOLE.strip(), 0, [])
    assert [call.method for call in group.telegram.calls] == ["sendMessage"]


async def test_what_was_shown_before_is_not_taken_back(group: Stage) -> None:
    await group.writer(Way.EDIT).show(Frame(WHOLE))
    before = group.texts
    group.telegram.calls.clear()
    reply = group.reply()
    delivering = asyncio.create_task(group.outbound.deliver(reply))
    reply.show(TextDelta("A shorter text that is another one"))
    await group.until(lambda: group.telegram.bot.actions)
    await asyncio.sleep(0.1)
    assert group.texts == before
    reply.end(EndState.DONE)
    assert await delivering == Sent()
    assert group.texts == ["A shorter text that is another one"]


async def test_a_group_that_has_moved_is_answered_where_it_is(group: Stage) -> None:
    group.chat = -5
    await group.homes.moved(-5, GROUP)
    await group.deliver(TextDelta("a"))
    assert [(m.text, m.reply_to) for m in group.telegram.said(GROUP)] == [("a", 0)]


async def test_a_group_that_moves_meanwhile_is_followed(group: Stage) -> None:
    group.chat = -5
    group.telegram.chat(-5).migrated_to = GROUP
    assert await group.deliver(TextDelta("a")) == Sent()
    assert group.telegram.texts(GROUP) == ["a"]


# What becomes of it.


@pytest.mark.parametrize(
    "fault",
    [
        "403:Forbidden: bot was kicked from the group chat",
        "400:Bad Request: chat not found",
        "400:Bad Request: not enough rights to send text messages to the chat",
        "400:Bad Request: CHAT_WRITE_FORBIDDEN",
        "403:Forbidden: user is deactivated",
        "400:Bad Request: TOPIC_CLOSED",
    ],
)
async def test_what_telegram_will_never_take_is_undeliverable(group: Stage, fault: str) -> None:
    group.telegram.faults.broken["*"] = fault
    outcome = await group.deliver(*WORDS, pause=0.005)
    assert isinstance(outcome, Undeliverable)
    assert fault.partition(":")[2] in outcome.reason
    assert group.count("sendMessage") == 2


@pytest.mark.parametrize("fault", ["401:Unauthorized", "404:Not Found"])
async def test_what_an_operator_can_mend_is_tried_again(stage: Stage, fault: str) -> None:
    stage.telegram.faults.broken["*"] = fault
    outcome = await stage.deliver(TextDelta("a"))
    assert outcome == NotSent("unauthorized", outbound.MENDED_SECONDS)
    stage.telegram.faults.broken.clear()
    assert await stage.deliver(TextDelta("a")) == Sent()
    assert stage.texts == ["a"]


async def test_limits_of_minutes_are_waited_out_elsewhere(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", "429:300")
    outcome = await stage.deliver(TextDelta("a"))
    assert isinstance(outcome, NotSent)
    assert 290 < outcome.retry_after <= 300
    assert stage.notes.parts == {}


async def test_while_telegram_is_away_nothing_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FINAL_SECONDS", 0.0)
    there, stage.api = stage.api, Api(stage.hall.http, "http://127.0.0.1:1", stage.telegram.token)
    stage.configured()
    assert await stage.deliver(TextDelta("a")) == NotSent("not sent: Unreached", 5.0)
    stage.api = there
    stage.configured()
    assert await stage.deliver(TextDelta("a")) == Sent()
    assert stage.texts == ["a"]


async def test_a_send_that_may_have_been_done_is_done_by_the_next_attempt(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", "cut before")
    assert isinstance(await stage.deliver(TextDelta("a")), NotSent)
    assert stage.notes.parts["0"] == ""
    assert await stage.deliver(TextDelta("a")) == Sent()
    assert stage.texts == ["a"]


async def test_no_reason_holds_the_token(stage: Stage) -> None:
    for fault in ("404:Not Found", "400:Bad Request: no", "cut before", "429:99", "garbage"):
        stage.telegram.fail("sendMessage", fault)
        outcome = await stage.deliver(TextDelta("a"))
        assert stage.telegram.token.partition(":")[2] not in repr(outcome)
        stage.pace = pacing.Pace("telegram", stage.hall.allow)
        stage.telegram.faults.quiet.clear()
        stage.configured()


async def test_a_delivery_that_is_cancelled_leaves_nothing_running(stage: Stage) -> None:
    delivering = asyncio.create_task(stage.outbound.deliver(stage.reply()))
    await stage.until(lambda: stage.telegram.calls)
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in left if "/adapters/" in repr(task)]


# When frames are due.


def wait(clock: Tempo, text: str, way: Way, doing: str = "") -> float | None:
    seconds = clock.wait(Frame(text, doing), way)
    return None if seconds is None else round(seconds, 1)


async def test_the_tempo_of_drafts() -> None:
    clock = Tempo(private=True)
    assert wait(clock, "", Way.DRAFT) == 0.3
    assert wait(clock, "a", Way.DRAFT) == 0.3
    clock.shown(Frame("a"))
    assert wait(clock, "a", Way.DRAFT) == 20.0
    assert wait(clock, "ab", Way.DRAFT) == 0.8
    assert wait(clock, "a" * 8000, Way.DRAFT) == 1.6
    clock.rest(30.0)
    assert wait(clock, "ab", Way.DRAFT) == 30.0


@pytest.mark.parametrize(("private", "seconds"), [(True, 1.1), (False, 3.1)])
async def test_the_tempo_of_edits(private: bool, seconds: float) -> None:
    clock = Tempo(private=private)
    assert wait(clock, "", Way.EDIT) is None
    assert wait(clock, "", Way.EDIT, "plan") == 1.0
    assert wait(clock, "a", Way.EDIT) == 1.0
    assert wait(clock, "a" * 20, Way.EDIT) == 0.0
    clock.shown(Frame("a"))
    assert wait(clock, "a", Way.EDIT) is None
    assert wait(clock, "ab", Way.EDIT) == seconds
    for _ in range(99):
        clock.shown(Frame("a"))
    assert wait(clock, "ab", Way.EDIT) == round(3 * seconds, 1)


async def test_without_streaming_no_frame_is_due() -> None:
    assert wait(Tempo(private=True), "a" * 99, Way.OFF) is None


async def test_between_two_frames_nobody_is_woken() -> None:
    clock = Tempo(private=True)
    assert not clock.is_set(Frame("a"), Way.EDIT)
    clock.shown(Frame("a"))
    assert not clock.is_set(Frame("a"), Way.DRAFT)
    assert clock.is_set(Frame("ab"), Way.DRAFT)
    assert clock.is_set(Frame(), Way.OFF)
