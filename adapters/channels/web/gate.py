"""What stands before every command: origin or API key, size, JSON, and a store that is there."""

import hmac
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from adapters.channels.web import inbound
from adapters.channels.web.config import Config
from adapters.channels.web.origins import Origins
from adapters.channels.web.visitors import Caller
from adapters.channels.web.wire import Command
from gateway.ports import GatewayForChannels, Handler, NotRouted, Refusal, StoreUnavailable, body_of

BODY_MOST = 64 * 1024
PREFLIGHT_SECONDS = 7200
SITE_OF_PROGRAMS = "api"

Endpoint = Callable[[web.Request, Command, Caller], Awaitable[web.StreamResponse]]
Entered = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]


class Gate:
    """The gate of one site."""

    def __init__(
        self, channel: str, config: Config, gateway: GatewayForChannels, origins: Origins
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._origins = origins
        self._api_keys = [each.get_secret_value().encode() for each in config.api_keys]

    def command(self, endpoint: Endpoint) -> Handler:
        """A command behind the gate."""

        async def command(request: web.Request, caller: Caller) -> web.StreamResponse:
            # An event stream waits here for long: nothing is kept that it does not need.
            return await endpoint(
                request, inbound.parse(await body_of(request, BODY_MOST), bearer(request)), caller
            )

        return self.entered(command)

    def entered(self, endpoint: Entered) -> Handler:
        """What reads its body itself, behind the gate."""

        async def handler(request: web.Request) -> web.StreamResponse:
            headers = cors(request.headers.get("Origin", ""))
            try:
                response = await endpoint(request, self._caller(request))
            except (Refusal, StoreUnavailable, NotRouted) as error:
                refusal = self._refusal(error)
                # A page that was refused may read why: its developer looks in the console.
                refusal.headers.update(headers)
                raise refusal from None
            if not response.prepared:
                response.headers.update(headers)
            return response

        return handler

    async def preflight(self, request: web.Request) -> web.Response:
        """Let a browser send JSON with a bearer token from a listed origin."""
        headers = {
            **cors(self._check_origin(request)),
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
        return web.Response(status=204, headers=headers)

    def _caller(self, request: web.Request) -> Caller:
        address = self._gateway.client_ip(request)
        if key := request.headers.get("X-API-Key", ""):
            given = key.encode(errors="replace")
            if not any(hmac.compare_digest(given, each) for each in self._api_keys):
                message = f"X-API-Key is none of channels.{self._channel}.api_keys."
                raise Refusal(401, "bad_api_key", message)
            return Caller(SITE_OF_PROGRAMS, address, trusted=True)
        return Caller(self._check_origin(request), address)

    def _check_origin(self, request: web.Request) -> str:
        headers = request.headers
        fetch_site = headers.get("Sec-Fetch-Site", "")
        return self._origins.check(headers.get("Origin", ""), request.host, fetch_site)

    def _refusal(self, error: Exception) -> Refusal:
        match error:
            case Refusal():
                return error
            case NotRouted():
                message = self._gateway.text(self._config.locale, "refused")
                return Refusal(403, "refused", message)
        return Refusal(503, "unavailable", "Try again in a moment.", retry_after=1)


def bearer(request: web.Request) -> str:
    """The token that a request carries in its header; empty without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def cors(origin: str) -> dict[str, str]:
    """What lets a page of another origin read an answer."""
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }


def answer(body: object, status: int = 200) -> web.Response:
    """An answer as JSON."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
