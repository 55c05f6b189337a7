"""Webhook: the one address that Telegram posts to. What is not Telegram's goes no further."""

import hmac
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import msgspec
from aiohttp import web

from gateway.ports import Refusal, StoreUnavailable, body_of

BODY_MOST = 1024 * 1024
HEADER = "X-Telegram-Bot-Api-Secret-Token"
RETRY_SECONDS = 1.0


def secret_of(token: str, name: str) -> str:
    """What Telegram sends along to prove itself: known to whoever has the token, and derived."""
    return hmac.new(token.encode(), f"webhook of {name}".encode(), sha256).hexdigest()


class Webhook:
    """Takes updates that come with the secret; ``heed`` makes durable what they ask for."""

    def __init__(self, secret: str, heed: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._secret = secret.encode()
        self._heed = heed

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Verify and hand on. Raises Refusal with 400, 403 or 413, and 503 to have it again."""
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(self._secret, given):
            raise Refusal(403, "bad_secret", "The request does not carry the webhook's secret.")
        update = _update(await body_of(request, BODY_MOST))
        try:
            await self._heed(update)
        except StoreUnavailable:
            raise Refusal(
                503, "unavailable", "The update could not be kept; send it again.", RETRY_SECONDS
            ) from None
        return web.Response()


def _update(body: bytes) -> dict[str, Any]:
    try:
        update = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise _not_understood() from None
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise _not_understood()
    return dict(update)


def _not_understood() -> Refusal:
    return Refusal(400, "bad_request", "This is nothing that Telegram sends.")
