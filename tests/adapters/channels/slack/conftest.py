"""The Slack channel before a stand-in for Slack, with a desk in place of the gateway."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import pytest
from support.desk import Desk
from support.slack import Slack
from support.slack import slack as serving_slack

from adapters.channels.slack import Channel, Config

SECRET = "secret"


class Team(NamedTuple):
    """A started channel, where Slack posts to it, and what is on either side."""

    channel: Channel
    url: str
    slack: Slack
    desk: Desk

    async def settled(self) -> None:
        """What is done on the side is done."""
        await self.channel._background.idle()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """Slack."""
    async with serving_slack() as standin:
        yield standin


@pytest.fixture
async def desk(http: aiohttp.ClientSession) -> Desk:
    """The gateway."""
    return Desk(http)


@pytest.fixture
async def open_team(slack: Slack, desk: Desk) -> AsyncIterator[Callable[..., Awaitable[Team]]]:
    """Starts a channel with a configuration."""
    async with AsyncExitStack() as stack:

        async def open_(**keys: Any) -> Team:
            given: dict[str, Any] = {
                "kind": "slack",
                "bot_token": "xoxb-test",
                "signing_secret": SECRET,
                "api_url": slack.api_url,
                "file_hosts": (urlsplit(slack.url).netloc,),
            }
            channel = Channel("team", Config(**given | keys))
            await channel.start(desk)
            stack.push_async_callback(channel.stop)
            url = await stack.enter_async_context(desk.served())
            return Team(channel, f"{url}/slack/team/events", slack, desk)

        yield open_


@pytest.fixture
async def team(open_team: Callable[..., Awaitable[Team]]) -> Team:
    """A channel as it is configured at least."""
    return await open_team()
