"""Raw events in, what they mean out."""

from typing import Any

import msgspec
import pytest

from adapters.channels.slack.inbound import Asked, Deleted, Door, Edited, origin, read
from adapters.channels.slack.installation import Installation
from gateway.model import Address

TS, LATER = "1700000000.000100", "1700000001.000200"
HERE = Installation("T1", "", "UBOT", "BBOT", "A1", "xoxb-1")
DOOR = Door("team", HERE, team="T1")
SINGLE = Door("team", HERE, single=True, team="T1")


def said(text: str = "hi", **more: Any) -> dict[str, Any]:
    """A direct message."""
    event = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": "U1",
        "team": "T1",
        "text": text,
        "ts": TS,
    }
    return event | more


def in_channel(text: str = "hi", **more: Any) -> dict[str, Any]:
    return said(text, channel="C1", channel_type="channel") | more


def asked(event: dict[str, Any], door: Door = DOOR) -> Asked:
    found = read(event, door)
    assert isinstance(found, Asked)
    return found


def test_a_direct_message_begins_a_conversation() -> None:
    found = asked(said())
    assert found.called
    assert found.inbound.id == f"D1:{TS}"
    assert found.inbound.text == "hi"
    assert found.inbound.origin.address == Address("team", "T1:D1", TS)
    assert found.inbound.origin.person.id == "T1:U1"
    assert found.inbound.origin.facts == {
        "team": "T1",
        "workspace": "T1",
        "user": "U1",
        "slack_channel": "D1",
        "slack_channel_type": "im",
        "ts": TS,
        "thread": TS,
    }


def test_its_thread_continues_it() -> None:
    where = asked(said(ts=LATER, thread_ts=TS)).inbound.origin
    assert (where.address.thread, where.facts["thread"], where.facts["ts"]) == (TS, TS, LATER)


def test_all_direct_messages_may_be_one_conversation() -> None:
    top, below = asked(said(), SINGLE), asked(said(ts=LATER, thread_ts=TS), SINGLE)
    assert top.inbound.origin.address == below.inbound.origin.address == Address("team", "T1:D1")
    assert [a.inbound.origin.facts["thread"] for a in (top, below)] == ["", TS]


def test_in_channels_a_message_has_its_thread_whatever_holds_for_direct_ones() -> None:
    assert asked(in_channel(), SINGLE).inbound.origin.address == Address("team", "T1:C1", TS)


def test_a_mention_and_its_message_are_one() -> None:
    mention = in_channel("<@UBOT> hi", type="app_mention")
    del mention["channel_type"]
    twins = asked(mention), asked(in_channel("<@UBOT> hi"))
    assert twins[0].called
    assert twins[1].called
    one, other = (msgspec.structs.replace(t.inbound, received_at=0) for t in twins)
    assert one == other
    assert one.text == "hi"


def test_what_is_said_in_a_channel_is_not_meant_for_the_bot() -> None:
    assert not asked(in_channel()).called
    assert not asked(in_channel()).aside
    assert asked(in_channel("<@U2> what do you think?")).aside
    assert asked(in_channel("well, <@U2>, and <@UBOT>?")).called


@pytest.mark.parametrize(
    "event",
    [
        said(bot_id="B2"),
        said(bot_id="BBOT", user="UBOT"),
        said(user="UBOT"),
        said(user="USLACKBOT"),
        said(user="USLACK"),
        said(user=None),
        said(hidden=True),
        *(
            in_channel(subtype=kind)
            for kind in ("channel_join", "bot_message", "channel_topic", "me_message", "tombstone")
        ),
    ],
)
def test_what_nobody_said_is_nothing(event: dict[str, Any]) -> None:
    assert read(event, DOOR) is None


@pytest.mark.parametrize("kind", ["file_share", "thread_broadcast", None])
def test_what_somebody_said_is_taken(kind: str | None) -> None:
    assert asked(said(subtype=kind)).inbound.text == "hi"


def test_another_bot_is_answered_when_it_may_be() -> None:
    door = Door("team", HERE, allow_bots=("B2", "A3"), team="T1")
    alarm = said(bot_id="B2", user=None, subtype="bot_message", username="alarm")
    assert asked(alarm, door).inbound.origin.person.id == "T1:B2"
    assert asked(said(bot_id="B9", app_id="A3", user="U9"), door).inbound.text == "hi"
    assert read(said(bot_id="B8"), door) is None


def test_the_bot_never_answers_itself() -> None:
    door = Door("team", HERE, allow_bots=("BBOT", "A1", "UBOT"), team="T1")
    assert read(said(bot_id="BBOT", user="UBOT"), door) is None
    assert read(said(bot_id="B7", app_id="A1"), door) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("stop", "/stop"),
        ("Stop!", "/stop"),
        ("dừng", "/stop"),
        ("Dừng lại.", "/stop"),
        ("new", "/new"),
        ("mới", "/new"),
        ("help", "/help"),
        ("", "/help"),
        ("stop the machine", "stop the machine"),
    ],
)
def test_some_words_are_commands(text: str, command: str) -> None:
    assert asked(in_channel(f"<@UBOT> {text}")).inbound.text == command
    assert asked(said(text)).inbound.text == command


def test_a_file_alone_is_a_message() -> None:
    found = asked(said("", files=[{"id": "F1", "name": None}], subtype="file_share"))
    assert (found.inbound.text, [file.id for file in found.files]) == ("", ["F1"])


def edit(text: str, before: str, edited: str | None = LATER) -> dict[str, Any]:
    new = said(text)
    if edited:
        new["edited"] = {"user": "U1", "ts": edited}
    old = said(before)
    event = {"subtype": "message_changed", "hidden": True, "message": new, "previous_message": old}
    return {"type": "message", "channel": "D1", "channel_type": "im", "ts": LATER} | event


def test_an_edit_is_another_message() -> None:
    found = read(edit("hello", "hi"), DOOR)
    assert isinstance(found, Edited)
    assert found.asked.inbound.id == f"D1:{TS}:{LATER}"
    assert found.asked.inbound.text == "hello"
    assert found.asked.inbound.origin.address.thread == TS


@pytest.mark.parametrize("event", [edit("hi", "hi"), edit("hello", "hi", None)])
def test_a_link_that_unfolds_is_no_edit(event: dict[str, Any]) -> None:
    assert read(event, DOOR) is None


def test_a_deletion_says_what_was_taken_back() -> None:
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": "C1",
        "channel_type": "channel",
        "deleted_ts": LATER,
        "ts": LATER,
        "previous_message": in_channel(ts=LATER, thread_ts=TS),
    }
    found = read(event, DOOR)
    assert isinstance(found, Deleted)
    assert found.origin.address == Address("team", "T1:C1", TS)
    assert found.origin.facts["ts"] == LATER


@pytest.mark.parametrize(
    ("event", "home"),
    [
        (in_channel(user_team="T9", team="T9"), "T9"),
        (in_channel(user_team="E9", team="T1"), "E9"),
        (in_channel(source_team="T9"), "T9"),
        (in_channel(team=None), "T1"),
    ],
)
def test_a_guest_of_another_workspace_is_known_by_theirs(event: dict[str, Any], home: str) -> None:
    where = asked(event).inbound.origin
    assert where.facts["team"] == home
    assert where.person.id == f"{home}:U1"
    assert where.address.place == "T1:C1"


def test_people_of_an_organisation_are_known_by_it() -> None:
    grid = Installation("T1", "E1", "UBOT", "BBOT", "A1", "xoxb-1")
    door = Door("team", grid, team="T1", shared=True)
    assert origin(door, "C1", "U1", team="T1").person.id == "E1:U1"
    assert origin(door, "C1", "U1", team="T9").person.id == "T9:U1"
    theirs = Door("team", grid, team="T9", shared=True)
    assert origin(theirs, "C1", "U1", team="T9").person.id == "T9:U1"
    whole = Installation("", "E1", "UBOT", "BBOT", "A1", "xoxb-1")
    where = origin(Door("team", whole, team="T2"), "C1", "U1", ts=TS, team="T2")
    assert (where.person.id, where.facts["team"], where.address.place) == ("E1:U1", "T2", "E1:C1")


def test_the_messages_tab_is_a_direct_message() -> None:
    assert asked(said(channel_type="app_home")).inbound.origin.facts["slack_channel_type"] == "im"


@pytest.mark.parametrize("more", [{"ts": "soon"}, {"user": 7}, {"text": ["a"]}, {"files": 1}])
def test_an_odd_event_is_said_to_be_one(more: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(said(**more), DOOR)
