"""What CiniterFlow answers with, byte for byte: its events and its JSON bodies."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec
from aiohttp import web

HEARTBEAT = b":heartbeat\n\n"
STREAM = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}
APPROVED = "APPROVED and done."
REJECTED = "REJECTED."
ASKS = "Proceed with this?"

SERVICE = "Error: predictionsServices.buildChatflow - {}"

Body = Mapping[str, object]


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def fail(message: str) -> NoReturn:
    """Fail as a prediction does. Raises Refusal."""
    raise Refusal(500, SERVICE.format(message))


def event(name: str, data: object) -> bytes:
    """One event. What stands before the colon is a field that no reader knows."""
    return b"message:\ndata:" + msgspec.json.encode({"event": name, "data": data}) + b"\n\n"


END = event("end", "[DONE]")


def plain(body: object, status: int = 200) -> web.Response:
    """A JSON body."""
    raw = msgspec.json.encode(body)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return web.Response(body=raw, status=status, headers=headers)


def refused(refusal: Refusal) -> web.Response:
    """An error's body."""
    found = {
        "statusCode": refusal.status,
        "success": False,
        "message": refusal.message,
        "stack": {},
    }
    return plain(found, refusal.status)


def unauthorized() -> web.Response:
    """How every route but predictions refuses a key."""
    return plain({"error": "Unauthorized Access"}, 401)


def too_many(seconds: int = 20) -> web.Response:
    """The rate limit's page: the flow's own words, in HTML."""
    headers = {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "Retry-After": str(seconds),
        "Content-Type": "text/html; charset=utf-8",
    }
    return web.Response(text="Too many messages, slow down", status=429, headers=headers)


def html(text: str, status: int = 200) -> web.Response:
    """A word, sent as a page."""
    return web.Response(
        text=text, status=status, headers={"Content-Type": "text/html; charset=utf-8"}
    )


def action(node: str, action_id: str) -> Body:
    """What a person is asked to decide."""
    return {
        "id": action_id,
        "mapping": {"approve": "Proceed", "reject": "Reject"},
        "elements": [
            {"type": "agentflowv2-approve-button", "label": "Proceed"},
            {"type": "agentflowv2-reject-button", "label": "Reject"},
        ],
        "data": {
            "nodeId": node,
            "nodeLabel": "Human Input",
            "input": {"messages": [], "humanInputEnableFeedback": True},
        },
    }


def trace(nodes: Sequence[tuple[str, str]], asked: Body) -> list[Body]:
    """What an agentflow did so far. It tells the prompts, as the real one does."""
    secret = {"messages": [{"role": "system", "content": "You are an agentflow bot."}], **asked}
    return [
        {
            "nodeId": node,
            "nodeLabel": label,
            "data": {"id": node, "name": node.removesuffix("_0"), "input": secret, "state": {}},
            "previousNodeIds": [],
            "status": "FINISHED",
        }
        for node, label in nodes
    ]
