"""Telegram's side of a benchmark, and the floor: the least that can take Telegram's updates.

``python -m benchmarks.telegram_side`` prints its address. ``/verify`` checks the secret of what is
posted there and does nothing else; ``/bot…/…`` says yes to every call at once.
"""

import hmac
import itertools
from typing import Any

from aiohttp import web

from adapters.channels.telegram.webhook import secret_of
from benchmarks.serving import run

TOKEN = "1234567:AAtheTokenOfABenchmarkIsNoSecret0123"
NAME = "telegram"
SECRET = secret_of(TOKEN, NAME)
HEADER = "X-Telegram-Bot-Api-Secret-Token"
ME = {"id": 1234567, "is_bot": True, "first_name": "Benchmark", "username": "benchmark_bot"}
SENT = {"date": 1700000000, "chat": {"id": 42, "type": "private", "first_name": "A"}, "from": ME}

_numbers = itertools.count(1)


async def verify(request: web.Request) -> web.Response:
    """Take an update that has the secret."""
    await request.read()
    is_right = hmac.compare_digest(SECRET, request.headers.get(HEADER, ""))
    return web.Response(status=200 if is_right else 403)


async def call(request: web.Request) -> web.Response:
    """Say yes, with what the methods that are called give."""
    await request.read()
    return web.json_response({"ok": True, "result": _result(request.match_info["method"])})


def _result(method: str) -> Any:
    match method:
        case "getMe":
            return ME
        case "getWebhookInfo":
            return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        case "getMyCommands":
            return []
        case "sendMessage" | "editMessageText":
            return SENT | {"message_id": next(_numbers), "text": "a"}
    return True


def main() -> None:
    """Serve until told to stop."""
    app = web.Application()
    app.router.add_post("/verify", verify)
    app.router.add_route("*", "/bot{token}/{method}", call)
    run(app)


if __name__ == "__main__":
    main()
