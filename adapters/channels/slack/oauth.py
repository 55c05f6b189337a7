"""OAuth: how a workspace installs the app by itself."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlencode, urljoin

import structlog
from aiohttp import web

from adapters.channels.slack.api import Limited, Refused, Unreached, Unsure
from adapters.channels.slack.config import Config
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.manifest import callback_path, install_path, scopes
from adapters.channels.slack.pages import language, page
from gateway.ports import Channel, GatewayForChannels, StoreUnavailable

STATE_SECONDS = 600
"""How long somebody may take to agree."""
STARTS_PER_MINUTE = 20
"""Of one address: each leaves a state in the store."""
LONGEST = 512
"""Characters of a state or a code; Slack's are shorter."""

log = structlog.get_logger(__name__)


class Keeps(Protocol):
    """Where installations go."""

    async def add(self, installation: Installation) -> None:
        """Keep it. Raises StoreUnavailable."""
        ...


class OAuth:
    """The two pages of an installation: the way to Slack, and the way back."""

    def __init__(
        self,
        channel: Channel,
        config: Config,
        gateway: GatewayForChannels,
        grants: Grants,
        installs: Keeps,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._grants = grants
        self._installs = installs
        self._cookie = f"slack_{channel.name}"
        self._folder = f"/slack/{channel.name}/"

    def mount(self) -> None:
        """Serve both pages. Only while the channel starts."""
        name = self._channel.name
        self._gateway.mount("GET", install_path(name), self._guarded(self.install))
        self._gateway.mount("GET", callback_path(name), self._guarded(self.callback))

    async def install(self, request: web.Request) -> web.Response:
        """Send a person to Slack, where they agree. Raises StoreUnavailable."""
        bucket = f"slack:{self._channel.name}:install:{self._gateway.client_ip(request)}"
        if await self._gateway.allow(bucket, STARTS_PER_MINUTE):
            return self._said(request, 429, "busy")
        state = secrets.token_urlsafe(32)
        await self._gateway.claim(self._channel, f"state:{state}", b"1", STATE_SECONDS)
        response = web.Response(
            status=303,
            headers={
                "Location": self._authorize_url(state),
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
            },
        )
        response.set_cookie(
            self._cookie,
            state,
            max_age=STATE_SECONDS,
            path=self._folder,
            secure=self._gateway.public_url.startswith("https://"),
            httponly=True,
            samesite="Lax",
        )
        return response

    async def callback(self, request: web.Request) -> web.Response:
        """Take what Slack granted. Raises StoreUnavailable."""
        if not await self._is_ours(request):
            return self._said(request, 400, "expired")
        if error := request.query.get("error"):
            declined = error == "access_denied"
            return self._said(request, 403 if declined else 400, "declined" if declined else "lost")
        code = request.query.get("code", "")
        if not 0 < len(code) <= LONGEST:
            return self._said(request, 400, "lost")
        return await self._installed(request, code)

    async def _is_ours(self, request: web.Request) -> bool:
        """Whether this browser was sent to Slack from here, a moment ago, and is back only now."""
        state, known = request.query.get("state", ""), request.cookies.get(self._cookie, "")
        # compare_digest takes no other text; a state is ASCII.
        if not 0 < len(state) <= LONGEST or not (state.isascii() and known.isascii()):
            return False
        if not hmac.compare_digest(state, known):
            return False
        return await self._gateway.drop(self._channel, f"state:{state}")

    async def _installed(self, request: web.Request, code: str) -> web.Response:
        try:
            installation = await self._grants.by_code(code, self._redirect_uri())
        except (Limited, Unsure, Unreached) as error:
            log.warning("app not installed", channel=self._channel.name, reason=str(error))
            return self._said(request, 503, "away")
        except Refused as refused:
            log.warning("app not installed", channel=self._channel.name, reason=refused.code)
            return self._said(request, 400, "lost")
        await self._installs.add(installation)
        place = {"app": installation.app, "team": installation.home}
        link = urljoin(self._config.api_url, f"/app_redirect?{urlencode(place)}")
        return self._said(request, 200, "installed", link)

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except StoreUnavailable:
                return self._said(request, 503, "away")

        return guarded

    def _said(self, request: web.Request, status: int, what: str, link: str = "") -> web.Response:
        locale = language(request.headers.get("Accept-Language", ""))
        keys = ("language", f"{what}.title", what, "open" if link else "again")
        lang, title, text, label = (self._gateway.text(locale, f"slack.oauth.{k}") for k in keys)
        target = link or install_path(self._channel.name)
        response = page(status, lang, title, text, target, label)
        response.del_cookie(self._cookie, path=self._folder)
        return response

    def _authorize_url(self, state: str) -> str:
        query = {
            "client_id": self._config.client_id.get_secret_value(),
            "scope": ",".join(scopes(self._config)),
            "state": state,
        }
        if redirect := self._redirect_uri():
            query["redirect_uri"] = redirect
        return urljoin(self._config.api_url, f"/oauth/v2/authorize?{urlencode(query)}")

    def _redirect_uri(self) -> str:
        """Empty without a public address: then Slack takes the one it knows of the app."""
        base = self._gateway.public_url
        return base + callback_path(self._channel.name) if base else ""
