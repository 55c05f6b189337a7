"""The web channel keeps the contract of a channel."""

from collections.abc import Callable
from typing import Any

import pytest
from contracts.channel import ChannelContract, KeptLog

from adapters.channels.web import Channel, Config
from gateway.ports import Sent


class TestWebChannel(ChannelContract):
    """The contract; the end carries the whole text, and the events add up to it."""

    @pytest.fixture
    def channel(self) -> Channel:
        return Channel("site", Config(kind="web", key="pk_test"))

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
