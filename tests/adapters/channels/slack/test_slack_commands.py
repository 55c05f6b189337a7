"""The slash command."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.model import Address

Open = Callable[..., Awaitable[Any]]


async def command(team: Any, text: str, **more: Any) -> str:
    answer = await team.slack.command(team.url, text=text, **more)
    await team.settled()
    assert answer.status == 200
    assert not team.slack.complaints
    return str(answer.body)


async def test_a_question_is_answered_directly(team: Any) -> None:
    assert "direct messages" in await command(team, "is 1 &lt; 2?\nreally")
    [asked] = team.desk.admitted
    channel = asked.origin.facts["slack_channel"]
    [shown] = team.slack.posted(channel)
    assert shown.text == "You asked:\n> is 1 &lt; 2?\n> really"
    assert asked.text == "is 1 < 2?\nreally"
    assert asked.origin.address == Address("team", f"T1:{channel}", shown.ts)
    assert asked.origin.facts["slack_channel_type"] == "im"


async def test_all_questions_may_be_one_conversation(open_team: Open) -> None:
    team = await open_team(dm_mode="single")
    await command(team, "one")
    await command(team, "two")
    [address] = {asked.origin.address for asked in team.desk.admitted}
    assert address.thread == ""
    assert [asked.origin.facts["thread"] for asked in team.desk.admitted] == ["", ""]


@pytest.mark.parametrize("text", ["", "  ", "help", "Help", "trợ giúp"])
async def test_help_says_what_there_is(team: Any, text: str) -> None:
    assert "/ask stop" in await command(team, text)
    assert not team.desk.admitted


async def test_stop_ends_what_the_person_last_asked(team: Any) -> None:
    assert "nothing to stop" in await command(team, "stop")
    mention = team.slack.mention()
    await team.slack.event(team.url, mention)
    assert "nothing to stop" in await command(team, "stop", user="U2")
    assert "Stopped" in await command(team, "stop", channel="C9")
    assert [origin.address for origin in team.desk.halted] == [
        Address("team", "T1:C1", mention["ts"])
    ]


async def test_new_begins_anew_where_the_person_last_wrote_directly(team: Any) -> None:
    assert "new conversation" in await command(team, "new")
    assert not team.desk.admitted
    direct = team.slack.message()
    await team.slack.event(team.url, direct)
    assert "new conversation" in await command(team, "mới")
    assert [asked.text for asked in team.desk.admitted] == ["hello", "/new"]
    assert {asked.origin.address.thread for asked in team.desk.admitted} == {direct["ts"]}


async def test_new_leaves_a_thread_of_a_channel_alone(team: Any) -> None:
    await team.slack.event(team.url, team.slack.mention())
    assert "new conversation" in await command(team, "new")
    assert [asked.text for asked in team.desk.admitted] == ["hello"]


@pytest.mark.parametrize("fault", ["500", "messages_tab_disabled", "cut before", "slow:30"])
async def test_who_cannot_be_asked_for_is_told(
    team: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.channels.slack.opening.SECONDS", 0.2)
    await team.slack.event(team.url, team.slack.message())
    team.slack.fail("chat.postMessage", fault)
    assert "try again" in await command(team, "hello?")
    assert len(team.desk.admitted) == 1


async def test_while_the_store_is_away_slack_is_told(team: Any) -> None:
    await team.slack.event(team.url, team.slack.message())
    team.desk.down = True
    assert (await team.slack.command(team.url, text="stop")).status == 503
