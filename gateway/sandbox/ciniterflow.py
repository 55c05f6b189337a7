"""CiniterFlow's prediction API as an aiohttp application."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID, uuid4

from aiohttp import web

from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.ciniterflow_bodies import Refusal
from gateway.sandbox.ciniterflow_files import Files
from gateway.sandbox.ciniterflow_flows import Flow, Kind
from gateway.sandbox.ciniterflow_listener import SILENCE, Listener
from gateway.sandbox.ciniterflow_requests import (
    check_key,
    listed,
    query_of,
    read_json,
    refusal_of,
    uploads_of,
)
from gateway.sandbox.ciniterflow_rest import Rest
from gateway.sandbox.ciniterflow_runs import Run, allowed
from gateway.sandbox.clickai_manner import heard
from gateway.sandbox.memory import Memory

T = TypeVar("T")
Answerer = Callable[[str, Sequence[str]], Answer]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_REMEMBERED_QUESTIONS = 1_000
_LARGEST_BODY = 50 * 1024 * 1024
_PARTS = ("question", "form", "humanInput")


class CiniterFlow:
    """A CiniterFlow server with the flows of ``ciniterflow_flows``, answered by ``answer``.

    ``pace`` is in seconds per word, ``heartbeat`` in seconds. The application's handlers must be
    cancelled when their client goes away (``handler_cancellation``); a prediction goes on without.
    """

    def __init__(
        self,
        answer: Answerer,
        memory: Memory | None = None,
        *,
        pace: float = 0.015,
        heartbeat: float = 30,
    ) -> None:
        self._answer = answer
        self._memory = memory or Memory()
        self._files = Files()
        self._pace = pace
        self._heartbeat = heartbeat
        # One listener per chat, whoever asked last: events of two runs are mixed, as they really
        # are, and the listener that was first hears nothing more.
        self._listeners: dict[str, Listener] = {}
        self._runs: dict[asyncio.Task[Any], Run] = {}
        self._waiting: dict[str, Kind] = {}
        self._asked: deque[dict[str, object]] = deque(maxlen=_REMEMBERED_QUESTIONS)

    def application(self) -> web.Application:
        """The API below ``/api/v1``, and what was asked at ``/sandbox/asked``."""
        app = web.Application(middlewares=[_refuse], client_max_size=_LARGEST_BODY)
        app.add_routes(
            [
                web.get("/sandbox/asked", self._list_asked),
                web.post("/api/v1/prediction/{flow}", self._predict),
                web.put("/api/v1/chatmessage/abort/{flow}/{chat}", self._abort),
                *Rest(self._memory).routes(),
                *self._files.routes(),
            ]
        )
        app.on_shutdown.append(self._leave)
        return app

    async def _leave(self, _: web.Application) -> None:
        for task in self._runs:
            task.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)

    async def _list_asked(self, _: web.Request) -> web.Response:
        return bodies.plain({"asked": list(self._asked)})

    async def _predict(self, request: web.Request) -> web.StreamResponse:
        values = await read_json(request)
        # A form or JSON may say it in words.
        streaming = values.get("streaming") in (True, "true")
        flow = await self._flow(request, streaming)
        if flow.origins and request.headers.get("Origin", flow.origins[0]) not in flow.origins:
            if streaming:
                return bodies.html("origin denied", 403)
            raise Refusal(403, "origin denied")
        try:
            check_key(request, flow)
            run = self._begin(flow, values)
        except Refusal as refusal:
            return await self._refuse(request, refusal, streaming)
        if run.answer.ending in {Ending.BUSY, Ending.REFUSED}:
            if refused := refusal_of(run.answer.code):
                return await self._refuse(request, refused, streaming)
            return bodies.too_many()
        if streaming and run.kind is not Kind.PLAIN:
            return await self._stream(request, flow, run)
        return await asyncio.shield(self._start(run, self._block(request, run)))

    async def _flow(self, request: web.Request, streaming: bool) -> Flow:
        name = request.match_info["flow"]
        with suppress(ValueError):
            if flow := flows.FLOWS.get(str(UUID(name))):
                return flow
            if streaming:
                # The real one forgets to answer.
                await asyncio.sleep(SILENCE)
            raise Refusal(404, f"Chatflow {name} not found in the database!")
        raise Refusal(400, "Invalid Chatflow ID")

    async def _refuse(
        self, request: web.Request, refusal: Refusal, streaming: bool
    ) -> web.StreamResponse:
        if not streaming:
            raise refusal
        listener = Listener(request, self._heartbeat)
        await listener.open()
        await listener.send(bodies.event("error", refusal.message))
        await listener.end()
        return await listener.listen()

    def _begin(self, flow: Flow, values: dict[str, object]) -> Run:
        override = values.get("overrideConfig")
        named = override.get("sessionId") if isinstance(override, dict) else None
        if named is not None and not isinstance(named, str):
            bodies.fail("Invalid sessionId: must be a string")
        chat = str(values.get("chatId") or named or uuid4())
        session = named or chat
        asked = {part: values[part] for part in _PARTS if part in values}
        written, spoken = uploads_of(values, flow)
        names = {"chatId": chat, "sessionId": session, "flow": flow.id}
        self._asked.append({**asked, **names, **listed(values)})
        if spoken:
            asked["question"] = spoken
        return self._run(flow, asked, chat, session, written)

    def _run(
        self, flow: Flow, asked: dict[str, object], chat: str, session: str, uploads: str
    ) -> Run:
        kind, query = flows.triggered(flow, uploads + query_of(asked))
        decision = asked.pop("humanInput", None)
        if isinstance(decision, dict):
            kind = self._waiting.pop(session, Kind.CHAT)
            if kind is not Kind.HUMAN:
                bodies.fail(f"No previous execution found for session {session}")
        found = self._memory.find(session, flow.id)
        earlier = [turn.query for turn in found.turns] if found else []
        bare, manner = heard(query)
        answer = Answer("") if decision else allowed(self._answer(bare, earlier))
        told = {"chatId": chat, "question": asked.get("question", query)}
        turn = self._memory.ask(session, flow.id, query, told)
        kept = str(decision.get("type")) if isinstance(decision, dict) else ""
        run = Run(kind, asked, chat, session, turn.id, answer, self._pace, kept)
        run.sources = [texts.DOCUMENT] if manner.sources else []
        if answer.ending is Ending.FILE:
            self._files.make(flow.id, run)
        return run

    async def _stream(self, request: web.Request, flow: Flow, run: Run) -> web.StreamResponse:
        listener = Listener(request, self._heartbeat)
        await listener.open()
        self._listeners[run.chat] = listener
        self._start(run, self._play(flow, run))
        return await listener.listen()

    def _start(self, run: Run, playing: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """What goes on when nobody listens any more."""
        task = asyncio.create_task(playing)
        self._runs[task] = run
        task.add_done_callback(self._runs.pop)
        return task

    async def _play(self, flow: Flow, run: Run) -> None:
        try:
            async for name, data in run.events():
                if name == "metadata" and not await self._goes_on(run):
                    return
                await self._tell(run.chat, name, data)
            self._keep(flow, run)
        except Refusal as refusal:
            await self._tell(run.chat, "error", refusal.message)
        if listener := self._listeners.pop(run.chat, None):
            await listener.end()

    async def _goes_on(self, run: Run) -> bool:
        listener = self._listeners[run.chat]
        if run.answer.ending is Ending.CUT:
            # Nobody hears the rest, and it is kept all the same.
            listener.cut()
        if run.answer.ending is not Ending.SILENCE:
            return True
        await listener.send(bodies.HEARTBEAT)
        await listener.silence()
        return False

    async def _tell(self, chat: str, name: str, data: object) -> None:
        if listener := self._listeners.get(chat):
            await listener.send(bodies.event(name, data))

    async def _block(self, request: web.Request, run: Run) -> web.StreamResponse:
        async for _ in run.events():
            continue
        flow = flows.FLOWS[str(UUID(request.match_info["flow"]))]
        if run.answer.ending is Ending.SILENCE:
            await asyncio.sleep(SILENCE)
        if run.answer.ending is Ending.CUT:
            Listener(request, 1).cut()
        self._keep(flow, run)
        return bodies.plain(run.body())

    def _keep(self, flow: Flow, run: Run) -> None:
        # Only the latest execution of a session can be gone on with.
        self._waiting.pop(run.session, None)
        if run.action:
            self._waiting[run.session] = run.kind
        turn = self._memory.turn(run.message, flow.id)
        if turn:
            self._memory.answer(turn, run.said, extras=run.kept())

    async def _abort(self, request: web.Request) -> web.Response:
        for run in self._runs.values():
            if run.chat == request.match_info["chat"]:
                run.aborted.set()
        # The same, whatever is asked for.
        return bodies.plain({"status": 200, "message": "Chat message aborted"})


@web.middleware
async def _refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return bodies.refused(refusal)
