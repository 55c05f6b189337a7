"""Slack keeps the contract of every channel."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from contracts.channel import ChannelContract, KeptLog
from support.outgoing import Given, Notes, delivery
from support.slack import Slack, slack

from adapters.channels.slack import rendering
from adapters.channels.slack.channel import SlackChannel
from adapters.channels.slack.config import Config
from gateway.delivery import Delivery
from gateway.ports import Channel, Handler


class Hall(Given):
    """Mounts what a channel serves, and calls nothing of it."""

    def mount(self, method: str, path: str, handler: Handler) -> None:
        assert path.startswith("/slack/")


@pytest.fixture
async def stand_in() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin
        assert standin.complaints == []


class TestSlack(ChannelContract):
    """A thread in a channel."""

    @pytest.fixture(autouse=True)
    def root(self, stand_in: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rendering, "FIRST_SECONDS", 0.0)
        self.thread = stand_in.message(channel="C1", text="?")["ts"]
        self.notes = Notes()

    @pytest.fixture
    async def channel(self, stand_in: Slack, http: aiohttp.ClientSession) -> AsyncIterator[Channel]:
        keys = {"kind": "slack", "bot_token": "xoxb-test", "signing_secret": "secret"}
        channel = SlackChannel("slack", Config(**keys, api_url=stand_in.api_url))
        await channel.start(Hall(http))  # type: ignore[arg-type]
        yield channel
        await channel.stop()

    @pytest.fixture
    def shown(self, stand_in: Slack) -> Callable[..., str]:
        return lambda *_: stand_in.said("C1", self.thread)

    def delivery(self, log: KeptLog) -> Delivery:
        facts: dict[str, Any] = {"user": "U1", "team": "T1", "ts": self.thread}
        return delivery("T1:C1", self.thread, self.notes, facts | {"thread": self.thread})
