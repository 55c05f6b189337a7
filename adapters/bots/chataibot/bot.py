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

from adapters.bots.chataibot import webhook, wire
from adapters.bots.chataibot.client import Client
from adapters.bots.chataibot.config import Config
from adapters.bots.chataibot.content import Button
from adapters.bots.chataibot.errors import ClientError
from adapters.bots.chataibot.events import Event, events_of
from adapters.bots.chataibot.inbox import Inbox
from adapters.bots.chataibot.session import Session, session_of
from gateway.model import Ask, Awaiting, Failed, Forgotten, Reference, ReplyEvent
from gateway.ports import GatewayForBots

log = structlog.get_logger()


class _Gone(Exception):
    """ChatAIBot does not know the conversation; nothing was said in it."""


class ChatAIBot:
    """Hands messages to one ChatAIBot bot, and pushes what it says.

    A conversation that ChatAIBot no longer knows is begun anew within the same answer, once; one
    that it has closed is begun anew with the next message. See Inbox for what a restart forgets.
    """

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.identity = _identity(config)
        self.webhook_path = config.webhook_path or f"/hooks/chataibot/{name}"
        self._config = config
        self._inbox = Inbox(name, self._push)
        self._gateway: GatewayForBots
        self._client: Client

    async def start(self, gateway: GatewayForBots) -> None:
        """Get ready and open the webhook. Asks nothing of the server."""
        self._gateway = gateway
        self._client = Client(
            gateway.http,
            self._config.base_url,
            self._config.token.get_secret_value(),
            self._config.bot_key,
            request=self._config.request_timeout,
            connect=self._config.connect_timeout,
        )
        gateway.mount("POST", self.webhook_path, self._receive)
        log.info("chataibot.webhook", bot=self.name, url=gateway.public_url + self.webhook_path)

    async def stop(self) -> None:
        """Nothing is held between answers."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent]:
        """Hand the message over; ends with exactly one Awaiting or Failed."""
        session = session_of(ask.conversation.reference, ask.user)
        if session.conversation and self._inbox.closed.find((session.conversation,)):
            session = replace(session, conversation="")
        try:
            async with aclosing(self._attempt(ask, session)) as events:
                async for event in events:
                    yield event
            return
        except _Gone:
            log.info("chataibot.conversation_forgotten", bot=self.name, turn=ask.turn)
        yield Forgotten()
        async with aclosing(self._attempt(ask, replace(session, conversation=""))) as events:
            async for event in events:
                yield event

    async def _attempt(self, ask: Ask, session: Session) -> AsyncGenerator[ReplyEvent]:
        # The answer may come before the message is confirmed, and must find its way.
        yield Reference(session.encode(), aliases=session.aliases)
        try:
            if session.conversation:
                await self._send(ask, session)
            else:
                session = await self._begin(ask, session)
        except ClientError as error:
            if session.conversation and error.forgotten:
                raise _Gone from None
            yield Failed(error.failure, str(error), error.retry_after)
            return
        yield Reference(session.encode(), aliases=session.aliases)
        yield Awaiting()

    async def _begin(self, ask: Ask, session: Session) -> Session:
        # The visitor's buttons are those of an earlier conversation.
        stale = self._inbox.prompts.find(session.aliases)
        system = {"browserLanguage": ask.locale} if ask.locale else {}
        inputs = {**self._config.variables, **ask.conversation.inputs}
        variables: wire.Variables = {"system": system, "contact": {}, "conversation": inputs}
        begun = await self._client.start_conversation(
            ask.text,
            session.visitor,
            {group: values for group, values in variables.items() if values},
        )
        session = replace(session, conversation=begun.id, key=begun.visitor_key or session.key)
        if stale:
            self._inbox.prompts.forget(session.aliases, stale)
        return session

    async def _send(self, ask: Ask, session: Session) -> None:
        names = session.aliases
        prompt = self._inbox.prompts.find(names)
        data = {"body": ask.text, **_pressed(ask.text, prompt or ())}
        await self._client.send_message(session.conversation, data)
        # A prompt that came in the meantime is a new one.
        if prompt:
            self._inbox.prompts.forget(names, prompt)

    async def _receive(self, request: web.Request) -> web.Response:
        secret = self._config.webhook_secret.get_secret_value()
        body = await webhook.read(request, secret)
        await self._inbox.take(events_of(body, self._config.fields))
        # ChatAIBot checks a new webhook by whether its own token comes back.
        return web.json_response({"ok": True, "token": secret})

    async def _push(self, alias: str, event: Event) -> bool:
        return await self._gateway.push(self, alias, event.name, event.said.events)


def _pressed(text: str, prompt: tuple[Button, ...]) -> dict[str, object]:
    """What goes along with ``text`` when it is the label of a button."""
    said = text.strip().casefold()
    pressed = next((button for button in prompt if button.label.casefold() == said), None)
    return {**pressed.carried, "body": pressed.label} if pressed else {}


def _identity(config: Config) -> str:
    place = f"{URL(config.base_url)}\n{config.bot_key}"
    return f"chataibot:{hashlib.sha256(place.encode()).hexdigest()[:16]}"
