"""Grants: what the app's own id and secret obtain from Slack."""

import base64
import time

import aiohttp
import msgspec
from msgspec import Struct

from adapters.channels.slack.api import Unsure
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.plain import bearer, post


class _Named(Struct, frozen=True):
    id: str


class _Granted(Struct, frozen=True):
    """Slack's answer to a code, and to a refresh token."""

    access_token: str
    refresh_token: str = ""
    expires_in: float = 0.0
    bot_user_id: str = ""
    app_id: str = ""
    team: _Named | None = None
    enterprise: _Named | None = None
    is_enterprise_install: bool = False


class Grants:
    """Asks for tokens. Every method raises Refused, Limited, Unsure and Unreached."""

    def __init__(
        self, http: aiohttp.ClientSession, api_url: str, client_id: str, client_secret: str
    ) -> None:
        self._http = http
        self._api_url = api_url
        credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._authorization = f"Basic {credentials}"

    async def by_code(self, code: str, redirect_uri: str) -> Installation:
        """The installation that a person agreed to. A code counts once."""
        form = {"code": code} | ({"redirect_uri": redirect_uri} if redirect_uri else {})
        granted = await self._granted(form)
        whole = granted.is_enterprise_install
        installation = Installation(
            team=granted.team.id if granted.team and not whole else "",
            enterprise=granted.enterprise.id if granted.enterprise else "",
            bot_user=granted.bot_user_id,
            bot_id=await self._bot_id(granted.access_token),
            app=granted.app_id,
            token=granted.access_token,
            refresh=granted.refresh_token,
            expires_at=_end(granted),
            made_at=time.time(),
        )
        if not installation.home:
            raise Unsure("neither a workspace nor an organisation")
        return installation

    async def renewed(self, installation: Installation) -> Installation:
        """The same with a new token. A refresh token counts once."""
        form = {"grant_type": "refresh_token", "refresh_token": installation.refresh}
        granted = await self._granted(form)
        return msgspec.structs.replace(
            installation,
            token=granted.access_token,
            refresh=granted.refresh_token or installation.refresh,
            expires_at=_end(granted),
        )

    async def _granted(self, form: dict[str, str]) -> _Granted:
        url = f"{self._api_url}oauth.v2.access"
        answer = await post(self._http, url, self._authorization, form)
        try:
            return msgspec.convert(answer.data, _Granted)
        except msgspec.ValidationError:
            # Its text may quote the token.
            raise Unsure("an odd answer") from None

    async def _bot_id(self, token: str) -> str:
        answer = await post(self._http, f"{self._api_url}auth.test", bearer(token), {})
        return str(answer.data.get("bot_id", ""))


def _end(granted: _Granted) -> float:
    return time.time() + granted.expires_in if granted.expires_in else 0.0
