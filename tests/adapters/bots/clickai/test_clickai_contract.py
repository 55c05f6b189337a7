"""ClickAI keeps the contract of a bot with every kind of app, against the sandbox."""

import pytest
from contracts.bot import BotContract, Make

from adapters.bots.clickai import Bot, Config
from gateway.model import Done, Forgotten, Reference, TextDelta, TextReplace


class TestClickAI(BotContract):
    """The contract, with a chatbot."""

    unknown_conversation = "11111111-1111-1111-1111-111111111111"

    @pytest.fixture
    def url(self, sandbox: str) -> str:
        return sandbox

    def make(self, url: str, key: str) -> Bot:
        # A chatflow that does not know a conversation says so by its silence.
        told = {"kind": "clickai", "base_url": url, "api_key": key, "idle_timeout": 2}
        return Bot("bot", Config.model_validate(told))


class TestAfterAKeyThatIsNotAUuid(TestClickAI):
    """The same with a reference that the server refuses to look up."""

    unknown_conversation = "conv-xyz789"


class TestAgent(TestClickAI):
    """With an agent."""

    good_key = "app-agent"


class TestChatflow(TestClickAI):
    """With a chatflow."""

    good_key = "app-chatflow"


class TestTextGenerator(TestClickAI):
    """With an app that remembers nothing: it has no conversation to go on with, or to forget."""

    good_key = "app-completion"

    async def test_a_conversation_goes_on(self, start: Make, url: str) -> None:
        bot = await start(url)
        events = await self.events(bot, self.ask("My name is Sarah"))
        assert not any(isinstance(e, Reference) and e.conversation for e in events)
        again = await self.events(bot, self.ask("what is my name?"))
        assert "Sarah" not in self.text(again)

    async def test_a_conversation_that_is_gone_begins_anew(self, start: Make, url: str) -> None:
        ask = self.ask(self.plain, self.unknown_conversation)
        events = await self.events(await start(url), ask)
        assert not any(isinstance(event, Forgotten) for event in events)
        assert isinstance(events[-1], Done)


class TestWorkflow(TestTextGenerator):
    """With a workflow, which remembers nothing either."""

    good_key = "app-workflow"


class TestWhole(TestClickAI):
    """With whole answers: there is nothing to see, or to stop, before they are there."""

    slow = "hang"

    def make(self, url: str, key: str) -> Bot:
        told = {"kind": "clickai", "base_url": url, "api_key": key, "response_mode": "blocking"}
        return Bot("bot", Config.model_validate({**told, "blocking_timeout": 1}))

    async def test_a_running_answer_can_be_stopped(self, start: Make, url: str) -> None:
        events = await self.events(await start(url), self.ask("count to 50"))
        shown = [event for event in events if isinstance(event, TextDelta | TextReplace)]
        assert len(shown) == 1
