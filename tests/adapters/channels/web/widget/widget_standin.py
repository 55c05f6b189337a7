"""A stand-in for the gateway: it speaks the widget's wire protocol and does what a test says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

STATIC = Path(__file__).parents[5] / "adapters" / "channels" / "web" / "static"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

Reply = Callable[["StandIn", str, str], Any]


def host_page(gateway: str, attributes: str = "", body: str = "", head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>Host</title>{head}</head>'
        f'<body><h1>A page</h1>{body}<script nonce="abc" src="{gateway}/widget/w.js" '
        f'data-key="pk" {attributes} defer></script></body></html>'
    )


@dataclass
class StandIn:
    """One visitor, one conversation."""

    origin: str = ""
    title: str = "Help"
    opening: str = "How can I help?"
    suggestions: list[str] = field(default_factory=lambda: ["What is this?"])
    history: list[dict[str, Any]] = field(default_factory=list)
    waiting: bool = False
    reply: Reply | None = None
    # The status and error that the next request of a command is refused with.
    refusals: dict[str, list[tuple[int, dict[str, str], dict[str, str]]]] = field(
        default_factory=dict
    )
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    log: list[tuple[int, int, str, dict[str, Any]]] = field(default_factory=list)
    folded: tuple[int, int] = (0, 0)
    sessions: int = 0
    connections: int = 0
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    turn: int = 0
    # What a session says beyond the least.
    extra: dict[str, Any] = field(default_factory=dict)
    # What is there by the id of a conversation, when there are several.
    places: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # The names of the files that were uploaded, and what keeps the next from being taken.
    uploads: list[str] = field(default_factory=list)
    upload_gate: asyncio.Event | None = None
    _seen: set[str] = field(default_factory=set)
    _queues: set[asyncio.Queue[bytes | None]] = field(default_factory=set)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    # What a test does to it.

    def emit(self, name: str, data: dict[str, Any], turn: int | None = None) -> None:
        """An event with an id: it is kept and replayed to those who come later."""
        number = self.turn if turn is None else turn
        event = (number, 1_000_000 + len(self.log), name, data)
        self.log.append(event)
        self._broadcast(self._frame(event))

    def notify(self, name: str, data: dict[str, Any] | None = None) -> None:
        """An event without an id."""
        self._broadcast(f"event: {name}\ndata: {json.dumps(data or {})}\n\n".encode())

    def raw(self, data: bytes) -> None:
        self._broadcast(data)

    def drop(self) -> None:
        """Close every stream."""
        for queue in self._queues:
            queue.put_nowait(None)

    def begin(self, identity: str = "", text: str = "") -> str:
        messages = [{"id": identity, "text": text, "at": time.time()}] if identity else []
        turn = str(self.turn)
        self.emit("start", {"turn": turn, "messages": messages})
        return turn

    def delta(self, offset: int, text: str) -> None:
        self.emit("delta", {"turn": str(self.turn), "o": offset, "t": text})

    def end(self, text: str, state: str = "done", **more: Any) -> None:
        data = {"turn": str(self.turn), "text": text, "state": state, "at": time.time(), **more}
        self.emit("end", data)
        self.history.append({"kind": "bot", **data})
        self.folded = (self.turn, self.log[-1][1])

    def commands(self, name: str) -> list[dict[str, Any]]:
        return [body for command, body in self.received if command == name]

    # What it does.

    def _frame(self, event: tuple[int, int, str, dict[str, Any]]) -> bytes:
        turn, number, name, data = event
        body = json.dumps(data, ensure_ascii=False)
        return f"id: {turn}-{number}\nevent: {name}\ndata: {body}\n\n".encode()

    def _broadcast(self, data: bytes) -> None:
        for queue in self._queues:
            queue.put_nowait(data)

    def _allow(self, request: web.Request) -> dict[str, str]:
        origin = request.headers.get("Origin", "*")
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After",
            "Vary": "Origin",
        }

    async def command(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["command"]
        body = json.loads(await request.text())
        self.received.append((name, body))
        allow = self._allow(request)
        if self.refusals.get(name):
            status, error, headers = self.refusals[name].pop(0)
            return web.json_response(error, status=status, headers={**allow, **headers})
        if name == "events":
            return await self._events(request, body, allow)
        answers = {
            "session": self._session,
            "messages": self._message,
            "stop": self._stop,
            "conversations": self._list,
            "conversations/delete": self._delete,
            "regenerate": self._regenerate,
        }
        status, answer = answers.get(name, lambda _: (200, {"taken": True}))(body)
        return web.json_response(answer, status=status, headers=allow)

    def _session(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.sessions += 1
        if body.get("inputs"):
            self.extra.pop("form", None)
        return 200, {
            "token": f"token-{self.sessions}",
            "visitor": "v",
            "cursor": "-".join(map(str, self.folded)),
            "waiting": self.waiting,
            "history": self.history,
            "title": self.title,
            "opening": self.opening,
            "suggestions": self.suggestions,
            "limits": {"text": 4000},
            **self._place(body),
            **self.extra,
        }

    def _place(self, body: dict[str, Any]) -> dict[str, Any]:
        """Which conversation it is, where there are several."""
        if not self.places:
            return {}
        wanted = body.get("conversation") or next(iter(self.places))
        history = self.places.setdefault(wanted, [])
        return {"conversation": wanted, "conversations": True, "history": history}

    def _list(self, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        items = [
            {"id": name, "title": past[0]["text"] if past else "", "at": 1e9, "unread": n == 1}
            for n, (name, past) in enumerate(self.places.items())
        ]
        return 200, {"items": items}

    def _delete(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"deleted": self.places.pop(body["conversation"], None) is not None}

    def _regenerate(self, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.turn += 1
        self.begin()
        self.end("Another answer")
        return 202, {"status": "accepted", "turn": str(self.turn)}

    async def upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        assert list(form) == ["token", "file"]
        try:
            if self.upload_gate is not None:
                await self.upload_gate.wait()
            size = len(file.file.read())
        finally:
            file.file.close()
        allow = self._allow(request)
        if self.refusals.get("files"):
            status, error, headers = self.refusals["files"].pop(0)
            return web.json_response(error, status=status, headers={**allow, **headers})
        self.uploads.append(file.filename)
        kind = file.content_type
        link = {"name": file.filename, "media_type": kind, "size": size}
        url = f"/files/{len(self.uploads)}"
        return web.json_response({**link, "url": url}, status=201, headers=allow)

    def _message(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["id"] in self._seen:
            return 202, {"status": "duplicate", "turn": str(self.turn)}
        self._seen.add(body["id"])
        self.turn += 1
        turn = str(self.turn)
        past = {"kind": "user", "id": body["id"], "turn": turn, "text": body["text"]}
        self.history.append({**past, "at": time.time()})
        if self.reply is not None:
            task = asyncio.ensure_future(self.reply(self, body["id"], body["text"]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return 202, {"status": "accepted", "turn": turn}

    def _stop(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"stopped": self.waiting}

    async def _events(
        self, request: web.Request, body: dict[str, Any], allow: dict[str, str]
    ) -> web.StreamResponse:
        self.connections += 1
        turn, _, number = body["cursor"].partition("-")
        after = (int(turn or 0), int(number or 0))
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queues.add(queue)
        response = web.StreamResponse(headers={**allow, "Content-Type": "text/event-stream"})
        try:
            # Whoever asked may be gone already.
            await response.prepare(request)
            await response.write(b": here\n\n")
            for event in [event for event in self.log if event[:2] > after]:
                await response.write(self._frame(event))
            while (data := await queue.get()) is not None:
                await response.write(data)
        except ConnectionResetError:
            pass
        finally:
            self._queues.discard(queue)
        return response

    async def asset(self, request: web.Request) -> web.StreamResponse:
        path = STATIC / request.match_info["name"]
        if not path.is_file():
            return web.Response(status=404)
        return web.Response(
            body=path.read_bytes(),
            content_type="text/javascript",
            headers={
                "Access-Control-Allow-Origin": "*",
                "Cross-Origin-Resource-Policy": "cross-origin",
            },
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.path not in self.pages:
            return web.Response(status=204)
        text, headers = self.pages[request.path]
        return web.Response(text=text, content_type="text/html", headers=headers)

    def hosted(self, path: str = "/chat", attributes: str = "") -> str:
        text = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chat</title>'
            '<meta name="viewport" content="width=device-width"></head><body>'
            f'<script type="module" src="/widget/page.js" data-key="pk" {attributes}></script>'
            "</body></html>"
        )
        self.pages[path] = (text, {"Content-Security-Policy": PAGE_POLICY})
        return self.origin + path

    def embedded(
        self, path: str = "/", attributes: str = "", policy: str = "", **parts: str
    ) -> str:
        headers = {"Content-Security-Policy": policy} if policy else {}
        self.pages[path] = (host_page(self.origin, attributes, **parts), headers)
        return self.origin + path


@asynccontextmanager
async def serve(standin: StandIn) -> AsyncIterator[StandIn]:
    app = web.Application()
    app.router.add_get("/widget/{name}", standin.asset)
    app.router.add_post("/w/v1/pk/files", standin.upload)
    app.router.add_post("/w/v1/pk/{command:.+}", standin.command)
    app.router.add_get("/{path:.*}", standin.page)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    standin.origin = f"http://{host}:{port}"
    try:
        yield standin
    finally:
        standin.drop()
        await runner.cleanup()
