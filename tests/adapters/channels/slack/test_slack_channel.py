"""The channel as a whole: starting, stopping, and one real gateway with a store."""

from pathlib import Path
from typing import Any

import pytest
from support.desk import Desk
from support.servers import eventually, loaded, running, web_config
from support.slack import Slack

from adapters.channels.slack import Channel, Config
from adapters.channels.slack.sockets import Sockets
from gateway.ports import CanCheck, CannotStart
from gateway.service import Service

EVENTS = "/slack/team/events"


def section(slack: Slack, **more: Any) -> dict[str, Any]:
    keys = {"kind": "slack", "bot_token": "xoxb-test", "api_url": slack.api_url}
    return keys | ({} if "app_token" in more else {"signing_secret": "secret"}) | more


async def test_slack_may_be_away_at_the_start(slack: Slack, desk: Desk) -> None:
    away = section(slack, api_url="http://127.0.0.1:9/api/")
    for keys in (away, away | {"signing_secret": "", "app_token": "xapp-test"}):
        channel = Channel("team", Config(**keys))
        await channel.start(desk)
        await channel.stop()
    assert ("POST", EVENTS) in desk.handlers


async def test_a_refused_token_for_socket_mode_is_told_at_the_start(
    slack: Slack, desk: Desk
) -> None:
    channel = Channel("team", Config(**section(slack, app_token="xapp-wrong")))
    with pytest.raises(CannotStart, match="app_token") as caught:
        await channel.start(desk)
    assert "xapp-wrong" not in str(caught.value)


async def test_over_socket_mode_nothing_is_served(slack: Slack, desk: Desk) -> None:
    channel = Channel("team", Config(**section(slack, app_token="xapp-test")))
    await channel.start(desk)
    try:
        assert not desk.handlers
        assert isinstance(channel._sockets, Sockets)
        await eventually(lambda: channel._sockets and channel._sockets.connected)
    finally:
        await channel.stop()


async def test_many_workspaces_install_it_by_themselves(slack: Slack, desk: Desk) -> None:
    keys = section(slack, bot_token="", client_id="1.1", client_secret="c")
    channel = Channel("team", Config(**keys))
    await channel.start(desk)
    await channel.stop()
    mounted = {("POST", EVENTS), ("GET", "/slack/team/install"), ("GET", "/slack/team/callback")}
    assert set(desk.handlers) == mounted


async def test_a_channel_can_be_checked_before_it_is_started(slack: Slack) -> None:
    channel = Channel("team", Config(**section(slack)))
    assert isinstance(channel, CanCheck)
    found = await channel.check(slack.http, "https://chat.example.com")
    assert found.abilities["workspace"] == "One"


@pytest.fixture
async def service(sandbox: str, redis_url: str, folder: Path, slack: Slack) -> Any:
    """A gateway with one Slack app, in this process."""
    config = web_config(
        sandbox,
        redis_url,
        channels={"team": section(slack)},
        routes=[{"channel": "team", "bot": "bot"}],
    )
    async with running(loaded(folder, config)) as service:
        yield service


async def test_a_question_is_answered_in_its_thread(service: Service, slack: Slack) -> None:
    url = service.url + EVENTS
    mention = slack.mention(text="What is the gateway?")
    assert (await slack.event(url, mention)).status == 200
    assert (await slack.event(url, slack.twin(mention), retry=1)).status == 200
    await eventually(lambda: slack.called("chat.stopStream"))
    assert "Chat Gateway" in slack.said("C1", mention["ts"])
    assert len(slack.called("chat.startStream")) == 1
    assert not slack.complaints
