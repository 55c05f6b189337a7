"""Bolt's app: each listener normalises one kind of event and hands it on, nothing else."""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.channels.background import Background
from adapters.channels.slack import inbound, ratings, wire
from adapters.channels.slack.actions import Actions
from adapters.channels.slack.commands import Commands
from adapters.channels.slack.config import Config
from adapters.channels.slack.failures import NotInstalled, failed
from adapters.channels.slack.home import Home
from adapters.channels.slack.inbound import Door, parse
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.installs import Installs
from adapters.channels.slack.intake import Intake
from adapters.channels.slack.manifest import SHORTCUT
from adapters.channels.slack.modals import Modals
from adapters.channels.slack.ratings import Ratings
from gateway.model import Rating
from gateway.ports import GatewayForChannels

ANY = re.compile(".*")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who does what events ask for."""

    gateway: GatewayForChannels
    background: Background
    intake: Intake
    ratings: Ratings
    modals: Modals
    home: Home
    commands: Commands
    actions: Actions


class Listeners:
    """What Bolt calls. A listener that raises is not acknowledged."""

    def __init__(self, name: str, config: Config, installs: Installs, handlers: Handlers) -> None:
        self._name = name
        self._config = config
        self._installs = installs
        self._do = handlers

    def app(self, http: aiohttp.ClientSession) -> AsyncApp:
        """An app that verifies nothing: whoever hands it an event has."""
        app = AsyncApp(
            name=self._name,
            logger=_logger(),
            client=AsyncWebClient(base_url=self._config.api_url, session=http, retry_handlers=[]),
            before_authorize=_note_sender,
            authorize=self._authorizer(),
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        for kind, listener in self._events().items():
            app.event(kind)(listener)
        # Slack sends again what is not acknowledged, and at last sends nothing more.
        app.event(ANY)(self.ignore)
        app.action(ANY)(self.action)
        app.view(ANY)(self.form)
        app.command(ANY)(self.command)
        app.shortcut(ANY)(self.shortcut)
        app.error(failed)
        return app

    def _events(self) -> dict[str, Callable[..., Awaitable[None]]]:
        return {
            "message": self.message,
            "app_mention": self.message,
            "agent_session_stopped": self.stop,
            "reaction_added": self.reaction,
            "reaction_removed": self.reaction,
            "app_home_opened": self.home,
            "assistant_thread_started": self.thread,
            "assistant_thread_context_changed": self.ignore,
            "app_uninstalled": self.uninstalled,
            "tokens_revoked": self.revoked,
        }

    def _authorizer(self) -> Callable[..., Awaitable[AuthorizeResult]]:
        # A method would be asked for its self: Bolt goes by the names of arguments.
        async def authorize(
            context: AsyncBoltContext, enterprise_id: str | None, team_id: str | None
        ) -> AuthorizeResult:
            """Who the bot is there. Raises NotInstalled, StoreUnavailable and Unreached."""
            sender = context.get("sender")
            found = await self._find(_id(team_id), _id(sender), _id(enterprise_id))
            context["installation"] = found
            return AuthorizeResult(
                enterprise_id=found.enterprise or None,
                team_id=found.team or None,
                bot_user_id=found.bot_user,
                bot_id=found.bot_id,
                bot_token=found.token,
            )

        return authorize

    async def _find(self, team: str, sender: str, enterprise: str) -> Installation:
        for home in dict.fromkeys((team, sender)):
            if found := await self._installs.find(home, enterprise):
                return found
        raise NotInstalled

    async def message(self, event: Body, body: Body, context: AsyncBoltContext) -> None:
        """Something was said, edited or deleted."""
        door = self._door(body, context)
        await self._do.intake.heed(inbound.read(event, door), door.installation)

    async def stop(self, event: Body, body: Body, context: AsyncBoltContext) -> None:
        """Slack's own stop button was pressed."""
        said, door = parse(wire.Stopped, event), self._door(body, context)
        await self._do.gateway.halt(
            inbound.origin(door, said.channel, said.user, thread=said.thread_ts)
        )

    async def reaction(self, event: Body) -> None:
        """An emoji says what somebody thinks of an answer."""
        said = parse(wire.Reaction, event)
        rating, item = ratings.meaning(said), said.item
        if rating is None or item.type != "message" or not item.channel or not item.ts:
            return
        if turn := await self._do.ratings.find(item.channel, item.ts):
            self._do.background.start("rating", self._do.ratings.rate(turn, Rating(rating)))

    async def home(self, event: Body, body: Body, context: AsyncBoltContext) -> None:
        """Somebody looks at the app."""
        self._do.home.opened(self._door(body, context), parse(wire.HomeOpened, event))

    async def thread(self, event: Body, body: Body, context: AsyncBoltContext) -> None:
        """A thread with an assistant was opened."""
        thread = parse(wire.ThreadStarted, event).assistant_thread
        door = self._door(body, context)
        self._do.home.suggest(door, thread.channel_id, thread.user_id, thread.thread_ts)

    async def uninstalled(self, body: Body, context: AsyncBoltContext) -> None:
        """The app was taken out of a workspace."""
        await self._installs.uninstalled(*_where(context), _when(body))

    async def revoked(self, event: Body, body: Body, context: AsyncBoltContext) -> None:
        """Tokens count no longer."""
        bots = parse(wire.Revoked, event).tokens.bot
        await self._installs.revoked(*_where(context), bots, _when(body))

    async def ignore(self) -> None:
        """Nothing to the bot, and acknowledged."""

    async def action(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A button was pressed."""
        await self._do.actions.heed(self._door(body, context), parse(wire.Interaction, body))
        await ack()

    async def form(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A form was submitted."""
        submitted = parse(wire.Interaction, body)
        errors = await self._do.modals.submitted(self._door(body, context), submitted)
        if errors:
            await ack(response_action="errors", errors=errors)
        else:
            await ack()

    async def command(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A slash command was written."""
        command = parse(wire.Command, body)
        await ack(await self._do.commands.heed(self._door(body, context), command))

    async def shortcut(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A shortcut was chosen."""
        if body.get("callback_id") == SHORTCUT:
            shortcut = parse(wire.Interaction, body)
            self._do.modals.ask_for_question(self._door(body, context), shortcut)
        await ack()

    def _door(self, body: Body, context: AsyncBoltContext) -> Door:
        installation: Installation = context["installation"]
        return Door(
            self._name,
            installation,
            single=self._config.dm_mode == "single",
            allow_bots=self._config.allow_bots,
            team=_id(body.get("team_id")),
            shared=body.get("is_ext_shared_channel") is True,
        )


async def _note_sender(
    body: Body, context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]
) -> None:
    """In a channel that two organisations share, a press names the team of whoever pressed; the
    message below which it was is ours."""
    message = body.get("message")
    if isinstance(message, dict):
        context["sender"] = message.get("team")
    await next_()


def _where(context: AsyncBoltContext) -> tuple[str, str]:
    return _id(context.team_id), _id(context.enterprise_id)


def _id(found: object) -> str:
    # Bolt hands on what it finds, whatever that is.
    return found if isinstance(found, str) else ""


def _when(body: Body) -> float:
    at = body.get("event_time")
    return float(at) if isinstance(at, int) else 0.0


def _logger() -> logging.Logger:
    # Below a warning Bolt logs whole events.
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.WARNING)
    return logger
