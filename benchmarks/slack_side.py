"""Slack's side of a benchmark, and the floor: the least that can take Slack's events.

``python -m benchmarks.slack_side`` prints its address. ``/verify`` checks the signature of what is
posted there and does nothing else; ``/api/…`` says yes to every call at once.
"""

import hmac
import itertools
from hashlib import sha256

from aiohttp import web

from benchmarks.serving import run

SECRET = b"benchmark"
IDENTITY = {"team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT"}

_numbers = itertools.count(1)


def signature(at: str, body: bytes) -> str:
    """What Slack signs a body with."""
    return "v0=" + hmac.new(SECRET, b"v0:%b:%b" % (at.encode(), body), sha256).hexdigest()


async def verify(request: web.Request) -> web.Response:
    """Take an event that is signed."""
    body = await request.read()
    right = signature(request.headers["X-Slack-Request-Timestamp"], body)
    is_right = hmac.compare_digest(right, request.headers["X-Slack-Signature"])
    return web.Response(status=200 if is_right else 401)


async def call(request: web.Request) -> web.Response:
    """Say yes, with a new message's name."""
    await request.read()
    named = {"channel": "C1", "ts": f"1700000001.{next(_numbers):06d}", "message": {}}
    return web.json_response({"ok": True, **IDENTITY, **named})


def main() -> None:
    """Serve until told to stop."""
    app = web.Application()
    app.router.add_post("/verify", verify)
    app.router.add_post("/api/{method}", call)
    run(app)


if __name__ == "__main__":
    main()
