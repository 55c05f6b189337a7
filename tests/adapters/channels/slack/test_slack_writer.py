"""The whole answer arrives, whatever goes wrong on the way."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from support.outgoing import Given, Notes, delivery
from support.slack import Message, Slack, slack

from adapters.channels.slack import api, parts, writer
from adapters.channels.slack.api import Api, Limited, Refused
from adapters.channels.slack.blocks import below, card
from adapters.channels.slack.markdown import steady
from adapters.channels.slack.messages import Messages, Place
from adapters.channels.slack.pacing import Pace
from adapters.channels.slack.room import layout
from adapters.channels.slack.workspace import Workspace
from adapters.channels.slack.writer import Writer
from gateway.markdown import Fence, fence_behind

FEEDBACK = [{"type": "context", "elements": [{"type": "plain_text", "text": "below"}]}]


class Stage:
    """A thread in Slack, and a writer of an answer in it."""

    def __init__(self, stand_in: Slack, http: aiohttp.ClientSession) -> None:
        self.slack = stand_in
        self.given = Given(http)
        self.notes = Notes()
        caller = Api(http, stand_in.api_url, "xoxb-test")
        self.workspace = Workspace(caller, Pace(self.given.allow, "T1"), "UBOT", "BBOT")
        self.root = stand_in.message(channel="C1", text="?")["ts"]

    def writer(self, way: str = "auto", **place: Any) -> Writer:
        where = {"thread": self.root, "user": "U1", "team": "T1", "since": self.root} | place
        reply = delivery("T1:C1", self.root, self.notes, {"user": "U1"})
        return Writer(Messages(self.workspace, Place("C1", **where), reply), way)

    @property
    def messages(self) -> list[Message]:
        return self.slack.thread("C1", self.root)

    @property
    def said(self) -> list[str]:
        return [message.text for message in self.messages]

    def count(self, method: str) -> int:
        return len(self.slack.called(method))


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    monkeypatch.setattr(parts, "EDIT_SECONDS", 0.0)
    async with slack() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


async def test_an_answer_is_streamed_into_one_message(stage: Stage) -> None:
    answer = stage.writer()
    for text in ("Hello", "Hello world", "Hello world"):
        await answer.show(text)
        assert stage.said == [text]
        assert stage.messages[0].streaming
    await answer.finish("Hello world!", FEEDBACK)
    (message,) = stage.messages
    assert (message.text, message.streaming, message.blocks) == ("Hello world!", False, FEEDBACK)
    assert message.metadata["event_payload"] == {"turn": "7", "part": "0"}
    methods = ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    assert [call.method for call in stage.slack.calls] == methods
    assert stage.notes.shows == ["Hello", "Hello world", "Hello world!"]
    assert stage.notes.parts == {"0": message.ts}
    assert answer.idle
    assert stage.slack.calls[0].args["recipient_user_id"] == "U1"
    assert stage.slack.calls[0].args["recipient_team_id"] == "T1"


async def test_an_answer_that_is_there_at_once_is_posted(stage: Stage) -> None:
    await stage.writer().finish("all", FEEDBACK)
    (message,) = stage.messages
    assert message.text == "all"
    assert [block["type"] for block in message.blocks] == ["markdown", "context"]
    assert [call.method for call in stage.slack.calls] == ["chat.postMessage"]


async def test_blocks_alone_are_a_message(stage: Stage) -> None:
    await stage.writer().finish("", FEEDBACK, "below")
    assert stage.messages[0].blocks == FEEDBACK
    assert stage.said == ["below"]


async def test_nothing_is_no_message(stage: Stage) -> None:
    await stage.writer().finish(" \n")
    assert stage.slack.calls == []


def long(seed: int, size: int = 30_000) -> str:
    chance = random.Random(seed)
    words = [
        "word",
        "**bold**",
        "Tiếng Việt",
        "漢字。",
        "`x`",
        "end.\n\n",
        "\n```py\nx = 1\n```\n",
        "🇻🇳",
    ]
    text = ""
    while len(text.encode()) < size:
        text += chance.choice(words) + " "
    return text


async def written(answer: Writer, text: str, chance: random.Random) -> None:
    at = 0
    while at < len(text):
        at += chance.randint(1, 4000)
        await answer.show(steady(text[:at]))
    await answer.finish(text)


def whole(stage: Stage, text: str) -> None:
    """Every message shows a slice of the answer, with what heals it; together they are it."""
    assert not any(message.streaming for message in stage.messages)
    assert are_slices(stage.said, text, None)


def are_slices(said: list[str], text: str, fence: Fence | None) -> bool:
    if not said:
        return not text
    head = f"{fence[0]}{fence[1]}\n" if fence else ""
    for tail in ("", "```", "\n```"):
        source = said[0].removeprefix(head).removesuffix(tail)
        behind = fence_behind(source, fence)
        healed = bool(behind) == bool(tail) or source == text
        good = healed and head + source + tail == said[0] and text.startswith(source)
        if good and are_slices(said[1:], text[len(source) :], behind):
            return True
    return False


async def test_a_long_answer_goes_on_in_new_messages(stage: Stage) -> None:
    text = long(1)
    await written(stage.writer(), text, random.Random(1))
    whole(stage, text)
    assert [message.text for message in stage.messages] == [p.text for p in layout().cut(text)]
    assert max(len(message.text.encode()) for message in stage.messages) <= 9000


FAULTS = {
    "chat.startStream": ["429:0", "cut before", "cut after", "500", "ratelimited"],
    "chat.appendStream": [
        "429:0", "cut before", "cut after", "500", "message_not_in_streaming_state", "msg_too_long",
    ],
    "chat.stopStream": ["429:0", "cut before", "cut after", "500", "invalid_blocks"],
    "chat.postMessage": ["429:0", "cut before", "cut after", "500"],
    "chat.update": ["429:0", "cut before", "cut after", "500"],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
async def test_the_whole_answer_arrives_through_all_faults(
    stage: Stage, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_seconds", lambda _: 0.01)
    monkeypatch.setattr(api, "LIMITED_SECONDS", 0.01)
    chance = random.Random(seed)
    for method, faults in FAULTS.items():
        stage.slack.fail(method, *chance.choices([*faults, "ok", "ok"], k=6))
    stage.slack.stream_bytes = chance.choice([11_000, 5_000])
    stage.notes.away = chance.choice([0, 3])
    text = long(seed)
    await written(stage.writer(), text, chance)
    whole(stage, text)
    assert list(stage.notes.parts.values()) == [message.ts for message in stage.messages]


@pytest.mark.parametrize("fault", ["unknown_method", "404", "missing_recipient_user_id"])
async def test_where_there_are_no_streams_messages_are_edited(stage: Stage, fault: str) -> None:
    stage.slack.broken["chat.startStream"] = fault
    answer = stage.writer()
    await answer.show("Hello")
    await answer.show("Hello world")
    assert stage.said == ["Hello world"]
    await answer.finish("Hello world!")
    assert stage.said == ["Hello world!"]
    stage.notes = Notes()
    await stage.writer().show("next")
    assert stage.count("chat.startStream") == (2 if fault.startswith("missing") else 1)
    assert all("markdown_text" in call.args for call in stage.slack.called("chat.update"))


async def test_a_stream_that_ran_out_is_corrected_and_followed_by_another(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("one\n")
    stage.messages[0].streaming = False
    await answer.show("one\ntwo")
    assert stage.said == ["one\n", "two"]
    assert stage.count("chat.update") == 1
    await answer.finish("one\ntwo three")
    assert stage.said == ["one\n", "two three"]


async def test_an_old_stream_is_ended_at_a_line(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = stage.writer()
    await answer.show("one")
    monkeypatch.setattr(writer, "STREAM_SECONDS", -1.0)
    await answer.show("one two\n")
    assert stage.said == ["one two\n"]
    await answer.show("one two\nthree")
    assert stage.said == ["one two\n", "three"]
    assert not stage.messages[0].streaming


async def test_what_slack_has_no_room_for_goes_into_another_message(stage: Stage) -> None:
    stage.slack.stream_bytes = 100
    text = "".join(f"line number {n}\n" for n in range(60))
    answer = stage.writer()
    for at in range(50, len(text), 50):
        await answer.show(text[:at])
    await answer.finish(text)
    assert "".join(stage.said) == text


async def test_another_text_replaces_the_first(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("something bad " * 1000)
    assert len(stage.messages) == 2
    await answer.show("sorry")
    await answer.finish("sorry!", FEEDBACK)
    assert stage.said == ["sorry!"]
    assert stage.messages[0].blocks[-1:] == FEEDBACK


@pytest.mark.parametrize("fault", ["unknown_method", "invalid_chunks"])
async def test_an_answer_does_without_cards(stage: Stage, fault: str) -> None:
    stage.slack.fail("chat.startStream", fault)
    answer = stage.writer()
    for _ in range(2):
        assert not await answer.steps([card(0, "search", done=False)])
    assert stage.count("chat.startStream") == 1
    await answer.show("one")
    assert stage.said == ["one"]


async def test_a_person_who_stops_it_is_heard(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("one")
    stage.messages[0].stopped = True
    await answer.show("one two")
    assert answer.stopped
    await answer.show("one two three")
    assert stage.said == ["one"]
    await answer.finish("one two three")
    assert stage.said == ["one two three"]
    assert not stage.messages[0].streaming


async def test_without_a_budget_the_answer_is_posted_once(stage: Stage) -> None:
    stage.given.waits["chat.startStream"] = [9.0]
    stage.given.waits["chat.update"] = [9.0, 9.0]
    answer = stage.writer()
    await answer.show("one")
    await answer.show("one two")
    assert stage.slack.calls == []
    await answer.finish("one two three")
    assert [call.method for call in stage.slack.calls] == ["chat.postMessage"]
    assert stage.said == ["one two three"]


async def test_without_a_stream_to_be_had_soon_the_answer_is_edited(stage: Stage) -> None:
    stage.given.waits["chat.startStream"] = [9.0]
    answer = stage.writer()
    await answer.show("one")
    assert stage.said == ["one"]
    # Its last edit was set aside: it need not wait for others'.
    stage.given.waits["chat.update"] = [9.0]
    await answer.finish("one two three")
    assert [call.method for call in stage.slack.calls] == ["chat.postMessage", "chat.update"]
    assert stage.said == ["one two three"]
    assert stage.given.waits["chat.update"] == [9.0]


async def test_a_stream_that_may_begin_in_a_moment_is_waited_for(stage: Stage) -> None:
    stage.given.waits["chat.startStream"] = [0.5]
    answer = stage.writer()
    assert not await answer.show("one")
    await answer.show("one two")
    assert [call.method for call in stage.slack.calls] == ["chat.startStream"]


async def test_what_is_too_much_in_between_is_left_out(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("one")
    stage.given.waits["chat.appendStream"] = [9.0]
    await answer.show("one two")
    assert stage.said == ["one"]
    await answer.show("one two three")
    assert stage.said == ["one two three"]


async def test_a_limit_that_lasts_gives_the_answer_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FINAL_SECONDS", 0.05)
    stage.slack.fail("chat.postMessage", "429:30")
    with pytest.raises(Limited) as limited:
        await stage.writer().finish("all")
    assert limited.value.retry_after >= 29
    assert stage.notes.parts == {}


async def test_a_refusal_for_good_is_told(stage: Stage) -> None:
    stage.slack.closed["C1"] = "is_archived"
    answer = stage.writer()
    await answer.show("one")
    with pytest.raises(Refused) as refused:
        await answer.finish("one two")
    assert refused.value.code == "is_archived"


async def test_blocks_that_slack_does_not_take_do_not_cost_the_answer(stage: Stage) -> None:
    for method in ("chat.stopStream", "chat.postMessage", "chat.update"):
        stage.slack.fail(method, "invalid_blocks")
    answer = stage.writer()
    await answer.show("one")
    await answer.finish("one two", FEEDBACK)
    assert stage.said == ["one two"]


async def test_feedback_that_slack_does_not_take_costs_nothing_else(stage: Stage) -> None:
    stage.slack.fail("chat.postMessage", "invalid_blocks")
    await stage.writer().finish("one", [*FEEDBACK, *below(feedback=True)])
    assert stage.messages[0].blocks[1:] == FEEDBACK


async def test_a_message_that_was_deleted_comes_again(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("one")
    stage.messages[0].deleted = True
    await answer.finish("one two")
    assert stage.said == ["one two"]


async def test_a_later_attempt_brings_everything_to_its_end(stage: Stage) -> None:
    text = long(3)
    first = stage.writer()
    await first.show(text[:12_000])
    left = stage.said
    assert len(left) > 1
    await stage.writer().finish(text)
    whole(stage, text)
    assert stage.said == [piece.text for piece in layout().cut(text)]


async def test_a_later_attempt_takes_away_what_is_too_much(stage: Stage) -> None:
    await stage.writer().finish("word " * 4000)
    assert len(stage.said) == 3
    await stage.writer().finish("short")
    assert stage.said == ["short"]
    assert list(stage.notes.parts) == ["0"]


@pytest.mark.parametrize("way", ["auto", "off"])
async def test_a_part_that_may_have_been_sent_is_looked_up(stage: Stage, way: str) -> None:
    first = stage.writer(way)
    if way == "auto":
        await first.show("one")
    else:
        await first.finish("one")
    stage.notes.parts["0"] = ""
    await stage.writer(way).finish("one two")
    assert stage.said == ["one two"]
    assert stage.notes.parts == {"0": stage.messages[0].ts}


async def test_a_part_that_cannot_be_looked_up_is_sent_again(stage: Stage) -> None:
    stage.notes.parts["0"] = ""
    stage.slack.fail("conversations.replies", "missing_scope")
    await stage.writer().finish("one")
    assert stage.said == ["one"]


async def test_a_part_that_cannot_be_looked_up_now_is_waited_for(stage: Stage) -> None:
    answer = stage.writer()
    stage.slack.fail("chat.startStream", "cut after")
    await answer.show("one")
    stage.slack.fail("conversations.replies", "429:1", "500")
    for _ in range(2):
        assert not await answer.show("one two")
        stage.workspace.pace = Pace(stage.given.allow, "T1")
    assert await answer.show("one two")
    assert stage.said == ["one two"]


async def test_the_answers_of_others_are_left_alone(stage: Stage) -> None:
    await stage.writer().finish("another turn's")
    turn = stage.messages[0].metadata["event_payload"]
    turn["turn"] = "6"
    stage.notes.parts = {"0": ""}
    await stage.writer().finish("mine")
    assert stage.said == ["another turn's", "mine"]


async def test_nobody_is_called_by_an_answer(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show("hey ")
    await answer.show("hey <!here> and")
    await answer.finish("hey <!here> and <@U2>")
    assert "<!here>" not in stage.said[0]
    assert "<@U2>" not in stage.said[0]
    assert stage.said[0].replace("\u2060", "") == "hey <!here> and <@U2>"
    assert stage.count("chat.update") == 0


async def test_the_store_may_be_away(stage: Stage) -> None:
    answer = stage.writer()
    stage.notes.away = 1
    await answer.show("one")
    assert stage.said == []
    stage.notes.away = 5
    await answer.finish("one two")
    assert stage.said == ["one two"]


async def test_one_that_is_cancelled_leaves_what_it_knows(stage: Stage) -> None:
    stage.slack.fail("chat.startStream", "slow:5")
    showing = asyncio.create_task(stage.writer().show("one"))
    while not stage.slack.calls:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    showing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await showing
    assert stage.notes.parts == {"0": ""}
