"""What becomes of the events that Slack sends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.slack import Workspace

from adapters.channels.slack.installation import Installation
from gateway.model import Rating
from gateway.ports import Admission

Open = Callable[..., Awaitable[Any]]


async def send(team: Any, event: Any, /, **more: Any) -> int:
    status: int = (await team.slack.event(team.url, event, **more)).status
    await team.settled()
    return status


def texts(team: Any) -> list[str]:
    return [inbound.text for inbound in team.desk.admitted]


async def test_a_mention_and_its_message_are_answered_once(team: Any) -> None:
    mention = team.slack.mention(text="hello")
    assert await send(team, mention) == 200
    assert await send(team, team.slack.twin(mention)) == 200
    assert await send(team, mention, retry=1) == 200
    assert texts(team) == ["hello"]


async def test_slack_is_asked_once_who_the_bot_is(team: Any) -> None:
    for _ in range(5):
        await send(team, team.slack.message())
    assert len(team.desk.admitted) == 5
    assert sorted(call.method for call in team.slack.calls) == ["auth.test", "users.info"]


async def test_unknown_events_are_acknowledged(team: Any) -> None:
    for kind in ("app_context_changed", "team_join", "assistant_thread_context_changed", "x"):
        assert await send(team, {"type": kind, "user": {"id": "U1"}}) == 200
    assert not team.desk.admitted


async def test_an_event_of_an_unknown_shape_is_acknowledged_and_logged(team: Any) -> None:
    with capture_logs() as logs:
        assert await send(team, team.slack.message() | {"ts": "swordfish"}) == 200
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "swordfish" not in str(logs)


async def test_an_event_of_a_workspace_that_is_not_ours_is_acknowledged(team: Any) -> None:
    with capture_logs() as logs:
        assert await send(team, team.slack.message(), team="T7", authorizations=[]) == 200
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert not team.desk.admitted


async def test_environment_variables_of_slack_s_own_samples_change_nothing(
    open_team: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BOT_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"SLACK_{name}", "other")
    team = await open_team()
    assert await send(team, team.slack.message(text="hello")) == 200
    assert texts(team) == ["hello"]
    assert {call.token for call in team.slack.calls} == {"xoxb-test"}


async def test_a_thread_is_followed_after_a_mention(team: Any) -> None:
    slack, mention = team.slack, team.slack.mention(text="one")
    thread = {"channel": "C1", "thread_ts": mention["ts"]}
    await send(team, slack.message(**thread, text="too early"))
    await send(team, mention)
    await send(team, slack.message(**thread, text="two"))
    await send(team, slack.message(**thread, text="<@U2> and you?"))
    await send(team, slack.message(**thread, user="U2", text="I do not know"))
    await send(team, slack.mention(**thread, user="U2", text="three"))
    await send(team, slack.message(**thread, user="U2", text="four"))
    await send(team, slack.message(channel="C1", text="elsewhere"))
    assert texts(team) == ["one", "two", "three", "four"]
    assert {inbound.origin.address.thread for inbound in team.desk.admitted} == {mention["ts"]}


async def test_threads_are_not_followed_when_they_should_not_be(open_team: Open) -> None:
    team = await open_team(follow_threads=False)
    mention = team.slack.mention(text="one")
    await send(team, mention)
    await send(team, team.slack.message(channel="C1", thread_ts=mention["ts"], text="two"))
    assert texts(team) == ["one"]


def edited(team: Any, event: dict[str, Any], text: str) -> dict[str, Any]:
    ts = team.slack.new_ts()
    new = event | {"text": text, "edited": {"user": event["user"], "ts": ts}}
    change = {"subtype": "message_changed", "hidden": True, "ts": ts, "event_ts": ts}
    where = {name: event[name] for name in ("type", "channel", "channel_type")}
    return where | change | {"message": new, "previous_message": event}


@pytest.mark.parametrize(("edits", "said"), [("ignore", ["hi"]), ("answer", ["hi", "hello"])])
async def test_an_edit_is_answered_when_it_should_be(
    open_team: Open, edits: str, said: list[str]
) -> None:
    team = await open_team(edits=edits)
    event = team.slack.message(text="hi")
    change = edited(team, event, "hello")
    for each in (event, change, change):
        assert await send(team, each) == 200
    assert texts(team) == said


def deleted(team: Any, event: dict[str, Any]) -> dict[str, Any]:
    ts = team.slack.new_ts()
    where = {name: event[name] for name in ("type", "channel", "channel_type")}
    change = {"subtype": "message_deleted", "hidden": True, "ts": ts, "deleted_ts": event["ts"]}
    return where | change | {"previous_message": event}


async def test_who_takes_a_message_back_stops_its_answer(team: Any) -> None:
    event = team.slack.message()
    await send(team, event)
    await send(team, deleted(team, event))
    assert [origin.address.thread for origin in team.desk.halted] == [event["ts"]]


async def test_an_earlier_message_taken_back_stops_nothing(team: Any) -> None:
    first = team.slack.message()
    second = team.slack.message(thread_ts=first["ts"])
    for event in (first, second, deleted(team, first)):
        await send(team, event)
    assert not team.desk.halted


async def test_slack_s_stop_button_stops(team: Any) -> None:
    mention = team.slack.mention()
    await send(team, mention)
    assert await send(team, team.slack.stop_session("C1", mention["ts"])) == 200
    assert [o.address for o in team.desk.halted] == [team.desk.admitted[0].origin.address]
    team.desk.down = True
    assert await send(team, team.slack.stop_session("C1", mention["ts"])) == 503


def reaction(kind: str, emoji: str, ts: str, user: str = "U1") -> dict[str, Any]:
    item = {"type": "message", "channel": "C1", "ts": ts}
    return {"type": kind, "user": user, "reaction": emoji, "item": item, "item_user": "UBOT"}


@pytest.mark.parametrize(
    ("kind", "emoji", "rating"),
    [
        ("reaction_added", "+1", Rating.LIKE),
        ("reaction_added", "thumbsup::skin-tone-3", Rating.LIKE),
        ("reaction_added", "-1", Rating.DISLIKE),
        ("reaction_removed", "-1", Rating.NONE),
        ("reaction_added", "white_check_mark", None),
    ],
)
async def test_a_thumb_is_a_rating(team: Any, kind: str, emoji: str, rating: Rating | None) -> None:
    record = b'{"turn": "4", "place": "T1:C1", "thread": "1.1", "person": "T1:U9"}'
    team.desk.memory["turn:C1:1.2"] = record
    assert await send(team, reaction(kind, emoji, "1.2")) == 200
    assert await send(team, reaction(kind, emoji, "1.9")) == 200
    assert [(turn, given) for _, turn, given, _ in team.desk.rated] == (
        [("4", rating)] if rating else []
    )
    for origin, *_ in team.desk.rated:
        assert (origin.address.place, origin.address.thread) == ("T1:C1", "1.1")
        assert origin.person.id == "T1:U9"


async def test_the_bot_s_own_reactions_are_none(team: Any) -> None:
    team.desk.memory["turn:C1:1.2"] = b'{"turn": "4", "place": "T1:C1"}'
    assert await send(team, reaction("reaction_added", "+1", "1.2", user="UBOT")) == 200
    assert not team.desk.rated


async def test_who_is_not_answered_is_told_why_once(team: Any) -> None:
    team.desk.admission = Admission("busy", notice="One moment, please.")
    mention = team.slack.mention()
    assert await send(team, mention) == 200
    assert await send(team, team.slack.twin(mention)) == 200
    [told] = team.slack.ephemerals
    assert (told["user"], told["text"]) == ("U1", "One moment, please.")
    assert told["thread_ts"] == mention["ts"]
    direct = team.slack.message()
    await send(team, direct)
    assert team.slack.said("D1", direct["ts"]) == "One moment, please."
    assert not team.slack.complaints


async def test_a_guest_s_press_is_found_by_the_message_that_is_ours(team: Any) -> None:
    question = team.slack.mention()
    await send(team, question)
    payload = {
        "type": "block_actions",
        "user": {"id": "U9", "team_id": "T9"},
        "team": {"id": "T9"},
        "channel": {"id": "C1"},
        "message": {"ts": "1700000000.1", "thread_ts": question["ts"], "team": "T1"},
        "actions": [{"action_id": "choice:0", "value": "b", "action_ts": "1700000001.1"}],
    }
    assert (await team.slack.interact(team.url, payload)).status == 200
    chosen = team.desk.admitted[-1]
    assert (chosen.text, chosen.origin.person.id) == ("b", "T9:U9")
    assert chosen.origin.address == team.desk.admitted[0].origin.address
    assert chosen.origin.facts["team"] == "T9"


async def test_many_workspaces_have_many_tokens(open_team: Open) -> None:
    team = await open_team(bot_token="", client_id="1.1", client_secret="client-secret")
    other = team.slack.add(Workspace(team="T2", token="xoxb-two", bot_user="UTWO", bot_id="BTWO"))
    assert await send(team, team.slack.message(team="T2"), team="T2") == 200
    assert not team.desk.admitted
    await team.channel._installs.add(
        Installation("T2", "", other.bot_user, other.bot_id, "A1", other.token)
    )
    await send(team, team.slack.message(team="T2", text="hello"), team="T2")
    assert [inbound.origin.address.place for inbound in team.desk.admitted] == ["T2:D1"]
    gone = {"type": "app_uninstalled"}
    assert await send(team, gone, team="T2") == 200
    await send(team, team.slack.message(team="T2", text="hello?"), team="T2")
    assert texts(team) == ["hello"]


async def test_revoked_tokens_count_no_longer(team: Any) -> None:
    await send(team, team.slack.message())
    assert await send(team, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}) == 200
    await send(team, team.slack.message())
    assert len(team.slack.called("auth.test")) == 2


async def test_an_organisation_s_people_and_places_are_its_own(open_team: Open) -> None:
    team = await open_team()
    home = team.slack.workspaces["T1"]
    home.org, home.enterprise = True, "E1"
    for workspace in ("T1", "T2"):
        await send(team, team.slack.message(team=workspace), team=workspace)
    origins = [inbound.origin for inbound in team.desk.admitted]
    assert [o.address.place for o in origins] == ["E1:D1", "E1:D1"]
    assert [o.person.id for o in origins] == ["E1:U1", "E1:U1"]
    assert [o.facts["team"] for o in origins] == ["T1", "T2"]
