"""Whether a text is for the bot, and what it says to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.telegram import addressing
from adapters.channels.telegram.addressing import Said, Us
from adapters.channels.telegram.inbound import parse
from adapters.channels.telegram.utf16 import Units, length
from adapters.channels.telegram.wire import Entity, Message

US = Us(7, "Test_Bot")


def entity(text: str, word: str, kind: str = "mention", **more: Any) -> Entity:
    """An entity on the first such word, as Telegram counts."""
    at = length(text[: text.index(word)])
    return parse(Entity, {"type": kind, "offset": at, "length": length(word), **more})


def mentioned(text: str, word: str = "@test_bot") -> Said:
    return addressing.understood(text, [entity(text, word)], US)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("@test_bot what is it?", "what is it?"),
        ("@TEST_BOT, what is it?", "what is it?"),
        ("  @test_bot: what is it?", "what is it?"),
        ("@test_bot", ""),
        ("what does @test_bot say?", "what does @test_bot say?"),
        ("👨‍👩‍👧 what, @test_bot?", "👨‍👩‍👧 what, @test_bot?"),
        ("@test_bot /new", "/new"),
    ],
)
def test_a_name_in_front_is_taken_off_and_any_other_kept(text: str, heard: str) -> None:
    word = next(word for word in ("@test_bot", "@TEST_BOT") if word in text)
    said = mentioned(text, word)
    assert (said.text, said.called) == (heard, True)


def test_another_name_or_a_longer_one_is_nobody_s() -> None:
    assert not mentioned("@other what?", "@other").called
    assert not mentioned("@test_bot2 what?", "@test_bot2").called
    assert not addressing.understood("@test_bot what?", [], US).called


def test_who_is_named_without_a_username_is_told_by_number() -> None:
    text = "Helper, what is it?"
    named = entity(text, "Helper", "text_mention", user={"id": 7})
    assert addressing.understood(text, [named], US) == Said("what is it?", called=True)
    other = entity(text, "Helper", "text_mention", user={"id": 8})
    assert addressing.understood(text, [other], US) == Said(text)


def test_both_names_in_front_leave_the_other() -> None:
    text = "@test_bot @other what?"
    both = [entity(text, "@test_bot"), entity(text, "@other")]
    assert addressing.understood(text, both, US).text == "@other what?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/new", Said("/new", called=True)),
        ("/new@test_bot", Said("/new", called=True)),
        ("/NEW@TEST_BOT ", Said("/new", called=True)),
        ("/mới", Said("/new", called=True)),
        ("/dừng", Said("/stop", called=True)),
        ("/tro_giup", Said("/help", called=True)),
        ("/stop now, please", Said("/stop", called=True)),
        ("/new what is it?", Said("what is it?", called=True, anew=True)),
        ("/help me with\nthis", Said("/help me with\nthis", called=True)),
        ("/start", Said("/start", called=True)),
        ("/start ref_7-A", Said("/start", called=True, start="ref_7-A")),
        ("/start@Test_Bot ref", Said("/start", called=True, start="ref")),
        ("/start " + "x" * 65, Said("/start " + "x" * 65, called=True)),
        ("/price@test_bot apples", Said("/price apples", called=True)),
        ("/price apples\n and pears", Said("/price apples\n and pears")),
        ("/usr/bin/env", Said("/usr/bin/env")),
        ("/new@other_bot", Said("/new@other_bot", other=True)),
        ("new", Said("new")),
        ("/", Said("/")),
    ],
)
def test_commands(text: str, expected: Said) -> None:
    assert addressing.understood(text, [], US) == expected


def test_links_and_code_are_markdown_to_the_bot() -> None:
    text = "🙂 see here, run x`y and\nprint(1)\nthen bold"
    entities = [
        entity(text, "bold", "bold"),
        entity(text, "print(1)", "pre", language="python"),
        entity(text, "x`y", "code"),
        entity(text, "here", "text_link", url="https://a.test/b"),
    ]
    assert addressing.understood(text, entities, US).text == (
        "🙂 see [here](https://a.test/b), run ``x`y`` and\n```python\nprint(1)\n```\nthen bold"
    )


def test_what_stands_within_another_is_said_once() -> None:
    text = "see the code, over\ntwo lines"
    entities = [
        entity(text, "the code", "text_link", url="https://a.test"),
        entity(text, "code", "code"),
        entity(text, "over\ntwo", "text_link", url="https://b.test"),
    ]
    said = addressing.understood(text, entities, US)
    assert said.text == "see [the code](https://a.test), over\ntwo lines"


def test_a_block_of_code_begins_on_a_line_of_its_own() -> None:
    text = "run print(1)"
    said = addressing.understood(text, [entity(text, "print(1)", "pre")], US)
    assert said.text == "run \n```\nprint(1)\n```"


@given(
    st.text(max_size=40),
    st.lists(
        st.builds(
            Entity,
            st.sampled_from(["mention", "text_mention", "code", "pre", "text_link", "bold"]),
            st.integers(-5, 60),
            st.integers(-5, 60),
            st.sampled_from(["", "https://a.test"]),
        ),
        max_size=5,
    ),
)
def test_no_entities_make_it_fail(text: str, entities: list[Entity]) -> None:
    assert isinstance(addressing.understood(text, entities, US).text, str)


def test_units_are_what_telegram_counts() -> None:
    text = "a🙂b"
    assert (length(text), len(Units(text)), Units(text).cut(3, 4)) == (4, 4, "b")
    assert Units(text).cut(1, 2) == "\ufffd"


def replying(to: dict[str, Any], **more: Any) -> Message:
    above = {"message_id": 5, "chat": {"id": -1}, **to}
    return parse(Message, {"message_id": 9, "chat": {"id": -1}, "reply_to_message": above, **more})


def test_a_reply_to_the_bot_is_for_the_bot() -> None:
    assert addressing.replies(replying({"from": {"id": 7}}), US)
    assert not addressing.replies(replying({"from": {"id": 8}}), US)
    assert not addressing.replies(replying({}), US)


def test_the_beginning_of_a_topic_is_no_message_that_is_replied_to() -> None:
    topic = replying({"from": {"id": 7}}, message_thread_id=5, is_topic_message=True)
    assert not addressing.replies(topic, US)
    assert addressing.replied(topic) is None
    inside = replying({"from": {"id": 7}}, message_thread_id=4, is_topic_message=True)
    assert addressing.replies(inside, US)
