"""The bot: one CiniterFlow flow behind the gateway's port."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from msgspec.structs import replace
from yarl import URL

from adapters.bots.ciniterflow import session
from adapters.bots.ciniterflow.asking import Asking, Gone
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.config import Config
from adapters.bots.ciniterflow.downloads import Downloads
from adapters.bots.ciniterflow.facts import FlowFacts
from adapters.bots.ciniterflow.ratings import Ratings
from adapters.bots.ciniterflow.recovery import Recovery
from adapters.bots.ciniterflow.relay import Relay
from adapters.bots.errors import ClientError
from gateway.model import Answered, Ask, Introduction, Rating, Reference, ReplyEvent
from gateway.ports import Description, GatewayForBots

log = structlog.get_logger()


class CiniterFlowBot:
    """Answers with one CiniterFlow chatflow or agentflow.

    The server keeps no list of conversations: it takes any session that is named to it. So the
    bot names them, in a reference that also holds what the flow waits for.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self._config = config
        self._client: Client
        self._facts: FlowFacts
        self._ratings: Ratings
        self._asking: Asking
        self._recovery: Recovery

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready. Asks nothing of the server."""
        config = self._config
        key = config.api_key.get_secret_value() if config.api_key else ""
        self._client = Client(
            gateway.http,
            config.base_url,
            config.flow_id,
            key,
            idle=config.idle_timeout,
            content=config.content_timeout,
            connect=config.connect_timeout,
            headers=config.header_timeout,
        )
        self._facts = FlowFacts(self.name, self._client, streaming=config.streaming)
        self._ratings = Ratings(self, gateway, self._client)
        downloads = Downloads(gateway, self._client, config.base_url, key)
        relay = Relay(self, gateway, downloads)
        self._recovery = Recovery(self, self._client, relay)
        override = config.override_config
        self._asking = Asking(gateway, self._client, self._facts, relay, override)

    async def describe(self) -> Description:
        """What the flow can do. Does not raise."""
        try:
            facts = await self._facts.get()
        except ClientError as error:
            return Description(problem=str(error))
        abilities = {"streams": "yes" if facts.streaming else "no", **facts.files.abilities()}
        return Description(abilities | ({"begins": "with a form"} if facts.form else {}))

    async def stop(self) -> None:
        """Let go of the inquiry about the flow, if one runs."""
        await self._facts.close()

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Ask and stream the answer; ends with exactly one Done or Failed."""
        here = session.decode(ask.conversation.reference)
        forgotten = bool(ask.conversation.reference and not here)
        try:
            async with aclosing(self._asking.turn(ask, here, forgotten=forgotten)) as events:
                async for event in events:
                    yield event
            return
        except Gone as gone:
            log.info("ciniterflow.decision_gone", bot=self.name, turn=ask.turn)
            here = None if gone.forgotten or not here else replace(here, pending=None)
        async with aclosing(self._asking.turn(ask, here, forgotten=here is None)) as events:
            async for event in events:
                yield event

    async def recover(
        self, ask: Ask, answered: Answered | None, since: float
    ) -> AsyncGenerator[ReplyEvent]:
        """The answer to a question that was asked before: CiniterFlow gives it all the same.

        It is waited for a minute at most. Without a key there is no way to look.
        """
        if not self._config.api_key:
            return
        async with aclosing(self._recovery.events(ask, answered, since)) as events:
            async for event in events:
                yield event

    async def forget(self, conversation: str, user: str) -> bool:  # noqa: ARG002
        """Delete a conversation, with each chat it was held in; False when that cannot be, such
        as without a key. Does not raise."""
        here = session.decode(conversation)
        if not here or not self._config.api_key:
            return False
        try:
            kept = await self._client.history(session=here.id)
            for chat in {here.id, here.chat, *(row.chat_id for row in kept if row.chat_id)}:
                await self._client.forget(chat)
        except ClientError as error:
            log.warning("ciniterflow.forget_failed", bot=self.name, error=str(error))
            return False
        return True

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Ask CiniterFlow to stop. Does not raise, and returns within five seconds.

        It does not stop every kind of flow; the answer ends here with its next event.
        """
        if not reference.task:
            return
        self._asking.stop(reference.task)
        try:
            await self._client.abort(reference.task)
        except ClientError as error:
            log.warning("ciniterflow.stop_failed", bot=self.name, turn=ask.turn, error=str(error))

    async def introduce(self) -> Introduction:
        """The flow's welcome message, at most a minute old. Does not raise."""
        try:
            return (await self._facts.get()).introduction
        except ClientError as error:
            log.warning("ciniterflow.introduction_failed", bot=self.name, error=str(error))
            return Introduction()

    async def take_feedback(self, answered: Answered, rating: Rating, comment: str) -> bool:
        """Pass on what a person thinks of an answer; False when the server did not take it.

        Does not raise. CiniterFlow knows no way to take a rating back.
        """
        return await self._ratings.give(answered, rating, comment)


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.flow_id}"
    return f"ciniterflow:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
