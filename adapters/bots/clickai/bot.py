"""The bot: one ClickAI app behind the gateway's port."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Literal

import structlog
from yarl import URL

from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.app import App
from adapters.bots.clickai.client import ClickAI
from adapters.bots.clickai.config import Config
from adapters.bots.clickai.errors import Refused
from adapters.bots.clickai.exchange import Exchange
from adapters.bots.clickai.forms import recall
from adapters.bots.clickai.plans import quota
from adapters.bots.clickai.reader import Desk
from adapters.bots.clickai.recordings import Recordings
from adapters.bots.clickai.recovery import Recovery
from adapters.bots.clickai.transport import Limits
from adapters.bots.errors import ClientError
from gateway.model import (
    Answered,
    Ask,
    Attachment,
    Introduction,
    Rating,
    Reference,
    ReplyEvent,
)
from gateway.ports import Description, GatewayForBots, Listed

_STOPPING = 5.0
_RATINGS: dict[Rating, Literal["like", "dislike"] | None] = {
    Rating.LIKE: "like",
    Rating.DISLIKE: "dislike",
    Rating.NONE: None,
}

log = structlog.get_logger()


class ClickAIBot:
    """Answers with one ClickAI app, of whatever kind.

    A conversation that the app no longer knows is begun anew within the same answer, once. A
    workflow that waits for a form ends its answer with the form's choices, and goes on when the
    person's next message is one of them. Of a message's files those that the app does not take
    are left out, and the person is told.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self.quota = quota(config)
        self._config = config
        self._client: ClickAI
        self._app: App
        self._desk: Desk
        self._recordings: Recordings
        self._running: set[Answer] = set()
        if config.studio_token:
            # Only with the Studio's token is it a bot that can list others.
            self.list_bots = self._list_bots

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready. Asks nothing of the server."""
        config, http = self._config, gateway.http
        limits = Limits(
            idle=config.idle_timeout,
            content=config.content_timeout,
            connect=config.connect_timeout,
            blocking=config.blocking_timeout,
        )
        token = config.studio_token.get_secret_value() if config.studio_token else ""
        self._client = ClickAI(
            config.api_key.get_secret_value(),
            base_url=config.base_url,
            studio_url=config.studio_url,
            studio_token=token,
            http=http,
            limits=limits,
        )
        self._app = App(self._client, config, self.name)
        self._desk = Desk(self, config, gateway, self._client, self._app, self._running)
        self._recordings = Recordings(gateway, self._client, self.name)

    async def stop(self) -> None:
        """Nothing is held between answers."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Ask and stream the answer; ends with exactly one Done or Failed."""
        async with aclosing(Exchange(self._desk, ask).events()) as events:
            async for event in events:
                yield event

    async def recover(
        self, ask: Ask, answered: Answered | None, since: float
    ) -> AsyncGenerator[ReplyEvent]:
        """What ClickAI has kept of an answer that was asked for before; perhaps nothing.

        A chatflow or a workflow that still runs is waited for, a minute at most. Text generators
        keep nothing.
        """
        recovery = Recovery(self._desk, ask, answered, since)
        async with aclosing(recovery.events()) as events:
            async for event in events:
                yield event

    async def forget(self, conversation: str, user: str) -> bool:
        """Delete a conversation; False when ClickAI still has it. Does not raise."""
        known, _ = recall(conversation)
        if not known:
            return False
        try:
            await self._client.conversations.delete(known, user)
        except ClientError as error:
            if isinstance(error, Refused) and error.forgotten:
                return True
            log.warning("clickai.forget_failed", bot=self.name, error=str(error))
            return False
        return True

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Ask ClickAI to stop. Does not raise, and returns within five seconds."""
        if not reference.task:
            return
        for answer in self._running:
            if answer.reference.task == reference.task:
                answer.stopped = True
        try:
            async with asyncio.timeout(_STOPPING):
                kind = await self._app.kind()
                await self._client.asking(kind).stop(reference.task, ask.user)
        except (ClientError, TimeoutError) as error:
            log.warning("clickai.stop_failed", bot=self.name, turn=ask.turn, error=str(error))

    async def introduce(self) -> Introduction:
        """The app's opening statement, at most a minute old. Does not raise."""
        return await self._app.introduction()

    async def describe(self) -> Description:
        """What the app is, and what in the configuration does not fit it. Does not raise."""
        return await self._app.describe()

    async def take_feedback(self, answered: Answered, rating: Rating, comment: str) -> bool:
        """Pass a rating on; False when ClickAI did not take it. Does not raise."""
        said = _RATINGS[rating]
        try:
            await self._client.messages.rate(answered.answer, answered.user, said, comment)
        except ClientError as error:
            # There is nothing to take back: it is as the person wants it.
            if said is None and isinstance(error, Refused) and error.code == "invalid_param":
                return True
            log.warning("clickai.feedback_failed", bot=self.name, error=str(error))
            return False
        return True

    async def transcribe(self, audio: Attachment, user: str) -> str:
        """What is said in a recording; empty when the app does not listen. Does not raise."""
        return await self._recordings.text(audio, user)

    async def _list_bots(self, mode: str) -> AsyncIterator[Listed]:
        """The apps of the workspace. Raises ValueError with what the Studio says."""
        try:
            async for app in self._client.assistants.all(self._config.workspace_id, mode=mode):
                yield Listed(app.id, app.name or "", app.mode or "")
        except ClientError as error:
            raise ValueError(f"the Studio (studio_url, studio_token): {error}") from error


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.app}"
    return f"clickai:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
