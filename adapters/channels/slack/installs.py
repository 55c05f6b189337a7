"""Installs: which workspaces the app is installed in, and with what it speaks there."""

import asyncio
import time
from collections.abc import Collection
from typing import Any, Protocol

import aiohttp
import structlog

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.plain import bearer, post
from adapters.channels.slack.tokens import Rotation, Shelf
from gateway.ports import Channel, GatewayForChannels

REFUSED_SECONDS = 60.0
"""How long a token that was refused is not tried again."""

__all__ = ["Installation", "Installs", "ManyWorkspaces", "OneWorkspace"]

log = structlog.get_logger(__name__)


class Installs(Protocol):
    """Where the app is installed.

    ``team`` and ``enterprise`` are ids; either may be empty, and the id of an organisation may
    stand for the team of what a whole organisation installed.
    """

    async def find(self, team: str, enterprise: str = "") -> Installation | None:
        """Who answers there; None when nobody can, because the app is not installed there.

        Raises StoreUnavailable, and Unreached while Slack cannot be asked: try again later.
        """
        ...

    async def uninstalled(self, team: str, enterprise: str = "", at: float = 0.0) -> None:
        """The app was taken out of a workspace; what was installed after that stays.

        ``at`` is in seconds since the epoch; 0 is now. Raises StoreUnavailable.
        """
        ...

    async def revoked(
        self, team: str, enterprise: str, bots: Collection[str], at: float = 0.0
    ) -> None:
        """The tokens of these bot users count no longer. Raises StoreUnavailable."""
        ...

    async def stop(self) -> None:
        """Finish what must not be broken off. Returns within seconds."""
        ...


class OneWorkspace:
    """The workspace of the token in the configuration.

    Slack is asked about it at the first need, once for all who wait, and again later while Slack
    is away.
    """

    def __init__(self, name: str, token: str, api_url: str, http: aiohttp.ClientSession) -> None:
        self._name = name
        self._token = token
        self._api_url = api_url
        self._http = http
        self._found: Installation | None = None
        self._asking: asyncio.Task[Installation | None] | None = None
        self._refused_until = 0.0
        self._complained = False

    async def find(self, team: str, enterprise: str = "") -> Installation | None:
        """The installation, if that is its workspace. Raises Unreached."""
        found = self._found or await self._asked()
        return found if found and found.covers(team, enterprise) else None

    async def uninstalled(self, team: str, enterprise: str = "", at: float = 0.0) -> None:  # noqa: ARG002
        """Ask Slack anew at the next need."""
        if self._found and self._found.covers(team, enterprise):
            self._found = None

    async def revoked(
        self, team: str, enterprise: str, bots: Collection[str], at: float = 0.0
    ) -> None:
        """Ask Slack anew at the next need, if the bot is among them."""
        if self._found and self._found.bot_user in bots:
            await self.uninstalled(team, enterprise, at)

    async def stop(self) -> None:
        """Nothing would be lost."""
        if self._asking:
            self._asking.cancel()

    async def _asked(self) -> Installation | None:
        if time.monotonic() < self._refused_until:
            return None
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._answered)
        return await asyncio.shield(self._asking)

    def _answered(self, task: asyncio.Task[Installation | None]) -> None:
        self._asking = None
        if not task.cancelled():
            # All who asked may have gone: nobody else looks at it then.
            task.exception()

    async def _ask(self) -> Installation | None:
        try:
            answer = await post(self._http, f"{self._api_url}auth.test", bearer(self._token), {})
        except (Limited, Unsure, Unreached):
            raise Unreached("Slack does not say whose token it is") from None
        except Refused as refused:
            self._complain(refused.code)
            return None
        self._complained = False
        self._found = _installation(answer.data, self._token)
        return self._found

    def _complain(self, code: str) -> None:
        self._refused_until = time.monotonic() + REFUSED_SECONDS
        if not self._complained:
            self._complained = True
            log.error(
                "Slack refuses the bot token: nobody can be answered",
                channel=self._name,
                key=f"channels.{self._name}.bot_token",
                reason=code,
            )


class ManyWorkspaces:
    """All workspaces that installed the app through the gateway, kept in its store."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels, grants: Grants) -> None:
        self._channel = channel
        self._shelf = Shelf(channel, gateway)
        self._rotation = Rotation(channel, gateway, self._shelf, grants)

    async def find(self, team: str, enterprise: str = "") -> Installation | None:
        """The workspace's own installation, else its organisation's.

        Raises StoreUnavailable, and Unreached when a token has run out and is not renewed yet.
        """
        for home in filter(None, (team, enterprise)):
            if found := await self._shelf.read(home):
                return await self._rotation.fresh(found)
        return None

    async def add(self, installation: Installation) -> None:
        """Keep a new installation, in place of an earlier one. Raises StoreUnavailable."""
        await self._shelf.write(installation)
        log.info("app installed", channel=self._channel.name, workspace=installation.home)

    async def uninstalled(self, team: str, enterprise: str = "", at: float = 0.0) -> None:
        """Forget the installation. Raises StoreUnavailable."""
        # An organisation's own installation outlives what happens in one of its workspaces.
        found = await self._shelf.read(team or enterprise)
        # An event may come late, when the app has long been installed again. Slack counts whole
        # seconds.
        if found and int(found.made_at) <= (at or time.time()):
            await self._shelf.drop(found.home)
            log.info("app uninstalled", channel=self._channel.name, workspace=found.home)

    async def revoked(
        self, team: str, enterprise: str, bots: Collection[str], at: float = 0.0
    ) -> None:
        """Forget the installation, if its bot is among them. Raises StoreUnavailable."""
        found = await self._shelf.read(team or enterprise)
        if found and found.bot_user in bots:
            await self.uninstalled(team, enterprise, at)

    async def stop(self) -> None:
        """Let tokens that are being renewed be kept."""
        await self._rotation.stop()


def _installation(said: dict[str, Any], token: str) -> Installation:
    whole = said.get("is_enterprise_install") is True
    enterprise = str(said.get("enterprise_id") or (said.get("team_id", "") if whole else ""))
    return Installation(
        team="" if whole else str(said.get("team_id", "")),
        enterprise=enterprise,
        bot_user=str(said.get("user_id", "")),
        bot_id=str(said.get("bot_id", "")),
        app=str(said.get("app_id", "")),
        token=token,
    )
