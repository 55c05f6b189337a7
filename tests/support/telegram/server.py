"""The stand-in itself: its HTTP server, and what every call goes through."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from support.telegram import account, media, messages, updates
from support.telegram.faults import Faults
from support.telegram.methods import METHODS, checked, read
from support.telegram.model import Bot, Call, Refusal
from support.telegram.pushing import Pusher

GROUPS = (account, media, messages, updates)
"""Importing them registers their methods."""


class Telegram(Pusher):
    """Telegram, as far as a bot can see it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults()
        self.forbidden: set[str] = set()
        """Methods that this Telegram does not have."""

    def fail(self, method: str, *faults: str) -> None:
        """The next calls of a method meet these faults; see Faults."""
        self.faults.fail(method, *faults)

    async def serve_api(self, http: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name, token = http.match_info["method"], http.match_info["token"]
        known = METHODS.get(name.lower())
        call = Call(
            method=known.name if known else name, args={}, token=token, at=time.monotonic(),
            via=http.match_info.get("via", ""),
        )  # fmt: skip
        self.calls.append(call)
        try:
            bot = self.bots.get(token)
            if bot is None:
                raise Refusal("Unauthorized", 401)
            if known is None or call.method in self.forbidden:
                raise Refusal("Not Found", 404)
            call.args, files = checked(known, await read(http), self.complaints)
            return await self._meet(http, bot, call, files)
        except Refusal as refusal:
            return _refused(call, refusal)

    async def _meet(
        self, http: web.Request, bot: Bot, call: Call, files: dict[str, Any]
    ) -> web.StreamResponse:
        chat = call.args.get("chat_id", 0)
        if self.faults.is_quiet(bot, chat) and call.method.startswith(("send", "edit")):
            self.hammered.append(call)
        call.fault = fault = self.faults.fault(call.method, chat)
        kind, _, detail = fault.partition(":")
        match kind:
            case "cut before":
                call.error = fault
                return _cut(http)
            case "cut after":
                await self._do(bot, call, files)
                return _cut(http)
            case "slow":
                await asyncio.sleep(float(detail))
            case "garbage":
                call.error = fault
                return web.Response(text="<html>no JSON</html>", content_type="text/html")
            case "429":
                raise self._too_many(bot, chat, int(detail))
            case code if code and detail:
                raise Refusal(detail, int(code))
            case code if code:
                call.error = code
                return web.Response(status=int(code), text="<html>error</html>")
        if seconds := self.faults.wait(bot, call.method, chat):
            raise self._too_many(bot, chat, seconds)
        return web.json_response({"ok": True, "result": await self._do(bot, call, files)})

    def _too_many(self, bot: Bot, chat: int, seconds: int) -> Refusal:
        self.faults.silence(bot, chat, seconds)
        return Refusal(f"Too Many Requests: retry after {seconds}", 429, retry_after=seconds)

    async def _do(self, bot: Bot, call: Call, files: dict[str, Any]) -> Any:
        handler = METHODS[call.method.lower()].handler
        takes_files = "files" in inspect.signature(handler).parameters
        made = handler(self, bot, call.args, **({"files": files} if takes_files else {}))
        result = await made if inspect.isawaitable(made) else made
        first = result[0] if isinstance(result, list) and result else result
        call.message = first.get("message_id", 0) if isinstance(first, dict) else 0
        return result


def _refused(call: Call, refusal: Refusal) -> web.Response:
    call.error = f"{refusal.code} {refusal.description}"
    body = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


def _cut(http: web.Request) -> web.Response:
    if http.transport:
        http.transport.abort()
    return web.Response()


def _application(tg: Telegram) -> web.Application:
    app = web.Application(client_max_size=128 * 1024 * 1024)
    for ahead in ("", "/via/{via}"):
        app.router.add_get(f"{ahead}/file/bot{{token}}/{{path:.+}}", partial(media.give, tg))
        app.router.add_route("*", f"{ahead}/bot{{token}}/{{method}}", tg.serve_api)
    return app


@asynccontextmanager
async def telegram(port: int = 0) -> AsyncIterator[Telegram]:
    """A Telegram on a port of its own, until the end of the block."""
    standin = Telegram()
    async with serving(standin, port):
        yield standin


@asynccontextmanager
async def serving(standin: Telegram, port: int = 0) -> AsyncIterator[None]:
    """Serve one that may have been served before."""
    runner = web.AppRunner(_application(standin), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host, port = runner.addresses[0][:2]
    standin.url = f"http://{host}:{port}"
    async with aiohttp.ClientSession() as http:
        standin.http = http
        try:
            yield
        finally:
            await standin.close()
            await runner.cleanup()
