"""CiniterFlow keeps the contract of a bot, against the sandbox."""

from collections.abc import AsyncIterator

import pytest
from contracts.bot import BotContract, Make

from adapters.bots.ciniterflow import Bot, Config
from adapters.bots.ciniterflow import session as sessions
from gateway.model import Done, Forgotten, Reference
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving


class TestCiniterFlow(BotContract):
    """The contract, with a flow that a key protects."""

    flow = flows.PROTECTED.id
    good_key = flows.PROTECTED.key
    unknown_conversation = "none-of-this-bot"

    @pytest.fixture
    async def url(self) -> AsyncIterator[str]:
        api = CiniterFlow(Answers("# Chat Gateway\n").answer, pace=0.002)
        async with serving(api.application(), "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}"

    def make(self, url: str, key: str) -> Bot:
        config = {"kind": "ciniterflow", "base_url": url, "flow_id": self.flow, "api_key": key}
        return Bot("bot", Config.model_validate(config))

    async def test_a_session_the_server_never_saw_is_simply_begun(
        self, start: Make, url: str
    ) -> None:
        """The server takes every session that is named to it: none is ever gone."""
        reference = sessions.new().encode()
        events = await self.events(await start(url), self.ask(self.plain, reference))
        assert not any(isinstance(event, Forgotten) for event in events)
        first = next(event.conversation for event in events if isinstance(event, Reference))
        assert sessions.decode(first).id == sessions.decode(reference).id
        assert events[-1] == Done()


class TestAgentflow(TestCiniterFlow):
    """The same with an agentflow."""

    flow = flows.AGENTS.id

    async def test_a_refused_key_is_the_operator_s_and_stays_secret(
        self, start: Make, url: str
    ) -> None:
        """A flow without a key takes any."""
        events = await self.events(await start(url, self.bad_key), self.ask(self.plain))
        assert events[-1] == Done()
