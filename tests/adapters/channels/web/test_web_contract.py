"""The web channel keeps the contract of a channel."""

from collections.abc import Callable
from typing import Any

import pytest
from contracts.channel import ChannelContract, KeptLog

from adapters.channels.web import Channel, Config
from gateway.model import Attachment
from gateway.ports import Handler, Sent


class Handed:
    """What a channel is handed that only delivers."""

    public_url = ""

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Nothing is served here."""

    def signing_keys(self) -> list[bytes]:
        return [b"a key of a contract test"]

    def file_path(self, attachment: Attachment) -> str:
        return f"/files/{attachment.name}"


class TestWebChannel(ChannelContract):
    """The contract; the end carries the whole text, and the events add up to it."""

    @pytest.fixture
    async def channel(self) -> Channel:
        channel = Channel("site", Config(kind="web", key="pk_test"))
        await channel.start(Handed())  # type: ignore[arg-type]
        return channel

    @pytest.fixture
    def shown(self) -> Callable[[Sent, KeptLog], str]:
        def shown(outcome: Sent, log: KeptLog) -> str:
            assert outcome.closing
            data: Any = outcome.closing.data
            assert data["text"] == streamed(log)
            return str(data["text"])

        return shown


def streamed(log: KeptLog) -> str:
    text = ""
    for kind, data in log.events:
        if kind == "start":
            text = ""
        elif kind == "delta":
            assert data["o"] == len(text)
            text += data["t"]
        elif kind == "replace":
            text = data["text"]
    return text
