"""ClickAI keeps the contract of a bot, against the sandbox."""

import pytest
from contracts.bot import BotContract

from adapters.bots.clickai import Bot, Config


class TestClickAI(BotContract):
    """The contract."""

    unknown_conversation = "11111111-1111-1111-1111-111111111111"

    @pytest.fixture
    def url(self, sandbox: str) -> str:
        return sandbox

    def make(self, url: str, key: str) -> Bot:
        return Bot(
            "bot", Config.model_validate({"kind": "clickai", "base_url": url, "api_key": key})
        )


class TestAfterAKeyThatIsNotAUuid(TestClickAI):
    """The same with a reference that the server refuses to look up."""

    unknown_conversation = "conv-xyz789"
