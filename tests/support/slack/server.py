"""The stand-in itself: its HTTP server, and what every call goes through."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from support.slack import access, agents, chat, conversations, files, streams, views
from support.slack.faults import Faults
from support.slack.links import Links
from support.slack.methods import METHODS, Request, checked, read
from support.slack.model import Call, File, Refusal, Workspace
from support.slack.sender import Sender

GROUPS = (access, agents, chat, conversations, files, streams, views)
"""Importing them registers their methods."""


class Slack(Sender):
    """Slack, as far as an app can see it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults()
        self.links = Links(self)
        self.forbidden: set[str] = set()
        """Methods that this Slack does not have."""

    def fail(self, method: str, *faults: str) -> None:
        """The next calls of a method meet these faults; see Faults."""
        self.faults.fail(method, *faults)

    def upload(self, name: str, data: bytes, mimetype: str) -> dict[str, Any]:
        """A person's file, as the event of their message shows it."""
        file = File(id=self.new_id("F"), name=name, data=data, mimetype=mimetype)
        self.files[file.id] = file
        return files.shape(self, file)

    @property
    def limits(self) -> dict[str, tuple[int, float]]:
        """Calls in so many seconds, per method and workspace; none unless a test says so."""
        return self.faults.limits

    @property
    def broken(self) -> dict[str, str]:
        """Faults that stay, per method (or ``*``)."""
        return self.faults.broken

    async def serve_api(self, http: web.Request) -> web.StreamResponse:
        """Answer one call of the Web API."""
        try:
            request = await read(http)
        except Refusal as refusal:
            return _said({"ok": False, "error": refusal.code})
        call = Call(request.method, request.args, request.token, time.monotonic())
        self.calls.append(call)
        call.fault = fault = self.faults.fault(request.method)
        kind, _, amount = fault.partition(":")
        match kind:
            case "cut before":
                call.error = fault
                return _cut(http)
            case "cut after":
                self._done(http, request, call)
                return _cut(http)
            case "slow":
                await asyncio.sleep(float(amount))
            case "429":
                return self._limited(call, amount)
            case code if code.isdigit():
                call.error = code
                return web.Response(status=int(code), text="error")
            case code if code:
                call.error = code
                return _said({"ok": False, "error": code})
        return self._done(http, request, call)

    def _done(self, http: web.Request, request: Request, call: Call) -> web.Response:
        try:
            return self._do(http, request, call)
        except Refusal as refusal:
            call.error = refusal.code
            if refusal.code == "invalid_arguments":
                self.complaints.append(f"{call.method}: {refusal.more} {sorted(call.args)}")
            return _said({"ok": False, "error": refusal.code} | refusal.more)

    def _do(self, http: web.Request, request: Request, call: Call) -> web.Response:
        known = METHODS.get(request.method)
        if known is None or request.method in self.forbidden:
            raise Refusal("unknown_method", req_method=request.method)
        workspace = None
        if known.by == "bot":
            workspace = self._caller(request.token)
            if seconds := self.faults.wait(workspace.team, request.method):
                return self._limited(call, str(seconds))
        elif known.by == "app" and request.token != self.app_token:
            raise Refusal("invalid_auth" if request.token else "not_authed")
        elif known.by == "client":
            _take_basic(http, request)
        made = known.handler(self, workspace, checked(request))
        call.ts = str(made.get("ts", ""))
        return _said({"ok": True} | made)

    def _caller(self, token: str) -> Workspace:
        if not token:
            raise Refusal("not_authed")
        team = self.tokens.get(token, "!invalid_auth")
        if team.startswith("!"):
            raise Refusal(team[1:])
        return self.workspaces[team]

    def _limited(self, call: Call, seconds: str) -> web.Response:
        call.error = "ratelimited"
        said = {"ok": False, "error": "ratelimited"}
        return web.json_response(said, status=429, headers={"Retry-After": seconds})

    async def serve_response_url(self, http: web.Request) -> web.Response:
        """Take what is sent to a response_url; five times each."""
        sent: dict[str, Any] = await http.json()
        uses = [each for each in self.responses if each["to"] == http.path]
        if len(uses) >= 5:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        self.responses.append(sent | {"to": http.path})
        return web.Response(text="ok")

    async def serve_authorize(self, http: web.Request) -> web.Response:
        """The page on which a person agrees to an installation: they do, at once."""
        code = self.new_id("code")
        self.codes[code] = http.query.get("team", "") or "T1"
        target = http.query["redirect_uri"]
        state = http.query.get("state", "")
        raise web.HTTPFound(f"{target}?code={code}&state={state}")


def _take_basic(http: web.Request, request: Request) -> None:
    header = http.headers.get("Authorization", "")
    if header.startswith("Basic "):
        name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
        request.args |= {"client_id": name, "client_secret": secret}
    if request.token:
        request.args["token"] = request.token


def _said(body: dict[str, Any]) -> web.Response:
    return web.json_response(body)


def _cut(http: web.Request) -> web.Response:
    if http.transport:
        http.transport.abort()
    return web.Response()


def _application(slack: Slack) -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/api/{method}", slack.serve_api)
    app.router.add_post("/respond/{id}", slack.serve_response_url)
    app.router.add_get("/oauth/v2/authorize", slack.serve_authorize)
    app.router.add_get("/link", slack.links.serve)
    app.router.add_post("/upload/{id}", partial(files.take, slack))
    app.router.add_get("/files-pri/{id}/{name}", partial(files.give, slack))
    return app


@asynccontextmanager
async def slack() -> AsyncIterator[Slack]:
    """A Slack on a port of its own, until the end of the block."""
    standin = Slack()
    runner = web.AppRunner(_application(standin), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    standin.url = f"http://{host}:{port}"
    async with aiohttp.ClientSession() as http:
        standin.http = http
        try:
            yield standin
        finally:
            await standin.links.close()
            await runner.cleanup()
