"""Buttons, ratings, forms and the message shortcut."""

import json
from typing import Any

import pytest
from support.slack import Message

from gateway.model import Rating

ASKED = [{"type": "section", "text": {"type": "mrkdwn", "text": "which one?"}}]


def button(action: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def answer(team: Any, thread: str, blocks: Any = (), text: str = "the answer") -> Message:
    """An answer of the bot, of turn 4 in T1:C1."""
    ts = team.slack.new_ts()
    record = {"turn": "4", "place": "T1:C1", "thread": thread, "person": "T1:U1"}
    team.desk.memory[f"turn:C1:{ts}"] = json.dumps(record).encode()
    message = Message(
        ts=ts,
        channel="C1",
        thread_ts=thread,
        user="UBOT",
        bot_id="BBOT",
        text=text,
        blocks=list(blocks),
    )
    kept: Message = team.slack.keep(message)
    return kept


async def press(team: Any, message: Message, action: dict[str, Any], **more: Any) -> int:
    status: int = (await team.slack.action(team.url, message, action, **more)).status
    await team.settled()
    assert not team.slack.complaints
    return status


def feedback(value: str, at: str = "1700000000.1") -> dict[str, Any]:
    return {"type": "feedback_buttons", "action_id": "feedback", "value": value, "action_ts": at}


async def test_a_like_reaches_the_bot(team: Any) -> None:
    message = answer(team, "1.1")
    assert await press(team, message, feedback("like")) == 200
    [(origin, turn, rating, comment)] = team.desk.rated
    assert (turn, rating, comment) == ("4", Rating.LIKE, "")
    assert (origin.address.place, origin.address.thread) == ("T1:C1", "1.1")
    [thanks] = team.slack.ephemerals
    assert (thanks["user"], thanks["thread_ts"]) == ("U1", "1.1")
    assert not team.slack.views


async def test_the_same_button_again_takes_it_back(team: Any) -> None:
    message = answer(team, "1.1")
    for at in ("1.1", "1.1", "1.2", "1.3"):
        await press(team, message, feedback("like", at))
    given = [rating for _, _, rating, _ in team.desk.rated]
    assert given == [Rating.LIKE, Rating.LIKE, Rating.NONE, Rating.LIKE]
    await press(team, message, feedback("dislike", "1.4"))
    await press(team, message, feedback("dislike", "1.5"), user="U2")
    assert [rating for _, _, rating, _ in team.desk.rated][4:] == [Rating.DISLIKE] * 2


async def test_after_a_dislike_the_person_may_say_why(team: Any) -> None:
    message = answer(team, "1.1")
    await press(team, message, feedback("dislike"))
    assert [rating for _, _, rating, _ in team.desk.rated] == [Rating.DISLIKE]
    [view] = team.slack.views.values()
    values = {"comment": {"comment": {"type": "plain_text_input", "value": " too old "}}}
    sent = await team.slack.view_submission(team.url, view, values)
    await team.settled()
    assert (sent.status, sent.body) == (200, "")
    assert [(turn, *said) for _, turn, *said in team.desk.rated[1:]] == [
        ("4", Rating.DISLIKE, "too old")
    ]


async def test_nothing_written_is_nothing_said(team: Any) -> None:
    await press(team, answer(team, "1.1"), feedback("dislike"))
    [view] = team.slack.views.values()
    values = {"comment": {"comment": {"type": "plain_text_input", "value": None}}}
    assert (await team.slack.view_submission(team.url, view, values)).status == 200
    await team.settled()
    assert len(team.desk.rated) == 1


@pytest.mark.parametrize("value", ["like", "dislike"])
async def test_an_unknown_message_cannot_be_rated(team: Any, value: str) -> None:
    message = answer(team, "1.1")
    team.desk.memory.clear()
    assert await press(team, message, feedback(value)) == 200
    assert not team.desk.rated
    assert not team.slack.views


async def test_a_choice_is_a_message_and_shown_as_one(team: Any) -> None:
    buttons = [button("choice:0", "Red", "r"), button("choice:1", "Green", "g")]
    message = answer(team, "1.1", [*ASKED, {"type": "actions", "elements": buttons}])
    assert await press(team, message, buttons[1]) == 200
    [said] = team.desk.admitted
    assert (said.text, said.id) == ("g", f"C1:{message.ts}:choice")
    assert (said.origin.address.place, said.origin.address.thread) == ("T1:C1", "1.1")
    assert said.origin.person.id == "T1:U1"
    text, kept, shown = message.blocks
    assert text == {"type": "markdown", "text": "the answer"}
    assert kept == ASKED[0]
    assert shown["elements"][0]["text"] == "✓ Green"


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (ASKED[0], "which one?"),
        ({"type": "markdown", "text": "the answer"}, "the answer"),
        ({"type": "rich_text", "elements": []}, "the answer"),
        (ASKED[0], ""),
    ],
)
async def test_what_the_blocks_say_is_not_said_twice(
    team: Any, block: dict[str, Any], text: str
) -> None:
    choice = button("choice:0", "Red", "r")
    message = answer(team, "1.1", [block, {"type": "actions", "elements": [choice]}], text)
    await press(team, message, choice)
    assert [shown["type"] for shown in message.blocks] == [block["type"], "context"]


async def test_an_answer_that_cannot_be_shown_again_is_left_as_it_is(team: Any) -> None:
    choice = button("choice:0", "Red", "r")
    message = answer(team, "1.1", [{"type": "actions", "elements": [choice]}], "a" * 12_001)
    await press(team, message, choice)
    assert not team.slack.called("chat.update")
    assert len(team.desk.admitted) == 1


async def test_a_choice_is_made_once(team: Any) -> None:
    buttons = [button("choice:0", "Red", "r"), button("choice:1", "Green", "g")]
    message = answer(team, "1.1", [*ASKED, {"type": "actions", "elements": buttons}])
    for chosen in (buttons[0], buttons[0], buttons[1]):
        assert await press(team, message, chosen) == 200
    assert [said.text for said in team.desk.admitted] == ["r"]


async def test_a_text_beside_the_buttons_is_not_lost_with_them(team: Any) -> None:
    suggestion = button("suggest:0", "And then?", "And then, what?")
    message = answer(team, "1.1", [{"type": "actions", "elements": [suggestion]}])
    await press(team, message, suggestion)
    assert [said.text for said in team.desk.admitted] == ["And then, what?"]
    assert message.blocks[0] == {"type": "markdown", "text": "the answer"}
    assert message.blocks[1]["type"] == "context"


async def test_a_choice_counts_although_it_cannot_be_shown(team: Any) -> None:
    choice = button("choice:0", "Red", "r")
    message = answer(team, "1.1", [*ASKED, {"type": "actions", "elements": [choice]}])
    team.slack.fail("chat.update", "cant_update_message")
    assert await press(team, message, choice) == 200
    assert [said.text for said in team.desk.admitted] == ["r"]


async def test_while_the_store_is_away_a_press_is_refused(team: Any) -> None:
    message = answer(team, "1.1", [{"type": "actions", "elements": [button("choice:0", "R", "r")]}])
    await team.slack.event(team.url, team.slack.message())
    team.desk.down = True
    for action in (button("choice:0", "R", "r"), feedback("like"), button("retry", "Again", "x")):
        assert await press(team, message, action) == 503


async def test_a_question_is_asked_again(team: Any) -> None:
    mention = team.slack.mention(text="hello")
    await team.slack.event(team.url, mention)
    failed = answer(team, mention["ts"])
    again = button("retry", "Try again", f"C1:{mention['ts']}")
    for _ in range(2):
        assert await press(team, failed, again, user="U2") == 200
    first, second = team.desk.admitted
    assert second.text == first.text == "hello"
    assert second.id == f"C1:{failed.ts}:retry"
    assert second.origin.address == first.origin.address
    assert second.origin.person.id == "T1:U2"


async def test_only_a_question_of_the_same_conversation_is_asked_again(team: Any) -> None:
    mention = team.slack.mention(text="hello")
    await team.slack.event(team.url, mention)
    elsewhere = answer(team, team.slack.mention()["ts"])
    await press(team, elsewhere, button("retry", "Try again", f"C1:{mention['ts']}"))
    assert len(team.desk.admitted) == 1


async def test_who_asks_again_for_what_is_forgotten_is_told(team: Any) -> None:
    thread = team.slack.mention()["ts"]
    await press(team, answer(team, thread), button("retry", "Try again", "C1:1.1"))
    assert not team.desk.admitted
    assert [told["thread_ts"] for told in team.slack.ephemerals] == [thread]


async def test_unknown_buttons_are_acknowledged(team: Any) -> None:
    message = answer(team, "1.1")
    for action in (button("other", "x", "y"), feedback("love"), {"action_id": "choice:0"}):
        assert await press(team, message, action) == 200
    assert not team.desk.admitted
    assert not team.desk.rated


async def ask_about(team: Any, message: Message, question: str) -> Any:
    assert (await team.slack.shortcut(team.url, message, "ask_about")).status == 200
    await team.settled()
    view = list(team.slack.views.values())[-1]
    values = {"question": {"question": {"type": "plain_text_input", "value": question}}}
    sent = await team.slack.view_submission(team.url, view, values)
    await team.settled()
    return sent


def said_by_others(team: Any) -> Message:
    event = team.slack.message(channel="C1", user="U2", text="1 &lt; 2\nis known")
    found: Message = team.slack.find("C1", event["ts"])
    return found


async def test_a_question_about_a_message_is_asked_in_its_thread(team: Any) -> None:
    message = said_by_others(team)
    sent = await ask_about(team, message, "Is that <so>?")
    assert (sent.status, sent.body) == (200, "")
    [shown] = team.slack.thread("C1", message.ts)
    assert shown.text == "<@U1> asks:\n> Is that &lt;so&gt;?"
    [asked] = team.desk.admitted
    assert asked.text == "Is that <so>?\n\n> 1 < 2\n> is known"
    assert (asked.origin.address.thread, asked.id) == (message.ts, f"C1:{shown.ts}")
    assert not team.slack.complaints


async def test_where_the_bot_is_not_let_in_it_answers_directly(team: Any) -> None:
    message = said_by_others(team)
    team.slack.fail("chat.postMessage", "not_in_channel")
    assert (await ask_about(team, message, "Really?")).body == ""
    [asked] = team.desk.admitted
    assert asked.origin.facts["slack_channel_type"] == "im"
    assert asked.origin.address.thread == asked.origin.facts["ts"]


async def test_a_question_that_could_not_be_taken_stays_in_its_form(team: Any) -> None:
    message = said_by_others(team)
    await team.slack.event(team.url, team.slack.message())
    team.slack.fail("chat.postMessage", "500")
    sent = await ask_about(team, message, "Really?")
    assert sent.json()["response_action"] == "errors"
    assert "try again" in sent.json()["errors"]["question"]


async def test_forms_of_others_are_acknowledged(team: Any) -> None:
    for view in ({"callback_id": "other"}, {"callback_id": "comment", "private_metadata": "{"}):
        sent = await team.slack.view_submission(team.url, {"type": "modal"} | view, {})
        assert sent.status == 200
