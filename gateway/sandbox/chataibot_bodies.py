"""What ChatAIBot answers with, how it says no, and the events it sends."""

import json
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web

Body = dict[str, object]

ACCOUNT = "4711"
REFUSALS = {
    "blocked": (400, "CONTACT_IS_BLOCKED"),
    "disabled": (400, "CHANNEL_NOT_ENABLED"),
    "expired": (400, "CHANNEL_TOKEN_EXPIRED"),
    "no account": (404, "ACCOUNT_DETAILS_NOT_FOUND"),
    "no conversation": (400, "CONVERSATION_CREATION_EXCEPTION"),
    "overloaded": (503, "SERVICE_UNAVAILABLE"),
}
"""What a visitor writes to be refused, and how."""
BUTTONS = (
    {"label": "Opening hours", "callback": "cb-hours", "next_dialog": "d-2", "key": "k-hours"},
    {"label": "Prices", "callback": "cb-prices", "next_dialog": "d-3", "key": "k-prices"},
)


class Refusal(Exception):
    """A request that is answered with an error; ``http`` is its status, if it is another."""

    def __init__(self, status: int, code: str, message: str, http: int = 0) -> None:
        super().__init__(code)
        self.http = http or status
        self.body: Body = {
            "ok": False,
            "error": code.replace("_", " ").capitalize(),
            "code": code,
            "message": message,
            "status": status,
        }


def check_token(request: web.Request) -> None:
    """Any token will do, except one that begins with ``bad``. Raises Refusal."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token or token.startswith("bad"):
        raise Refusal(401, "JWT_SIGNATURE_EXCEPTION", "Signature verification failed")


async def read(request: web.Request) -> Body:
    """The body as an object. Raises Refusal."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise invalid("body")
    return body


def invalid(field: str) -> Refusal:
    """A refusal of a body whose ``field`` is missing or wrong."""
    return Refusal(400, "INVALID_REQUEST", f"Invalid value for {field}")


def text_of(body: Body) -> tuple[str, Body]:
    """The visitor's words and all the data they stand in. Raises Refusal."""
    message = body.get("message")
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(message, dict) or message.get("type") != "text":
        raise invalid("message.type")
    if not isinstance(data, dict):
        raise invalid("message.data")
    # A file may come without a word.
    text = data.get("body", "" if data.get("files") else None)
    if not isinstance(text, str) or not (text or data.get("files")):
        raise invalid("message.data.body")
    return text, data


def started(conversation: str, visitor: str, contact: Body) -> Body:
    """What starting a conversation is answered with."""
    assignee = {"id": "8181", "to": "seq_user@chataibot.io"}
    return {
        "ok": True,
        "conversation": {"id": conversation, "created_at": _now(), "assignee": assignee},
        "contact": {**contact, "visitor_key": f"{visitor}_{ACCOUNT}"},
    }


def said(conversation: str, sender: str, data: Body, identity: str = "") -> Body:
    """The event of one message."""
    message = {
        "id": identity or uuid4().hex,
        "type": "button" if "buttons" in data else "text",
        "data": data,
        "from": {"type": sender},
        "created_at": _now(),
    }
    return _event("message_create", {"conversation": {"id": conversation}, "message": message})


def closed(conversation: str) -> Body:
    """The event of a conversation that has ended."""
    payload: Body = {"conversation": {"id": conversation, "status": "closed"}}
    return _event("conversation_status_change", payload)


def _event(kind: str, payload: Body) -> Body:
    return {"event": {"type": kind, "payload": {**payload, "created_at": _now()}}}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
