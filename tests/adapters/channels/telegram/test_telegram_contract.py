"""Telegram keeps the contract of every channel, in private chats and in groups."""

from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from contracts.channel import ChannelContract, KeptLog
from support.desk import Desk
from support.outgoing import Notes, delivery
from support.servers import eventually
from support.telegram import Telegram, telegram

from adapters.channels.telegram import Channel as TelegramChannel
from adapters.channels.telegram import Config
from gateway.delivery import Delivery
from gateway.ports import Channel

GROUP = -1_000_000_000_001


@pytest.fixture
async def stand_in() -> AsyncIterator[Telegram]:
    async with telegram() as standin:
        yield standin
        assert standin.complaints == []


class TestTelegram(ChannelContract):
    """A private chat."""

    chat = 42
    streaming = "auto"

    @pytest.fixture(autouse=True)
    def notes(self, stand_in: Telegram) -> None:
        self.journal = Notes()
        self.asked = stand_in.message(self.chat, text="?")["message"]["message_id"]

    @pytest.fixture
    async def channel(
        self, stand_in: Telegram, http: aiohttp.ClientSession
    ) -> AsyncIterator[Channel]:
        keys = {"kind": "telegram", "token": stand_in.token, "api_url": stand_in.url}
        channel = TelegramChannel("telegram", Config(**keys, streaming=self.streaming))
        await channel.start(Desk(http))  # type: ignore[arg-type]
        await eventually(lambda: stand_in.called("setMyCommands"))
        yield channel
        await channel.stop()

    @pytest.fixture
    def shown(self, stand_in: Telegram) -> Callable[..., str]:
        return lambda *_: "".join(message.parts[0] for message in stand_in.said(self.chat))

    def delivery(self, log: KeptLog) -> Delivery:
        kind = "private" if self.chat > 0 else "supergroup"
        facts = {"chat": str(self.chat), "chat_type": kind, "user": "42", "thread": ""}
        facts |= {"message": str(self.asked)}
        return delivery(str(self.chat), "", self.journal, facts)


class TestTelegramEdits(TestTelegram):
    """A private chat without drafts."""

    streaming = "edit"


class TestTelegramGroups(TestTelegram):
    """A group."""

    chat = GROUP


class TestTelegramAtOnce(TestTelegram):
    """A group that gets an answer when it is whole."""

    chat = GROUP
    streaming = "off"
