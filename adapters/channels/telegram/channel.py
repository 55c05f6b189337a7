"""The channel: wires what comes in from Telegram and what goes out to it."""

import aiohttp

from adapters.channels.background import Background
from adapters.channels.telegram import live
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.callbacks import Callbacks
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.errors import Refused, Unreached, Unsure
from adapters.channels.telegram.files import Files
from adapters.channels.telegram.homes import Homes
from adapters.channels.telegram.hooks import hook_path, mode_of
from adapters.channels.telegram.identity import Identity
from adapters.channels.telegram.intake import Intake
from adapters.channels.telegram.outbound import Outbound
from adapters.channels.telegram.pacing import Pace
from adapters.channels.telegram.poller import Poller
from adapters.channels.telegram.ratings import Ratings
from adapters.channels.telegram.setup import Setup
from adapters.channels.telegram.updates import Updates
from adapters.channels.telegram.webhook import Webhook, secret_of
from gateway.model import Attachment
from gateway.ports import Description, GatewayForChannels, Outcome, Reply


class TelegramChannel:
    """One Telegram bot: updates by webhook or long polling, answers as drafts and messages."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self._config = config
        self._background = Background(Refused, Unsure, Unreached)
        self._files: Files
        self._outbound: Outbound
        self._setup: Setup
        self._poller: Poller | None = None

    async def start(self, gateway: GatewayForChannels) -> None:
        """Begin to receive. Telegram may be away, or refuse the token: the log says so."""
        config, token = self._config, self._config.token.get_secret_value()
        api = Api(gateway.http, config.api_url, token, local=config.local_mode)
        pace, homes = Pace(self.name, gateway.allow), Homes(self, gateway)
        self._files = Files(config, gateway, api)
        self._outbound = Outbound(self, config, gateway, api, pace, homes)
        heed = self._updates(gateway, api, pace, homes).heed
        mode = mode_of(config, gateway.public_url)
        if mode == "webhook":
            webhook = Webhook(secret_of(token, self.name), heed)
            gateway.mount("POST", hook_path(self.name), webhook.handle)
        else:
            self._poller = Poller(self, gateway, api, heed)
            await self._poller.start()
        self._setup = Setup(self, config, gateway, api, mode)
        await self._setup.start()

    async def deliver(self, reply: Reply) -> Outcome:
        """Show the reply as it comes, to its end."""
        return await self._outbound.deliver(reply)

    async def fetch(self, attachment: Attachment) -> Attachment:
        """Bring a file from Telegram, or say without content that it cannot be had."""
        return await self._files.fetch(attachment)

    async def stop(self) -> None:
        """Receive nothing more, and let what is done on the side end."""
        if self._poller:
            await self._poller.stop()
        await self._setup.stop()
        await self._background.stop()
        await self._outbound.stop()

    async def check(self, http: aiohttp.ClientSession, public_url: str) -> Description:
        """How the bot is, as Telegram says."""
        return await live.describe(self.name, self._config, http, public_url)

    def _updates(self, gateway: GatewayForChannels, api: Api, pace: Pace, homes: Homes) -> Updates:
        side = self._background
        identity = Identity(self, gateway, api, self._config.bot_id)
        intake = Intake(self, gateway, side, api, pace)
        ratings = Ratings(self, gateway, side)
        callbacks = Callbacks(self, gateway, side, api, pace, homes, intake, ratings)
        return Updates(self, self._config, gateway, identity, homes, intake, callbacks, ratings)
