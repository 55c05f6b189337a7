"""The webhook's door: who may come in, and what they bring."""

import hmac

import msgspec
from aiohttp import web

from gateway.ports import Refusal, body_of

_LARGEST = 1024 * 1024


async def read(request: web.Request, secret: str) -> object:
    """The body as JSON, if the request carries ``secret`` wherever ChatAIBot may put it.

    Raises Refusal: 401 without the secret, whatever else is wrong; 413 and 400.
    """
    raw = await body_of(request, _LARGEST)
    body, readable = _decode(raw)
    if not _is_let_in(request, body, secret):
        raise Refusal(401, "bad_token", "Send the bot's webhook_secret as a bearer token.")
    if not readable:
        raise Refusal(400, "bad_json", "Send the events as JSON.")
    return body


def _is_let_in(request: web.Request, body: object, secret: str) -> bool:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    given = [
        bearer.strip() if scheme.casefold() == "bearer" else scheme,
        request.headers.get("X-Webhook-Token", ""),
        request.query.get("token", ""),
        _string(body.get("token")) if isinstance(body, dict) else "",
    ]
    # All are compared, so that the time taken says nothing about any of them.
    right = [hmac.compare_digest(_bytes(each), _bytes(secret)) for each in given]
    return any(right)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    # Headers may hold bytes that are no text.
    return text.encode(errors="replace")


def _decode(raw: bytes) -> tuple[object, bool]:
    try:
        return msgspec.json.decode(raw), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, False
