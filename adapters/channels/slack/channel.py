"""The channel: wires what comes in from Slack and what goes out to it."""

import aiohttp

from adapters.channels.background import Background
from adapters.channels.slack import live
from adapters.channels.slack.actions import Actions
from adapters.channels.slack.api import Api, Refused, Unreached, Unsure
from adapters.channels.slack.app import Handlers, Listeners
from adapters.channels.slack.commands import Commands
from adapters.channels.slack.config import Config
from adapters.channels.slack.front import Front
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.home import Home
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.installs import Installs, ManyWorkspaces, OneWorkspace
from adapters.channels.slack.intake import Intake
from adapters.channels.slack.manifest import events_path
from adapters.channels.slack.modals import Modals
from adapters.channels.slack.oauth import OAuth
from adapters.channels.slack.opening import Opening
from adapters.channels.slack.outbound import Outbound
from adapters.channels.slack.ratings import Ratings
from adapters.channels.slack.sockets import Sockets
from gateway.ports import Description, GatewayForChannels, Outcome, Reply


class SlackChannel:
    """One Slack app: events by HTTP or Socket Mode, answers as streamed messages."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._background = Background(Refused, Unsure, Unreached)
        self._gateway: GatewayForChannels
        self._installs: Installs
        self._outbound: Outbound
        self._sockets: Sockets | None = None

    async def start(self, gateway: GatewayForChannels) -> None:
        """Begin to receive. Slack may be away.

        Raises CannotStart when Slack refuses the token for Socket Mode.
        """
        config, self._gateway = self._config, gateway
        self._installs = self._installed()
        self._outbound = Outbound(self, config, gateway, self._installs)
        app = Listeners(self.name, config, self._installs, self._handlers()).app(gateway.http)
        if token := config.app_token.get_secret_value():
            self._sockets = Sockets(app, token, config.api_url, gateway.http, self.name)
            await self._sockets.start()
        else:
            front = Front(self.name, config.signing_secret.get_secret_value(), app)
            gateway.mount("POST", events_path(self.name), front.handle)

    async def deliver(self, reply: Reply) -> Outcome:
        """Show the reply as it comes, to its end."""
        return await self._outbound.deliver(reply)

    async def stop(self) -> None:
        """Receive nothing more, and let what is done on the side end."""
        if self._sockets:
            await self._sockets.stop()
        await self._background.stop()
        await self._outbound.stop()
        await self._installs.stop()

    async def check(self, http: aiohttp.ClientSession, public_url: str) -> Description:
        """How the app is, as Slack says."""
        return await live.describe(self.name, self._config, http, public_url)

    def _installed(self) -> Installs:
        config, http = self._config, self._gateway.http
        if not config.oauth:
            token = config.bot_token.get_secret_value()
            return OneWorkspace(self.name, token, config.api_url, http)
        grants = Grants(
            http,
            config.api_url,
            config.client_id.get_secret_value(),
            config.client_secret.get_secret_value(),
        )
        installs = ManyWorkspaces(self, self._gateway, grants)
        OAuth(self, config, self._gateway, grants, installs).mount()
        return installs

    def _handlers(self) -> Handlers:
        config, gateway, background = self._config, self._gateway, self._background
        intake = Intake(self, config, gateway, background, self._api_of)
        opening = Opening(gateway, intake, self._api_of)
        ratings = Ratings(self, gateway)
        modals = Modals(gateway, background, ratings, opening, self._api_of)
        commands = Commands(gateway, intake, opening)
        actions = Actions(gateway, background, intake, ratings, modals, commands, self._api_of)
        home = Home(config, gateway, background, self._api_of)
        return Handlers(gateway, background, intake, ratings, modals, home, commands, actions)

    def _api_of(self, installation: Installation) -> Api:
        return Api(self._gateway.http, self._config.api_url, installation.token)
