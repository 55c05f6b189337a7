"""One reply, from its first event to its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from support.outgoing import Given, Notes, delivery, told
from support.slack import Message, Slack, slack

from adapters.channels.slack import rendering, writer
from adapters.channels.slack.config import Config
from adapters.channels.slack.installs import OneWorkspace
from adapters.channels.slack.outbound import Outbound
from gateway.delivery import Delivery
from gateway.model import (
    Attachment,
    Choice,
    Choices,
    EndState,
    File,
    Notice,
    ShownEvent,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)
from gateway.ports import NotSent, Outcome, Sent, Undeliverable

KEYS = {"kind": "slack", "bot_token": "xoxb-test", "signing_secret": "secret"}
WORDS = [TextDelta(f"word{n} ") for n in range(60)]
WHOLE = "".join(word.text for word in WORDS)


class Door:
    name = "slack"


class Stage:
    """A thread in Slack, and what delivers answers into it."""

    def __init__(self, stand_in: Slack, http: aiohttp.ClientSession) -> None:
        self.slack = stand_in
        self.http = http
        self.given = Given(http)
        self.notes = Notes()
        self.root = stand_in.message(channel="C1", text="?")["ts"]
        self.facts = {"user": "U1", "team": "T1", "ts": self.root, "thread": self.root}
        self.outbound = self.configured()

    def configured(self, **keys: Any) -> Outbound:
        config = Config.model_validate(KEYS | {"api_url": self.slack.api_url} | keys)
        installs = OneWorkspace("slack", "xoxb-test", self.slack.api_url, self.http)
        self.outbound = Outbound(Door(), config, self.given, installs)  # type: ignore[arg-type]
        return self.outbound

    def reply(self) -> Delivery:
        return delivery("T1:C1", self.root, self.notes, self.facts)

    async def deliver(
        self,
        *events: ShownEvent,
        state: EndState = EndState.DONE,
        notice: str = "",
        pause: float = 0.0,
    ) -> Outcome:
        reply = self.reply()
        async with asyncio.timeout(20):
            telling = told(reply, events, state, notice, pause)
            outcome, _ = await asyncio.gather(self.outbound.deliver(reply), telling)
            await self.outbound.stop()
        return outcome

    async def until(self, ready: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not ready():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    @property
    def messages(self) -> list[Message]:
        return self.slack.thread("C1", self.root)

    @property
    def kinds(self) -> list[str]:
        return [str(block["type"]) for block in self.messages[-1].blocks]

    @property
    def session(self) -> str:
        return str(self.slack.sessions.get(("C1", self.root), {}).get("status", ""))


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(rendering, "FIRST_SECONDS", 0.02)
    monkeypatch.setattr(rendering, "FLUSH_SECONDS", 0.03)
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    async with slack() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


async def test_an_answer_grows_in_its_thread(stage: Stage) -> None:
    assert await stage.deliver(*WORDS, pause=0.005) == Sent()
    (message,) = stage.messages
    assert (message.text, message.streamed, message.streaming) == (WHOLE, True, False)
    assert len(stage.slack.called("chat.appendStream")) > 1
    assert stage.kinds == ["context_actions"]
    assert stage.session == "active"
    assert stage.notes.shown == WHOLE


async def test_the_first_words_are_there_soon(stage: Stage) -> None:
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    reply.show(TextDelta("Hello"))
    await stage.until(lambda: [message.text for message in stage.messages] == ["Hello"])
    reply.end(EndState.DONE)
    assert await delivering == Sent()
    await stage.outbound.stop()


async def test_an_answer_can_be_found_by_its_message(stage: Stage) -> None:
    await stage.deliver(TextDelta("a " * 8000))
    assert len(stage.messages) == 2
    for message in stage.messages:
        assert stage.given.remembered(f"turn:C1:{message.ts}") == {
            "turn": "7",
            "place": "T1:C1",
            "thread": stage.root,
            "person": "T1:U1",
        }


async def test_what_the_bot_does_is_no_part_of_the_answer(stage: Stage) -> None:
    events = (Thought("hm"), ToolUse("t"), Status("s"), TextDelta("a"))
    await stage.deliver(*events, pause=0.05)
    assert [message.text for message in stage.messages] == ["a"]
    assert stage.messages[0].tasks == {}


async def test_steps_are_cards_when_they_are_wanted(stage: Stage) -> None:
    stage.configured(show_steps=True)
    events = (Status("plan"), ToolUse("search"), ToolUse("search", True), TextDelta("found"))
    await stage.deliver(*events, pause=0.05)
    (message,) = stage.messages
    assert message.text == "found"
    cards = [(task["title"], task["status"]) for task in message.tasks.values()]
    assert cards == [("plan", "complete"), ("search", "complete")]


async def test_sentences_of_the_gateway_stand_below(stage: Stage) -> None:
    await stage.deliver(Notice("first"), *WORDS, Notice("second"), pause=0.005)
    assert stage.messages[0].text == WHOLE
    notes = [b["elements"][0]["text"] for b in stage.messages[0].blocks if b["type"] == "context"]
    assert notes == ["first", "second"]


async def test_a_failed_answer_can_be_asked_for_again(stage: Stage) -> None:
    await stage.deliver(TextDelta("half"), state=EndState.FAILED, notice="Sorry.")
    (message,) = stage.messages
    assert message.text == "half"
    assert stage.kinds == ["markdown", "context", "actions"]
    (button,) = message.blocks[-1]["elements"]
    assert (button["action_id"], button["value"]) == ("retry", "T1:C1:1")


async def test_a_failure_without_words_is_told(stage: Stage) -> None:
    await stage.deliver(state=EndState.FAILED, notice="Sorry.")
    assert stage.messages[0].text == "Sorry."
    assert stage.kinds == ["context", "actions"]


async def test_an_answer_that_comes_later_shows_nothing(stage: Stage) -> None:
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    await stage.until(lambda: stage.session == "processing")
    reply.end(EndState.AWAITING)
    assert await delivering == Sent()
    await stage.outbound.stop()
    assert stage.messages == []
    assert stage.session == "active"


async def test_all_that_belongs_to_an_answer_is_there(stage: Stage) -> None:
    stage.given.files["blob:1"] = b"data"
    await stage.deliver(
        TextDelta("text"),
        Sources((Source("Book", "https://x.y"),)),
        Choices("Which?", (Choice("v", "l"),)),
        Suggestions(("more?",)),
        File(Attachment("a.pdf", "application/pdf", "blob:1", 4)),
    )
    answer, file = stage.messages
    assert [block["type"] for block in answer.blocks] == [
        "markdown", "section", "actions", "context", "actions", "context_actions",
    ]  # fmt: skip
    assert [each["name"] for each in file.files] == ["a.pdf"]


async def test_a_file_needs_no_text(stage: Stage) -> None:
    stage.given.files["blob:1"] = b"data"
    await stage.deliver(File(Attachment("a.pdf", "application/pdf", "blob:1", 4)))
    (message,) = stage.messages
    assert len(message.files) == 1


async def test_choices_need_no_text(stage: Stage) -> None:
    await stage.deliver(Choices("Which?", (Choice("v", "l"),)))
    assert stage.messages[0].text == "Which?"
    assert stage.kinds == ["section", "actions"]


async def test_what_was_replaced_is_not_shown(stage: Stage) -> None:
    await stage.deliver(TextDelta("secret"), TextReplace("sorry"), TextDelta("!"), pause=0.08)
    assert [message.text for message in stage.messages] == ["sorry!"]
    assert not stage.messages[0].streaming


async def test_what_means_something_else_now_does_not_disturb_a_stream(stage: Stage) -> None:
    # What was a whole piece of code is the beginning of a longer one.
    await stage.deliver(TextDelta("see `a`"), TextDelta("`b"), pause=0.08)
    assert stage.messages[0].text == "see `a``b"
    assert stage.slack.called("chat.update") == []


async def test_the_stop_button_stops_the_bot(stage: Stage) -> None:
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    reply.show(TextDelta("one "))
    await stage.until(lambda: stage.messages)
    stage.messages[0].stopped = True
    reply.show(TextDelta("two"))
    await stage.until(lambda: stage.given.halted)
    reply.end(EndState.STOPPED, "Stopped.")
    assert await delivering == Sent()
    await stage.outbound.stop()
    assert len(stage.given.halted) == 1
    assert stage.messages[0].text == "one two"
    assert stage.session == "active"


async def test_what_nobody_asked_for_is_one_message(stage: Stage) -> None:
    stage.facts = {}
    await stage.deliver(*WORDS, pause=0.002)
    (message,) = stage.messages
    assert (message.text, message.streamed) == (WHOLE, False)
    assert [call.method for call in stage.slack.calls] == ["auth.test", "chat.postMessage"]


async def test_a_chat_without_threads_is_edited(stage: Stage) -> None:
    stage.facts |= {"thread": ""}
    await stage.deliver(TextDelta("a"), TextDelta("b"), pause=0.1)
    messages = [message for message in stage.slack.posted("C1") if not message.thread_ts]
    assert [(message.text, message.streamed) for message in messages] == [("ab", False)]


@pytest.mark.parametrize("keys", [{"agent": False}, {"stream": "edit"}, {"stream": "off"}])
async def test_a_plain_bot_streams_nothing(stage: Stage, keys: dict[str, Any]) -> None:
    stage.configured(**keys)
    await stage.deliver(*WORDS, pause=0.005)
    assert [(message.text, message.streamed) for message in stage.messages] == [(WHOLE, False)]
    posted, edited = (len(stage.slack.called(f"chat.{m}")) for m in ("postMessage", "update"))
    assert (posted, edited > 0) == (1, "off" not in keys.values())


@pytest.mark.parametrize(
    "code", ["is_archived", "not_in_channel", "channel_not_found", "messages_tab_disabled"]
)
async def test_what_slack_never_takes_is_given_up(stage: Stage, code: str) -> None:
    stage.slack.closed["C1"] = code
    assert await stage.deliver(*WORDS, pause=0.002) == Undeliverable(code)
    assert stage.notes.parts == {}


async def test_what_slack_cannot_take_now_is_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FINAL_SECONDS", 0.05)
    stage.slack.fail("chat.postMessage", "429:30")
    outcome = await stage.deliver(TextDelta("a"))
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after >= 29
    stage.configured()
    stage.slack.broken["chat.postMessage"] = "500"
    assert isinstance(await stage.deliver(TextDelta("a")), NotSent)
    stage.slack.broken.clear()
    assert await stage.deliver(TextDelta("a")) == Sent()
    assert [message.text for message in stage.messages] == ["a"]


async def test_nobody_answers_where_the_app_is_not_installed(stage: Stage) -> None:
    stage.slack.tokens.clear()
    assert await stage.deliver(TextDelta("a")) == Undeliverable("not_installed")


async def test_an_answer_may_be_delivered_from_the_start_again(stage: Stage) -> None:
    for _ in range(2):
        assert await stage.deliver(*WORDS, pause=0.002) == Sent()
        assert [message.text for message in stage.messages] == [WHOLE]


async def test_what_was_shown_is_not_taken_back_while_it_comes_again(stage: Stage) -> None:
    reply = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(reply))
    reply.show(TextDelta("one two three"))
    await stage.until(lambda: stage.messages)
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)
    again = stage.reply()
    delivering = asyncio.create_task(stage.outbound.deliver(again))
    again.show(TextDelta("one"))
    await asyncio.sleep(0.1)
    assert [message.text for message in stage.messages] == ["one two three"]
    again.show(TextDelta(" two three four"))
    again.end(EndState.DONE)
    assert await delivering == Sent()
    assert [message.text for message in stage.messages] == ["one two three four"]


async def test_one_that_is_cancelled_leaves_no_status(stage: Stage) -> None:
    delivering = asyncio.create_task(stage.outbound.deliver(stage.reply()))
    await stage.until(lambda: stage.session == "processing")
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    await stage.outbound.stop()
    assert stage.session == "active"


async def test_another_organisations_person_is_named_with_their_team(stage: Stage) -> None:
    stage.facts |= {"team": "T9", "user": "U9"}
    await stage.deliver(*WORDS, pause=0.002)
    started = stage.slack.called("chat.startStream")[0].args
    assert (started["recipient_team_id"], started["recipient_user_id"]) == ("T9", "U9")
