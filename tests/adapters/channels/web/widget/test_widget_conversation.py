"""Events fold into the same conversation, whatever is repeated, missed or out of step."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLD = """([steps, history, waiting]) => {
  let state = cg.restore(cg.EMPTY, history, waiting);
  for (const [name, ...args] of steps) {
    state = Object.hasOwn(cg, name) ? cg[name](state, ...args) : cg.fold(state, name, args[0]);
  }
  return {
    entries: state.entries,
    texts: state.entries.map(({ kind, text }) => `${kind}: ${text}`),
    waiting: cg.isWaiting(state),
    streaming: cg.isStreaming(state),
  };
}"""

HELLO = {"id": "m1", "text": "Hello", "at": 1}
START = ["start", {"turn": "1", "messages": [HELLO]}]


def delta(offset: int, text: str, turn: str = "1") -> list[Any]:
    return ["delta", {"turn": turn, "o": offset, "t": text}]


def end(text: str, state: str = "done", turn: str = "1", **more: Any) -> list[Any]:
    return ["end", {"turn": turn, "text": text, "state": state, "at": 2, **more}]


async def fold(lab: Page, *steps: Any, history: Any = (), waiting: bool = False) -> Any:
    return await lab.evaluate(FOLD, [list(steps), list(history), waiting])


async def test_an_answer_grows_and_ends(lab: Page) -> None:
    result = await fold(lab, START, delta(0, "Hi"), delta(2, " there"))
    assert result["texts"] == ["user: Hello", "bot: Hi there"]
    assert result["streaming"] is True
    result = await fold(lab, START, delta(0, "Hi"), end("Hi there!"))
    assert result["texts"][-1] == "bot: Hi there!"
    assert result["entries"][-1]["state"] == "done"
    assert result["streaming"] is result["waiting"] is False


async def test_the_own_message_is_known_by_its_id(lab: Page) -> None:
    result = await fold(lab, ["say", "m1", "Hello"], ["user", HELLO], START, START)
    assert result["texts"] == ["user: Hello", "bot: "]


async def test_a_second_start_begins_anew(lab: Page) -> None:
    result = await fold(lab, START, delta(0, "First try"), START, delta(0, "Second"))
    assert result["texts"] == ["user: Hello", "bot: Second"]


async def test_offsets_cut_and_wait(lab: Page) -> None:
    result = await fold(lab, START, delta(0, "Hello"), delta(2, "y"))
    assert result["texts"][-1] == "bot: Hey"
    missed = [START, delta(0, "Hello"), delta(9, "world"), delta(14, "!")]
    assert (await fold(lab, *missed))["texts"][-1] == "bot: Hello"
    assert (await fold(lab, *missed, end("Hello to world!")))["texts"][-1] == "bot: Hello to world!"
    replaced = await fold(lab, *missed, ["replace", {"turn": "1", "text": "New"}], delta(3, "er"))
    assert replaced["texts"][-1] == "bot: Newer"


async def test_offsets_are_utf16(lab: Page) -> None:
    result = await fold(lab, START, delta(0, "🙂"), delta(2, "x"))
    assert result["texts"][-1] == "bot: 🙂x"


async def test_nothing_changes_a_finished_answer(lab: Page) -> None:
    result = await fold(lab, START, end("Done"), delta(4, "late"), delta(0, "late"))
    assert result["texts"][-1] == "bot: Done"


async def test_status_is_cleared_by_text_and_by_the_end(lab: Page) -> None:
    status = ["status", {"turn": "1", "kind": "tool", "text": "Searching"}]
    assert (await fold(lab, START, status))["entries"][-1]["status"] == "Searching"
    for step in (delta(0, "x"), ["replace", {"turn": "1", "text": "x"}], end("x")):
        answer = (await fold(lab, START, status, step))["entries"][-1]
        assert answer.get("status") is None


async def test_what_comes_beside_the_text(lab: Page) -> None:
    result = await fold(
        lab,
        START,
        ["notice", {"turn": "1", "text": "A notice"}],
        ["sources", {"turn": "1", "items": [{"title": "S"}]}],
        ["file", {"turn": "1", "name": "f", "media_type": "m", "url": "/f", "size": 1}],
        ["choices", {"turn": "1", "prompt": "?", "items": [{"value": "a", "label": "A"}]}],
        end("x", "failed", notices=["A notice", "Broke off"], suggestions=["More?"]),
    )
    answer = result["entries"][-1]
    assert answer["notices"] == ["A notice", "Broke off"]
    assert answer["sources"] == [{"title": "S"}]
    assert answer["files"][0]["name"] == "f"
    assert answer["choices"]["prompt"] == "?"
    assert answer["suggestions"] == ["More?"]
    assert answer["state"] == "failed"


async def test_an_answer_stands_below_what_it_answers(lab: Page) -> None:
    said = [["say", "m1", "Hello"], ["say", "m2", "And?"]]
    result = await fold(lab, *said, START, delta(0, "Hi"))
    assert result["texts"] == ["user: Hello", "bot: Hi", "user: And?"]
    result = await fold(
        lab,
        *said,
        START,
        end("Hi"),
        ["start", {"turn": "2", "messages": [{"id": "m2", "text": "And?", "at": 1}]}],
    )
    assert result["texts"] == ["user: Hello", "bot: Hi", "user: And?", "bot: "]


async def test_a_bot_that_speaks_unasked(lab: Page) -> None:
    result = await fold(lab, START, end("Hi"), ["start", {"turn": "2", "messages": []}])
    assert result["texts"] == ["user: Hello", "bot: Hi", "bot: "]


async def test_waiting(lab: Page) -> None:
    said = ["say", "m1", "Hello"]
    assert (await fold(lab, said))["waiting"] is True
    assert (await fold(lab, said, START))["waiting"] is False
    assert (await fold(lab, said, ["rest"]))["waiting"] is False
    assert (await fold(lab, ["say", "m1", "/new"]))["waiting"] is False
    assert (await fold(lab, said, ["changeSaid", "m1", {"state": "failed"}]))["waiting"] is False
    # Asked while the first answer was still being written.
    queued = await fold(lab, said, START, ["say", "m2", "And?"], end("Hi"))
    assert queued["waiting"] is True


async def test_history_comes_back_as_it_was(lab: Page) -> None:
    history = [
        {"kind": "user", "turn": "1", **HELLO},
        {"kind": "bot", "turn": "1", "text": "Hi", "state": "failed", "notices": ["n"], "at": 2},
        {"kind": "user", "id": "m2", "turn": "2", "text": "Again", "at": 3},
    ]
    result = await fold(lab, history=history, waiting=True)
    assert result["texts"] == ["user: Hello", "bot: Hi", "user: Again"]
    assert result["entries"][1]["notices"] == ["n"]
    assert result["waiting"] is True
    assert (await fold(lab, history=history, waiting=False))["waiting"] is False


async def test_a_new_history_keeps_what_is_not_sent(lab: Page) -> None:
    result = await fold(
        lab,
        ["say", "m1", "Hello"],
        ["say", "m9", "Lost"],
        ["changeSaid", "m9", {"state": "failed"}],
        ["restore", [{"kind": "user", "turn": "1", **HELLO}], True],
    )
    assert result["texts"] == ["user: Hello", "user: Lost"]
    assert [entry["state"] for entry in result["entries"]] == ["done", "failed"]


@pytest.mark.parametrize("name", ["unheard", "toString", "__proto__", "constructor"])
async def test_unknown_events_change_nothing(lab: Page, name: str) -> None:
    result = await fold(lab, START, [name, {"turn": "1"}])
    assert result["texts"] == ["user: Hello", "bot: "]


async def test_a_message_that_is_heard_after_its_answer_began_keeps_its_turn(lab: Page) -> None:
    result = await fold(lab, START, ["user", HELLO], end("Half", "failed"))
    assert result["entries"][0]["turn"] == "1"


async def test_what_was_heard_is_not_unsent_when_the_request_fails(lab: Page) -> None:
    failed = ["changeSaid", "m1", {"state": "failed", "note": ""}]
    result = await fold(lab, ["say", "m1", "Hello"], ["user", HELLO], failed)
    assert result["entries"][0]["state"] == "done"


async def test_what_somebody_else_has_not_sent_is_not_kept(lab: Page) -> None:
    steps = [
        ["say", "m1", "Hello", None, "ann"],
        ["say", "m2", "Hi"],
        ["restore", [], False, "bob"],
    ]
    result = await fold(lab, *steps)
    assert [(entry["id"], entry["place"]) for entry in result["entries"]] == [("m2", "bob")]
