"""What Telegram is told when the gateway starts: where updates go, and which commands there are."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal

import structlog

from adapters.channels.telegram.api import Api, Limited, Refused, Unauthorized, Unreached, Unsure
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.hooks import (
    differs,
    failure,
    fingerprint,
    host,
    problem_of,
    wanted,
)
from adapters.channels.telegram.poller import AWAY, MEND_SECONDS, UNAUTHORIZED
from adapters.channels.telegram.trouble import Trouble
from adapters.channels.telegram.webhook import secret_of
from gateway.ports import Channel, GatewayForChannels, StoreUnavailable
from gateway.tasks import cancel

COMMANDS = ("new", "stop", "help")
CLAIM = "setup"
CLAIM_SECONDS = 30
"""For one replica to tell Telegram everything, while the others wait."""
LOOK_SECONDS = 3.0
"""Until a replica looks again whether all is told."""
HOOK = "webhook"
"""Where the fingerprint of what Telegram was told last is remembered."""

STORE_AWAY = "the store is away; Telegram is told where updates go once it is back"
REFUSED = "Telegram refuses how the channel is set up; see `chat-gateway check --live`"

log = structlog.get_logger(__name__)


class Setup:
    """Tells Telegram in the background, once on each start; goes on trying while it is away."""

    def __init__(
        self,
        channel: Channel,
        config: Config,
        gateway: GatewayForChannels,
        api: Api,
        mode: Literal["webhook", "polling"],
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._api = api
        self._mode = mode
        self._log = log.bind(channel=channel.name)
        self._trouble = Trouble(channel.name, "Telegram is told how the channel is set up")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin. Needs neither Telegram nor the store to be there."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, finished or not."""
        if self._task:
            await cancel(self._task)

    async def _run(self) -> None:
        while True:
            pause = await self._try()
            if not pause:
                return
            await asyncio.sleep(pause)

    async def _try(self) -> float:
        """Tell Telegram what it does not know yet; seconds to the next try, 0 when all is told."""
        try:
            if not await self._alone():
                return LOOK_SECONDS
            self._trouble.ends()
            return 0.0
        except StoreUnavailable:
            return self._trouble.begins(STORE_AWAY)
        except Limited as error:
            return max(error.retry_after, self._trouble.begins(AWAY, reason="429"))
        except Unauthorized:
            self._trouble.begins(UNAUTHORIZED, grave=True)
        except Refused as error:
            self._trouble.begins(REFUSED, reason=error.description, grave=True)
        except (Unsure, Unreached) as error:
            return self._trouble.begins(AWAY, reason=type(error).__name__)
        except Exception as error:
            self._trouble.begins("setting up failed", reason=type(error).__name__, grave=True)
        return MEND_SECONDS

    async def _alone(self) -> bool:
        """Do it unless another replica is at it; whether it is done."""
        if not await self._gateway.claim(self._channel, CLAIM, b"1", CLAIM_SECONDS):
            return False
        try:
            if self._mode == "webhook":
                await self._hook()
            await self._commands()
        finally:
            # Else a store that is away would take the place of being cancelled.
            with suppress(StoreUnavailable):
                await self._gateway.drop(self._channel, CLAIM)
        return True

    async def _hook(self) -> None:
        public_url = self._gateway.public_url
        if problem := problem_of(public_url, local=self._config.local_mode):
            self._log.error(problem)
            return
        secret = secret_of(self._config.token.get_secret_value(), self._channel.name)
        settings = wanted(self._channel.name, public_url, secret)
        info = await self._api.call("getWebhookInfo")
        if differs(info, settings) or not await self._is_told(settings):
            await self._api.call("setWebhook", **settings)
            await self._gateway.remember(self._channel, HOOK, fingerprint(settings), 0)
            self._log.info("Telegram sends updates", to=host(settings["url"]))
        elif lately := failure(info, time.time()):
            waiting = info.get("pending_update_count")
            self._log.warning("Telegram could not deliver lately", why=lately, waiting=waiting)

    async def _is_told(self, settings: dict[str, Any]) -> bool:
        """Whether it was this secret: Telegram does not show which it has."""
        return await self._gateway.recall(self._channel, HOOK) == fingerprint(settings)

    async def _commands(self) -> None:
        for language in ("", *self._languages()):
            listed = [
                {"command": each, "description": self._say(language, f"telegram.command.{each}")}
                for each in COMMANDS
            ]
            where = {"language_code": language} if language else {}
            if await self._api.call("getMyCommands", **where) != listed:
                await self._api.call("setMyCommands", commands=listed, **where)
                self._log.info("Telegram lists the commands", language=language or "any other")

    def _languages(self) -> Sequence[str]:
        """Those the gateway speaks. Telegram takes codes of two letters, and no other."""
        return [each for each in self._gateway.languages if len(each) == 2]

    def _say(self, language: str, key: str) -> str:
        return self._gateway.text(language, key)
