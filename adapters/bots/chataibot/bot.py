"""The bot: one ChatAIBot flow behind the gateway's port.

ChatAIBot takes a message and answers later, over a webhook: an answer ends with Awaiting, and what
the bot or a human agent says then is pushed.
"""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from aiohttp import web
from msgspec.structs import replace
from yarl import URL

from adapters.bots.chataibot import webhook
from adapters.bots.chataibot.client import Client
from adapters.bots.chataibot.config import Config
from adapters.bots.chataibot.errors import ClientError
from adapters.bots.chataibot.events import events_of
from adapters.bots.chataibot.files import Files
from adapters.bots.chataibot.inbox import Inbox
from adapters.bots.chataibot.memory import Memory
from adapters.bots.chataibot.outbox import Outbox
from adapters.bots.chataibot.quiet import Quiet
from adapters.bots.chataibot.recovery import Asked, Recovery
from adapters.bots.chataibot.session import Session, session_of
from adapters.bots.chataibot.uploads import Uploads, uploads_of
from gateway.model import (
    Answered,
    Ask,
    Awaiting,
    Failed,
    Failure,
    Forgotten,
    Reference,
    ReplyEvent,
)
from gateway.ports import GatewayForBots, StoreUnavailable

log = structlog.get_logger()


class _Gone(Exception):
    """ChatAIBot does not know the conversation; nothing was said in it."""


class ChatAIBot:
    """Hands messages to one ChatAIBot bot, and pushes what it says.

    A conversation that ChatAIBot no longer knows is begun anew within the same answer, once; one
    that it has closed is begun anew with the next message.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self.webhook_path = config.webhook_path or f"/hooks/chataibot/{name}"
        self._config = config
        self._gateway: GatewayForBots
        self._memory: Memory
        self._quiet: Quiet
        self._inbox: Inbox
        self._outbox: Outbox
        self._recovery: Recovery

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready and open the webhook. Asks nothing of the server."""
        config = self._config
        self._gateway = gateway
        self._memory = Memory(self, gateway)
        self._quiet = Quiet(self, gateway, self._memory, config.quiet_time)
        files = Files(self.name, gateway, str(URL(config.base_url).origin()))
        self._inbox = Inbox(self, gateway, self._memory, files, self._quiet)
        self._outbox = Outbox(self.name, self._client(), self._memory, config.variables)
        self._recovery = Recovery(gateway, self._quiet)
        gateway.mount("POST", self.webhook_path, self._receive)
        log.info("chataibot.webhook", bot=self.name, url=gateway.public_url + self.webhook_path)

    async def stop(self) -> None:
        """Let go of the webhook's requests, and of those who wait to hear something."""
        await self._inbox.stop()
        await self._quiet.stop()

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Hand the message over; ends with exactly one Awaiting or Failed."""
        uploads = uploads_of(ask, self._gateway)
        if not (ask.text.strip() or uploads.files):
            for notice in uploads.notices:
                yield notice
            yield Failed(Failure.REJECTED, "nothing of the message can be sent")
            return
        session = await self._session(ask)
        try:
            async with aclosing(self._attempt(ask, uploads, session)) as events:
                async for event in events:
                    yield event
            return
        except _Gone:
            log.info("chataibot.conversation_forgotten", bot=self.name, turn=ask.turn)
        yield Forgotten()
        session = replace(session, conversation="")
        async with aclosing(self._attempt(ask, uploads, session)) as events:
            async for event in events:
                yield event

    async def recover(
        self,
        ask: Ask,
        answered: Answered | None,
        since: float,  # noqa: ARG002
    ) -> AsyncGenerator[ReplyEvent]:
        """Await the answer to a message that may have gone out: it is never sent twice."""
        for event in self._recovery.events(ask, answered):
            yield event

    async def _session(self, ask: Ask) -> Session:
        session = session_of(ask.conversation.reference, ask.user)
        try:
            if session.conversation and await self._memory.is_closed(session.conversation):
                return replace(session, conversation="")
        except StoreUnavailable:
            # ChatAIBot says so itself when it is asked.
            log.warning("chataibot.closing_not_known", bot=self.name)
        return session

    async def _attempt(
        self, ask: Ask, uploads: Uploads, session: Session
    ) -> AsyncGenerator[ReplyEvent]:
        heard = await self._quiet.heard(session.aliases)
        asked = Asked(ask.turn, heard)
        # The answer may come before the message is confirmed, and must find its way. And whoever
        # takes the message up, should we die, must not send it again.
        yield Reference(session.encode(), asked.encode(), aliases=session.aliases)
        try:
            session = await self._outbox.send(ask, uploads, session)
        except ClientError as error:
            if session.conversation and error.forgotten:
                raise _Gone from None
            if error.retry_after is not None:
                yield Reference(answer=replace(asked, withdrawn=True).encode())
            yield Failed(error.failure, str(error), error.retry_after)
            return
        self._quiet.watch(ask, session.aliases, heard)
        yield Reference(session.encode(), aliases=session.aliases)
        for notice in uploads.notices:
            yield notice
        yield Awaiting()

    async def _receive(self, request: web.Request) -> web.Response:
        secret = self._config.webhook_secret.get_secret_value()
        body = await webhook.read(request, secret)
        await self._inbox.take(events_of(body, self._config.fields))
        # ChatAIBot checks a new webhook by whether its own token comes back.
        return web.json_response({"ok": True, "token": secret})

    def _client(self) -> Client:
        return Client(
            self._gateway.http,
            self._config.base_url,
            self._config.token.get_secret_value(),
            self._config.bot_key,
            request=self._config.request_timeout,
            connect=self._config.connect_timeout,
        )


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.bot_key}"
    return f"chataibot:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
