"""Raw messages in, messages of the gateway out."""

from typing import Any

import msgspec
import pytest

from adapters.channels.telegram import inbound
from adapters.channels.telegram.addressing import Us
from adapters.channels.telegram.inbound import Asked, Door, parse
from adapters.channels.telegram.wire import Message
from gateway.model import Address, Attachment, Person

MB = 1024 * 1024
DOOR = Door("bot", Us(7, "test_bot"), file_most=20 * MB)
ANN = {"id": 42, "first_name": "Ann", "last_name": "Lee", "username": "ann", "language_code": "vi"}
PRIVATE = {"id": 42, "type": "private"}
GROUP = {"id": -100, "type": "group"}


def asked(door: Door = DOOR, place: str = "", **fields: Any) -> Asked | None:
    """What a message means; a private one of Ann's unless it says otherwise."""
    raw = {"message_id": 9, "chat": PRIVATE, "from": ANN, **fields}
    return inbound.read(parse(Message, raw), door, place or str(raw["chat"]["id"]))


def heard(**fields: Any) -> str:
    """What the bot is asked."""
    found = asked(**fields)
    assert found
    return found.inbound.text


def files(**fields: Any) -> tuple[Attachment, ...]:
    found = asked(**fields)
    assert found
    return found.inbound.attachments


def file(name: str = "f", **more: Any) -> dict[str, Any]:
    return {"file_id": name, "file_size": 10, **more}


def test_a_private_message() -> None:
    found = asked(text="hello")
    assert found
    said = found.inbound
    assert (said.id, said.text, said.more, found.called) == ("42:9", "hello", False, True)
    assert said.origin.address == Address("bot", "42", "")
    assert said.origin.person == Person("42", "Ann Lee", "vi")
    assert said.origin.facts == {
        "chat": "42",
        "chat_type": "private",
        "user": "42",
        "username": "ann",
        "message": "9",
        "thread": "",
    }


def test_what_a_link_carries_is_a_fact() -> None:
    found = asked(text="/start ref7")
    assert found
    assert found.inbound.text == "/start"
    assert found.inbound.origin.facts["start"] == "ref7"


def test_in_a_group_it_is_only_for_the_bot_when_it_says_so() -> None:
    mention = [{"type": "mention", "offset": 0, "length": 9}]
    above = {"message_id": 5, "chat": GROUP, "from": {"id": 7}, "text": "An answer."}
    called = [
        asked(chat=GROUP, text="hello"),
        asked(chat=GROUP, text="@test_bot hello", entities=mention),
        asked(chat=GROUP, text="/new"),
        asked(chat=GROUP, text="/ban him"),
        asked(chat=GROUP, text="and?", reply_to_message=above),
        asked(msgspec.structs.replace(DOOR, everything=True), chat=GROUP, text="hello"),
    ]
    assert [found and found.called for found in called] == [False, True, True, False, True, True]


def test_a_command_for_another_bot_is_nothing_in_a_group() -> None:
    assert asked(chat=GROUP, text="/new@other_bot") is None
    assert heard(text="/new@other_bot") == "/new@other_bot"


def test_a_mention_with_nothing_behind_it_asks_what_the_bot_is_there_for() -> None:
    mention = [{"type": "mention", "offset": 0, "length": 9}]
    assert heard(chat=GROUP, text="@test_bot", entities=mention) == "/help"
    captioned = {"caption": "@test_bot", "caption_entities": mention, "photo": [file()]}
    assert heard(chat=GROUP, **captioned) == ""


def test_topics_are_threads_and_chains_of_replies_are_not() -> None:
    found = asked(chat=GROUP, text="x", message_thread_id=5, is_topic_message=True)
    chain = asked(chat=GROUP, text="x", message_thread_id=5)
    private = asked(text="x", message_thread_id=5)
    assert [f and f.inbound.origin.address.thread for f in (found, chain, private)] == [
        "5",
        "",
        "5",
    ]
    assert found
    assert found.inbound.origin.facts["thread"] == "5"


def test_a_migrated_group_keeps_its_place_and_says_where_it_is() -> None:
    found = asked(place="-5", chat={"id": -1001, "type": "supergroup"}, text="x")
    assert found
    assert found.inbound.origin.address.place == "-5"
    assert found.inbound.origin.facts["chat"] == "-1001"
    assert found.inbound.id == "-1001:9"


def test_anonymous_admins_and_channels_speak_as_chats() -> None:
    ghost = {"id": 1087968824, "is_bot": True, "username": "GroupAnonymousBot"}
    found = asked(chat=GROUP, sender_chat=GROUP | {"title": "Team"}, **{"from": ghost}, text="x")
    assert found
    assert found.inbound.origin.person == Person("chat:-100", "Team")


def test_what_a_channel_posts_into_its_group_is_no_question() -> None:
    door = msgspec.structs.replace(DOOR, everything=True)
    channel = {"id": -1002, "type": "channel", "title": "News"}
    post = {"chat": GROUP, "sender_chat": channel, "is_automatic_forward": True}
    found = asked(door, text="news", **post)
    assert found
    assert not found.called
    assert asked(text="x", chat=channel, sender_chat=channel) is None


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"from": {"id": 7, "is_bot": True}}, False),
        ({"from": {"id": 8, "is_bot": True, "username": "Other_Bot"}}, False),
        ({"via_bot": {"id": 8, "is_bot": True, "username": "gif"}}, False),
        ({"from": None}, False),
        ({}, True),
    ],
)
def test_bots_are_not_answered(fields: dict[str, Any], taken: bool) -> None:
    assert (asked(text="x", **fields) is not None) == taken


@pytest.mark.parametrize("allowed", ["8", "other_bot"])
def test_unless_they_are_allowed(allowed: str) -> None:
    door = msgspec.structs.replace(DOOR, allow_bots=(allowed,))
    other = {"id": 8, "is_bot": True, "username": "Other_Bot"}
    assert asked(door, text="x", **{"from": other})
    assert asked(door, text="x", via_bot=other)
    itself = msgspec.structs.replace(DOOR, allow_bots=("7",))
    assert not asked(itself, text="x", **{"from": {"id": 7, "is_bot": True}})


@pytest.mark.parametrize(
    "service",
    [
        {"new_chat_members": [ANN]},
        {"pinned_message": {"message_id": 1, "chat": GROUP, "date": 0}},
        {"forum_topic_created": {"name": "x", "icon_color": 1}},
        {},
    ],
)
def test_service_messages_say_nothing(service: dict[str, Any]) -> None:
    assert asked(**service) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"sticker": {"file_id": "s", "emoji": "👍"}}, "👍"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "[🎲 4]"),
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, "[location 52.5, 13.4]"),
        (
            {
                "location": {"latitude": 1.5, "longitude": 2.5},
                "venue": {
                    "location": {"latitude": 1.5, "longitude": 2.5},
                    "title": "Café",
                    "address": "Main St 1",
                },
            },
            "[venue Café, Main St 1, 1.5, 2.5]",
        ),
        (
            {"contact": {"phone_number": "+491", "first_name": "Bo", "last_name": "Li"}},
            "[contact Bo Li, +491]",
        ),
        (
            {"poll": {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]}},
            "[poll Tea?: yes / no]",
        ),
        (
            {"checklist": {"title": "Trip", "tasks": [{"id": 1, "text": "tent"}]}},
            "[checklist Trip: tent]",
        ),
    ],
)
def test_what_is_no_text_is_said_in_words(fields: dict[str, Any], text: str) -> None:
    assert heard(**fields) == text


def test_a_rich_message_is_flattened() -> None:
    blocks = [
        {"type": "heading", "size": 1, "text": ["Prices ", {"type": "bold", "text": "2026"}]},
        {"type": "paragraph", "text": {"type": "url", "text": "here", "url": "https://a.test"}},
        {"type": "table", "cells": [[{"text": "a"}, {"text": "b"}], [{"text": "1"}, {}]]},
        {
            "type": "list",
            "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "x"}]}],
        },
        {"type": "details", "summary": "More", "blocks": [{"type": "pre", "text": "code"}]},
        {"type": "mathematical_expression", "expression": "a^2"},
        {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "said"}], "credit": "Me"},
    ]
    assert heard(rich_message={"blocks": blocks}) == (
        "Prices 2026\nhere\na | b\n1\nx\nMore\ncode\na^2\nsaid\nMe"
    )


@pytest.mark.parametrize("value", [1, "x", [], {"blocks": [{"text": [[["x" * 3]] * 3, None, 4]}]}])
def test_no_rich_message_makes_it_fail(value: Any) -> None:
    asked(rich_message=value)
    deep: Any = "x"
    for _ in range(500):
        deep = {"blocks": [deep]}
    asked(rich_message=deep)


def test_who_replies_to_somebody_else_quotes_them() -> None:
    above = {"message_id": 5, "chat": PRIVATE, "from": {"id": 43}, "text": "one\ntwo"}
    assert heard(text="why?", reply_to_message=above) == "> one\n> two\n\nwhy?"
    part = {"text": "two", "is_manual": True}
    assert heard(text="why?", reply_to_message=above, quote=part) == "> two\n\nwhy?"
    long = above | {"text": "x" * 3000}
    assert len(heard(text="why?", reply_to_message=long)) == 1000 + len("> \n\nwhy?")


def test_of_the_bot_s_own_words_only_a_chosen_part_is_quoted() -> None:
    above = {"message_id": 5, "chat": PRIVATE, "from": {"id": 7}, "text": "one two"}
    assert heard(text="why?", reply_to_message=above) == "why?"
    part = {"text": "two", "is_manual": True}
    assert heard(text="why?", reply_to_message=above, quote=part) == "> two\n\nwhy?"
    whole = {"text": "one two", "is_manual": False}
    assert heard(text="why?", reply_to_message=above, quote=whole) == "why?"


def test_a_command_that_replies_is_still_a_command() -> None:
    above = {"message_id": 5, "chat": PRIVATE, "from": {"id": 43}, "text": "x", "photo": [file()]}
    assert heard(text="/stop", reply_to_message=above) == "/stop"
    assert files(text="/stop", reply_to_message=above) == ()


def test_a_question_about_a_picture_brings_the_picture_along() -> None:
    above = {"message_id": 5, "chat": GROUP, "from": {"id": 43}, "photo": [file("p")]}
    (photo,) = files(chat=GROUP, text="what is it?", reply_to_message=above)
    assert photo.remote == "p"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"photo": [file("s", width=90, height=90), file("l", width=800, height=600)]},
            Attachment("photo.jpg", "image/jpeg", size=10, remote="l"),
        ),
        (
            {"document": file(file_name="../a\\b.PDF", mime_type="Application/PDF")},
            Attachment("b.PDF", "application/pdf", size=10, remote="f"),
        ),
        ({"document": file()}, Attachment("file", "application/octet-stream", size=10, remote="f")),
        ({"voice": file()}, Attachment("voice.ogg", "audio/ogg", size=10, remote="f")),
        ({"audio": file()}, Attachment("audio.mp3", "audio/mpeg", size=10, remote="f")),
        ({"video": file()}, Attachment("video.mp4", "video/mp4", size=10, remote="f")),
        ({"video_note": file()}, Attachment("video.mp4", "video/mp4", size=10, remote="f")),
        (
            {"animation": file(), "document": file("d")},
            Attachment("animation.mp4", "video/mp4", size=10, remote="f"),
        ),
    ],
)
def test_files(fields: dict[str, Any], expected: Attachment) -> None:
    assert files(**fields) == (expected,)


def test_of_a_file_that_is_too_large_only_the_name_is_known() -> None:
    large = {"document": file(file_name="big.zip", file_size=20 * MB + 1)}
    (found,) = files(**large)
    assert (found.name, found.size, found.remote, found.content) == (
        "big.zip",
        20 * MB + 1,
        "",
        "",
    )
    none = msgspec.structs.replace(DOOR, file_most=0)
    (found,) = files(door=none, document=file(file_size=0))
    assert found.remote == ""


def test_albums_and_texts_that_the_app_has_cut_go_on() -> None:
    album = asked(photo=[file()], media_group_id="77", caption="look")
    whole, cut = asked(text="🙂" * 2047), asked(text="🙂" * 2048)
    assert [found and found.inbound.more for found in (album, whole, cut)] == [True, False, True]
    assert album
    assert (album.series, album.inbound.text) == ("42:77", "look")
    assert cut
    assert cut.series == "42:42"


def test_a_new_conversation_begins_before_its_question() -> None:
    found = asked(text="/new what is it?")
    assert found
    assert found.anew
    before = inbound.beginning(found)
    assert (before.id, before.text) == ("42:9:new", "/new")
    assert found.inbound.text == "what is it?"


def test_an_edit_has_a_name_of_its_own() -> None:
    raw = parse(Message, {"message_id": 9, "chat": PRIVATE, "from": ANN, "edit_date": 77})
    found = asked(text="x")
    assert found
    assert inbound.edited(found, raw).inbound.id == "42:9:77"


@pytest.mark.parametrize("raw", [None, [], {"message_id": "9"}, {"message_id": 9}])
def test_what_is_no_message_says_so_without_its_values(raw: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse(Message, raw)
