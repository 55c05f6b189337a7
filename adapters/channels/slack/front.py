"""Front: the one address that Slack posts to. What is not Slack's goes no further."""

import hmac
import re
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta, Struct
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from gateway.ports import Refusal, body_of

BODY_MOST = 1024 * 1024
WINDOW_SECONDS = 300
FORM = "application/x-www-form-urlencoded"
HANDLED = {
    "event_callback": "event",
    "block_actions": "actions",
    "view_submission": "view",
    "shortcut": "callback_id",
    "message_action": "callback_id",
}
"""What goes on to Bolt, each with the field it cannot be without."""

log = structlog.get_logger(__name__)


class _Typed(Struct):
    type: str


class _Called(Struct):
    type: Literal["modal", "home"]
    callback_id: str


class _Pressed(Struct):
    action_id: str


class Envelope(Struct):
    """What Bolt relies on."""

    type: str = ""
    event: _Typed | None = None
    view: _Called | None = None
    actions: Annotated[list[_Pressed], Meta(min_length=1)] | None = None
    command: str | None = None
    callback_id: str | None = None


class Front:
    """Takes requests that are signed with the app's secret."""

    def __init__(self, name: str, secret: str, app: AsyncApp) -> None:
        self._name = name
        self._secret = secret.encode()
        self._app = app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Verify and hand on. Raises Refusal with 400, 401 or 413."""
        body = await body_of(request, BODY_MOST)
        self._verify(request, body)
        payload = _payload(body, request.content_type)
        if payload.get("type") == "url_verification":
            return web.Response(text=str(payload.get("challenge", ""))[:1000])
        envelope = _envelope(payload)
        if envelope.type == "app_rate_limited":
            # Slack keeps events from the gateway for a minute, and sends them never.
            log.warning("Slack holds events back: too many an hour", channel=self._name)
        if envelope.type not in HANDLED and not envelope.command:
            return web.Response()
        return await to_aiohttp_response(await self._app.async_dispatch(_bolt(request, payload)))

    def _verify(self, request: web.Request, body: bytes) -> None:
        at = request.headers.get("X-Slack-Request-Timestamp", "")
        if not re.fullmatch("[0-9]{1,12}", at) or abs(time.time() - int(at)) > WINDOW_SECONDS:
            raise Refusal(401, "bad_timestamp", "The request's timestamp is missing or too old.")
        signed = hmac.new(self._secret, b"v0:%b:%b" % (at.encode(), body), sha256).hexdigest()
        given = request.headers.get("X-Slack-Signature", "")
        if not hmac.compare_digest(f"v0={signed}".encode(), given.encode("utf-8", "replace")):
            raise Refusal(401, "bad_signature", "The request is not signed with the app's secret.")


def _payload(body: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object of an event or an interaction, or the form of a command."""
    try:
        if content_type == FORM:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
            if "payload" not in form:
                return form
            body = form["payload"].encode()
        payload = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise _not_understood() from None
    if not isinstance(payload, dict):
        raise _not_understood()
    return payload


def _envelope(payload: dict[str, Any]) -> Envelope:
    try:
        envelope = msgspec.convert(payload, Envelope)
    except msgspec.ValidationError:
        raise _not_understood() from None
    needed = HANDLED.get(envelope.type)
    if needed and payload.get(needed) is None:
        raise _not_understood()
    return envelope


def _bolt(request: web.Request, payload: dict[str, Any]) -> AsyncBoltRequest:
    """The request as Bolt has it, of the very payload that was verified."""
    headers: dict[str, str | Sequence[str]] = {
        name: request.headers.getall(name) for name in request.headers
    }
    try:
        # Bolt takes a payload that was read already in this mode only.
        return AsyncBoltRequest(body=payload, headers=headers, mode="socket_mode")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise _not_understood() from None


def _not_understood() -> Refusal:
    return Refusal(400, "bad_request", "This is nothing that Slack sends.")
