"""Buttons: each does what it says once, for whoever it belongs to, and is always answered."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from support.servers import eventually

from adapters.channels.telegram import callbacks
from adapters.channels.telegram.keyboards import Options, keyboard
from adapters.channels.telegram.marks import marked
from gateway.model import Choice, Rating
from gateway.ports import Admission

GROUP = -1_000_000_000_001
CHOICES = (Choice("yes-please", "Yes"), Choice("no-thanks", "No"))


async def answer(
    line: Any, chat: int = 42, thread: int | None = None, *, asked: int = 5, sent: bool = True,
    person: str = "42",
) -> Any:  # fmt: skip
    """An answer of turn 4 with every button there is, as it is remembered."""
    options = Options(person, CHOICES, ("What else?",), str(asked))
    buttons = keyboard("4", options, retry="Try again", feedback=True)
    id_ = await line.channel._outbound._api.send(
        chat, "An answer.", keyboard=buttons, thread=thread
    )
    place, remember = f"{chat}:{thread or ''}", line.desk.memory
    remember[f"options:{place}:{person}:4"] = msgspec.json.encode(options)
    question = {"person": person, "message": str(asked)}
    remember[f"turn:{place}:{person}:4"] = json.dumps(question).encode()
    if sent:
        turn = {"turn": "4", "person": person, "place": str(chat), "thread": str(thread or "")}
        remember[f"sent:{chat}:{id_}"] = json.dumps(turn).encode()
    return line.telegram.messages[chat, id_]


async def press(line: Any, message: Any, data: str, user: int = 42) -> str:
    """What a press is answered with."""
    assert await line.bring(line.telegram.callback(message, data, user=user)) == [200]
    return str(line.telegram.called("answerCallbackQuery")[-1].args.get("text", ""))


def labels(message: Any) -> list[list[str]]:
    """What the buttons say."""
    return [[button["text"] for button in row] for row in message.keyboard]


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize(
    ("data", "rating", "mark"),
    [("like:4", Rating.LIKE, "👍 ✓"), ("dislike:4", Rating.DISLIKE, "👎 ✓")],
)
async def test_feedback_reaches_the_bot_once(
    line: Any, data: str, rating: Rating, mark: str, sent: bool
) -> None:
    shown = await answer(line, sent=sent)
    assert await press(line, shown, data) == "Thank you, this helps."
    assert await press(line, shown, data) == ""
    assert await press(line, shown, "like:4") == ""
    ((origin, turn, given, _),) = line.desk.rated
    assert (origin.address.place, origin.person.id, turn, given) == ("42", "42", "4", rating)
    assert labels(shown) == [["Yes", "No"], ["Try again"], ["What else?"], [mark]]


async def test_feedback_that_the_bot_did_not_take_can_be_given_again(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(*_: object) -> bool:
        return False

    shown = await answer(line)
    with monkeypatch.context() as patch:
        patch.setattr(line.desk, "rate", deaf)
        await press(line, shown, "like:4")
    assert labels(shown)[-1] == ["👍", "👎"]
    await press(line, shown, "like:4")
    assert len(line.desk.rated) == 1


async def test_a_choice_is_said_once_and_shown(line: Any) -> None:
    shown = await answer(line)
    for data in ("choice:4:1", "choice:4:1", "choice:4:0", "suggest:4:0"):
        assert await press(line, shown, data) == ""
    (said,) = line.admitted
    assert (said.text, said.id) == ("no-thanks", f"42:{shown.id}:choice")
    assert said.origin.address.place == "42"
    assert said.origin.facts["message"] == str(shown.id)
    assert labels(shown) == [["No ✓"], ["Try again"], ["👍", "👎"]]


async def test_a_suggestion_is_asked(line: Any) -> None:
    await press(line, await answer(line), "suggest:4:0")
    assert line.texts == ["What else?"]


async def test_a_choice_that_is_not_taken_can_be_made_again(line: Any) -> None:
    shown = await answer(line)
    line.desk.admission = Admission("busy", notice="Too many.")
    await press(line, shown, "choice:4:0")
    assert line.telegram.texts(42) == ["An answer.", "Too many."]
    assert labels(shown)[0] == ["Yes", "No"]
    line.desk.admission = None
    await press(line, shown, "choice:4:0")
    assert line.texts == ["yes-please"]


async def test_a_retry_asks_the_same_again(line: Any) -> None:
    question = line.telegram.private("x" * 4096)
    await line.bring(question)
    shown = await answer(line, asked=question["message"]["message_id"])
    await press(line, shown, "retry:4")
    await press(line, shown, "retry:4")
    first, again = line.admitted
    assert (first.more, again.more) == (True, False)
    assert (again.text, again.origin, again.id) == (first.text, first.origin, f"{first.id}:retry:4")
    assert labels(shown) == [["Yes", "No"], ["What else?"], ["👍", "👎"]]


async def test_a_retry_stays_in_its_conversation(line: Any) -> None:
    question = line.telegram.topic("what is it?", 7)
    await line.bring(question)
    chat, asked = question["message"]["chat"]["id"], question["message"]["message_id"]
    line.telegram.forum(chat, 8)
    shown = await answer(line, chat, 8, asked=asked)
    assert "no longer works" in await press(line, shown, "retry:4")
    assert len(line.admitted) == 1


async def test_topics_have_buttons_of_their_own(line: Any) -> None:
    line.telegram.forum(GROUP, 7)
    await press(line, await answer(line, GROUP, 7), "choice:4:0")
    (said,) = line.admitted
    assert (said.origin.address.thread, said.origin.facts["thread"]) == ("7", "7")


@pytest.mark.parametrize("data", ["like:4", "choice:4:0", "suggest:4:0", "retry:4"])
@pytest.mark.parametrize("sent", [True, False])
async def test_in_a_group_buttons_belong_to_whoever_asked(line: Any, data: str, sent: bool) -> None:
    shown = await answer(line, GROUP, sent=sent)
    told = await press(line, shown, data, user=43)
    if not sent and data == "like:4":
        # Nobody knows any more who asked: whoever thinks something of it may say so.
        assert len(line.desk.rated) == 1
    else:
        whose = "Only the person who asked can use this button."
        assert told == whose if sent else "no longer works" in told
        assert (line.admitted, line.desk.rated) == ([], [])


async def test_an_anonymous_admin_presses_under_another_name(line: Any) -> None:
    shown = await answer(line, GROUP, person=f"chat:{GROUP}")
    options = Options(f"chat:{GROUP}", CHOICES)
    line.desk.memory[f"options:{GROUP}::chat:{GROUP}:4"] = msgspec.json.encode(options)
    await press(line, shown, "choice:4:0", user=43)
    assert [said.origin.person.id for said in line.admitted] == [f"chat:{GROUP}"]


@pytest.mark.parametrize(
    "data", ["choice:5:0", "choice:4:2", "choice:4:-1", "choice:4:x", "choice:4", "retry:5",
             "suggest:4:9999"]
)  # fmt: skip
async def test_a_button_that_nobody_remembers_says_so(line: Any, data: str) -> None:
    assert "no longer works" in await press(line, await answer(line), data)
    assert line.admitted == []


@pytest.mark.parametrize("data", ["done", "", "x", "like", "☃:4"])
async def test_every_press_is_answered(line: Any, data: str) -> None:
    shown = await answer(line)
    update = line.telegram.callback(shown, "like:4")
    update["callback_query"] |= {"data": data}
    assert await line.bring(update) == [200]
    assert len(line.telegram.called("answerCallbackQuery")) == 1


async def test_a_press_below_no_message_is_answered(line: Any) -> None:
    update = line.telegram.callback(await answer(line), "like:4")
    del update["callback_query"]["message"]
    assert await line.bring(update) == [200]
    assert len(line.telegram.called("answerCallbackQuery")) == 1


async def test_of_an_old_message_only_its_name_is_needed(line: Any) -> None:
    shown = await answer(line)
    update = line.telegram.callback(shown, "choice:4:0")
    chat = update["callback_query"]["message"]["chat"]
    update["callback_query"]["message"] = {"message_id": shown.id, "chat": chat, "date": 0}
    with capture_logs() as logs:
        assert await line.bring(update) == [200]
    assert logs == []
    assert line.texts == ["yes-please"]


async def test_a_press_is_answered_although_what_it_does_takes_long(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "SAID_WITHIN", 0.01)
    answered, admit = asyncio.Event(), line.desk.admit

    async def slow(inbound: Any) -> Admission:
        await answered.wait()
        return await admit(inbound)

    monkeypatch.setattr(line.desk, "admit", slow)
    shown = await answer(line)
    update = line.telegram.callback(shown, "choice:4:0")
    pressing = asyncio.create_task(line.telegram.push(update, again=False))
    await eventually(lambda: line.telegram.called("answerCallbackQuery"))
    assert not pressing.done()
    answered.set()
    assert (await pressing).status == 200
    assert line.texts == ["yes-please"]


async def test_while_the_store_is_away_a_press_comes_again(line: Any) -> None:
    shown = await answer(line)
    update = line.telegram.callback(shown, "choice:4:0")
    line.desk.down = True
    assert (await line.telegram.push(update, again=False)).status == 503
    line.desk.down = False
    assert await line.bring(update) == [200]
    assert line.texts == ["yes-please"]


async def test_a_query_that_waits_no_longer_is_no_failure(line: Any) -> None:
    line.telegram.query_seconds = 0
    await press(line, await answer(line), "choice:4:0")
    assert line.texts == ["yes-please"]


def button(data: str, text: str = "x") -> dict[str, str]:
    return {"text": text, "callback_data": data}


@pytest.mark.parametrize(
    ("rows", "label", "expected"),
    [
        ([[button("a:1"), button("b:1")]], "A", [["A ✓", "x"]]),
        ([[button("b:1")], [button("a:1"), button("a:2")]], "A", [["x"], ["A ✓"]]),
        ([[button("a:1")], [button("a:2")], [button("b:1")]], "A", [["A ✓"], ["x"]]),
        ([[button("a:1")]], "", []),
        ([[{"text": "link", "url": "https://a.test"}]], "A", [["link"]]),
    ],
)
def test_one_mark_stands_for_all_of_a_kind(
    rows: list[list[dict[str, Any]]], label: str, expected: Sequence[Sequence[str]]
) -> None:
    found = marked(rows, {"a"}, label)
    assert [[each["text"] for each in row] for row in found] == expected
