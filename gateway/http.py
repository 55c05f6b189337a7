"""The HTTP server's own part: errors as JSON, the person's address, health and metrics."""

import hmac
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

import structlog
from aiohttp import web

from gateway import telemetry
from gateway.ports import Refusal

BODY_MOST = 1024 * 1024

log = structlog.get_logger(__name__)
Network = IPv4Network | IPv6Network


@web.middleware
async def errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error is JSON and one line of the log, whatever went wrong."""
    try:
        response = await handler(request)
    except Refusal as refusal:
        response = _explain(refusal)
        _log_refusal(request, refusal.status, refusal.code)
    except web.HTTPException as error:
        response = _from_aiohttp(error)
        _log_refusal(request, error.status, error.reason)
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("request failed", method=request.method, path=_place(request))
        body = {"error": "internal", "message": "The gateway failed; its log says why."}
        response = web.json_response(body, status=500)
    telemetry.HTTP_REQUESTS.labels(_pattern(request) or "none", response.status).inc()
    return response


async def anonymous(_: web.Request, response: web.StreamResponse) -> None:
    """Do not tell everyone which versions of which libraries run here."""
    response.headers["Server"] = "chat-gateway"


def _explain(refusal: Refusal) -> web.Response:
    headers = dict(refusal.headers)
    if refusal.retry_after:
        headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    body = {"error": refusal.code, "message": refusal.message, **refusal.details}
    return web.json_response(body, status=refusal.status, headers=headers)


def _from_aiohttp(error: web.HTTPException) -> web.StreamResponse:
    if error.status < 400:
        return error
    code = error.reason.lower().replace(" ", "_")
    kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
    message = {
        404: "There is nothing at this address.",
        405: "This address takes another method; see the Allow header.",
        413: "The request is larger than the gateway takes.",
    }.get(error.status, error.reason)
    body = {"error": code, "message": message}
    return web.json_response(body, status=error.status, headers=kept)


def _pattern(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _place(request: web.Request) -> str:
    """Where a request went: of a file neither the name nor the id, which is a key to it."""
    return _pattern(request) or request.path[:200]


def _log_refusal(request: web.Request, status: int, code: str) -> None:
    if status >= 400:
        log.info(
            "request refused",
            method=request.method,
            path=_place(request),
            status=status,
            error=code,
            origin=request.headers.get("Origin", "")[:200],
        )


def _is_local(request: web.Request) -> bool:
    """Whether the request began on this machine, and was not handed on by a proxy here."""
    try:
        loopback = ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
    return loopback and not {"X-Forwarded-For", "Forwarded", "Via"} & set(request.headers)


class ClientAddress:
    """Finds the person's address behind trusted proxies."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    def __call__(self, request: web.Request) -> str:
        """The nearest address that is not a trusted proxy's."""
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        address = request.remote or ""
        while hops and self._is_trusted(address):
            address = hops.pop().strip() or address
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self._trusted)
        except ValueError:
            return False


class Operations:
    """What an operator's tools ask: is it alive, is it ready, how is it doing."""

    def __init__(self, ready: Callable[[], Awaitable[str]], metrics_token: str) -> None:
        self._ready = ready
        self._metrics_token = metrics_token
        self._started = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        """The three addresses."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        ]

    async def healthz(self, _: web.Request) -> web.Response:
        """The process is alive."""
        uptime = round(time.monotonic() - self._started)
        return web.json_response({"status": "ok", "uptime_seconds": uptime})

    async def readyz(self, _: web.Request) -> web.Response:
        """A message that comes now would be admitted and answered."""
        if reason := await self._ready():
            return web.json_response({"status": "unavailable", "reason": reason}, status=503)
        return web.json_response({"status": "ok"})

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus metrics: with the token, or from this machine when none is configured."""
        if self._metrics_token:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._metrics_token.encode()):
                raise Refusal(401, "bad_token", "Send server.metrics_token as a bearer token.")
        elif not _is_local(request):
            raise Refusal(403, "refused", "Set server.metrics_token to read metrics from afar.")
        return web.Response(
            body=telemetry.render(), headers={"Content-Type": telemetry.CONTENT_TYPE}
        )
