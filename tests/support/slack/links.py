"""Socket Mode: connections, envelopes and their acknowledgements."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from support.slack.server import Slack


class Link:
    """One connection of an app."""

    def __init__(self, socket: web.WebSocketResponse, http: web.Request) -> None:
        self.socket = socket
        self.http = http
        self.sent = 0
        self.silent = False
        self.pings = 0

    def abort(self) -> None:
        """Break the TCP connection off, without a word."""
        if self.http.transport:
            self.http.transport.abort()


class Links:
    """All connections of an app."""

    def __init__(self, slack: "Slack") -> None:
        self._slack = slack
        self._tickets: set[str] = set()
        self._awaited: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._turn = itertools.count()
        self.open: list[Link] = []
        self.made = 0
        self.acks: list[dict[str, Any]] = []
        self.greetings: list[str] = []
        """What the next connections hear first; ``hello`` when there is nothing here."""

    def ticket(self) -> str:
        """An address that can be connected to once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"{self._slack.url.replace('http', 'ws')}/link?ticket={ticket}&app_id=A1"

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """Be the other end of a connection."""
        ticket = http.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(http)
        link = Link(socket, http)
        self.open.append(link)
        self.made += 1
        try:
            await socket.send_json(self._hello())
            async for frame in socket:
                await self._take(link, frame)
        finally:
            self.open.remove(link)
        return socket

    def _hello(self) -> dict[str, Any]:
        debug = {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060}
        return {
            "type": self.greetings.pop(0) if self.greetings else "hello",
            "num_connections": len(self.open), "debug_info": debug,
            "connection_info": {"app_id": "A1"},
        }  # fmt: skip

    async def _take(self, link: Link, frame: aiohttp.WSMessage) -> None:
        if frame.type == aiohttp.WSMsgType.PING:
            link.pings += 1
            if not link.silent:
                await link.socket.pong(frame.data)
        elif frame.type == aiohttp.WSMsgType.TEXT:
            ack = json.loads(frame.data)
            self.acks.append(ack)
            waiting = self._awaited.pop(ack.get("envelope_id", ""), None)
            if waiting and not waiting.done():
                waiting.set_result(ack)

    async def send(
        self, kind: str, payload: Mapping[str, Any], *, link: Link | None = None, retry: int = 0,
        reason: str = "", seconds: float = 5.0, accepts: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Send an envelope (events_api, interactive or slash_commands) over one of the
        connections, the next unless told; its acknowledgement. Raises TimeoutError."""
        link = link or self.open[next(self._turn) % len(self.open)]
        envelope = {
            "envelope_id": str(uuid.uuid4()), "type": kind, "payload": dict(payload),
            "accepts_response_payload": accepts,
        }  # fmt: skip
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        future = asyncio.get_running_loop().create_future()
        self._awaited[envelope["envelope_id"]] = future
        link.sent += 1
        await link.socket.send_json(envelope)
        return await asyncio.wait_for(future, seconds)

    async def event(self, event: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Send an inner event; its acknowledgement. Raises TimeoutError."""
        return await self.send("events_api", self._slack.envelope(event), **options)

    async def disconnect(self, link: Link, reason: str = "refresh_requested") -> None:
        """Ask the app to connect anew."""
        debug = {"host": "applink-1"}
        await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": debug})

    async def close(self) -> None:
        """End all connections."""
        for link in list(self.open):
            with suppress(Exception):
                await asyncio.wait_for(link.socket.close(), 0.5)
            link.abort()
