"""The app's own page, and the first questions in its messages tab."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.model import Address, Introduction

Open = Callable[..., Awaitable[Any]]
INTRODUCTION = Introduction("I know <all> about pumps.", ("What is a pump?", "Who are you?"))


def opened(tab: str = "home") -> dict[str, Any]:
    return {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": tab}


async def send(team: Any, event: dict[str, Any]) -> None:
    assert (await team.slack.event(team.url, event)).status == 200
    await team.settled()
    assert not team.slack.complaints


def said(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "section"]


def buttons(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [e for block in blocks if block["type"] == "actions" for e in block["elements"]]


async def test_the_page_says_what_the_bot_is(team: Any) -> None:
    team.desk.introduction = INTRODUCTION
    await send(team, opened())
    blocks = team.slack.homes["U1"]["blocks"]
    assert said(blocks)[0] == "I know &lt;all&gt; about pumps."
    assert [b["value"] for b in buttons(blocks)] == ["What is a pump?", "Who are you?", "new"]


async def test_a_bot_that_says_nothing_has_a_page_too(team: Any) -> None:
    await send(team, opened())
    blocks = team.slack.homes["U1"]["blocks"]
    assert len(said(blocks)) == 1
    assert [b["action_id"] for b in buttons(blocks)] == ["home:new"]


async def press(team: Any, action: dict[str, Any]) -> None:
    used = action | {"action_ts": team.slack.new_ts()}
    payload = team.slack.payload(
        "block_actions", actions=[used], view={"type": "home", "callback_id": ""}
    )
    assert (await team.slack.interact(team.url, payload)).status == 200
    await team.settled()
    assert not team.slack.complaints


async def test_a_suggestion_is_asked_directly(team: Any) -> None:
    team.desk.introduction = INTRODUCTION
    await send(team, opened())
    await press(team, buttons(team.slack.homes["U1"]["blocks"])[0])
    [asked] = team.desk.admitted
    channel = asked.origin.facts["slack_channel"]
    [shown] = team.slack.posted(channel)
    assert shown.text == "You asked:\n> What is a pump?"
    assert (asked.text, asked.id) == ("What is a pump?", f"{channel}:{shown.ts}")
    assert asked.origin.address == Address("team", f"T1:{channel}", shown.ts)


async def test_a_new_conversation_begins_where_the_person_last_wrote(open_team: Open) -> None:
    team = await open_team(dm_mode="single")
    await send(team, team.slack.message())
    for _ in range(2):
        await press(team, {"action_id": "home:new", "value": "new"})
    assert [i.text for i in team.desk.admitted] == ["hello", "/new", "/new"]
    assert {i.origin.address for i in team.desk.admitted} == {Address("team", "T1:D1")}


@pytest.mark.parametrize(
    ("configured", "expected"),
    [((), ["What is a pump?", "Who are you?"]), (("Hi?",), ["Hi?"])],
)
async def test_first_questions_are_offered(
    open_team: Open, configured: tuple[str, ...], expected: list[str]
) -> None:
    team = await open_team(prompts=configured)
    team.desk.introduction = INTRODUCTION
    await send(team, opened("messages"))
    [prompts] = team.slack.prompts.values()
    assert [prompt["message"] for prompt in prompts] == expected


async def test_no_more_than_four_are_offered(team: Any) -> None:
    team.desk.introduction = Introduction("", tuple("abcdef"))
    await send(team, opened("messages"))
    [prompts] = team.slack.prompts.values()
    assert len(prompts) == 4


async def test_a_thread_of_an_assistant_gets_them_too(team: Any) -> None:
    team.desk.introduction = INTRODUCTION
    ts = team.slack.message()["ts"]
    thread = {"user_id": "U1", "channel_id": "D1", "thread_ts": ts, "context": {}}
    await send(team, {"type": "assistant_thread_started", "assistant_thread": thread})
    assert list(team.slack.prompts) == [("D1", ts)]


async def test_an_app_that_is_no_agent_is_asked_once(team: Any) -> None:
    team.desk.introduction = INTRODUCTION
    team.slack.broken["assistant.threads.setSuggestedPrompts"] = "not_agent_app"
    for _ in range(3):
        await send(team, opened("messages"))
    assert len(team.slack.called("assistant.threads.setSuggestedPrompts")) == 1


async def test_a_plain_bot_offers_nothing(open_team: Open) -> None:
    team = await open_team(agent=False)
    team.desk.introduction = INTRODUCTION
    await send(team, opened("messages"))
    assert not team.slack.prompts
