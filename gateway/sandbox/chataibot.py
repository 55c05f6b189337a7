"""ChatAIBot's API channel as an aiohttp application."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

import aiohttp
from aiohttp import web
from msgspec import Struct, field

from gateway.sandbox import chataibot_bodies as bodies
from gateway.sandbox import chataibot_files as files
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.chataibot_bodies import Body, Refusal

Answerer = Callable[[str, Sequence[str]], Answer]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_REMEMBERED_QUESTIONS = 1_000
_REMEMBERED_CONVERSATIONS = 10_000
_MOST_DELIVERIES = 1_000
_ATTEMPTS = 3
_AHEAD = 0.3
"""Seconds that an event which goes ahead of its response is given."""


class _Talk(Struct):
    """One conversation."""

    id: str
    visitor: str
    origin: str
    """Where the visitor's side found the server."""
    queries: list[str] = field(default_factory=list)
    closed: bool = False


class ChatAIBot:
    """One ChatAIBot account with one bot, answered by ``answer``.

    Answers go to ``webhook_url`` (it may be set later) with ``webhook_token``, ``delay`` seconds
    after the message. A visitor who writes ``silent``, ``buttons``, ``twice``, ``early``,
    ``agent``, ``file`` or ``close`` has the bot do that; for refusals see
    ``chataibot_bodies.REFUSALS``. Files that a visitor sends are fetched, and their sizes told.
    """

    def __init__(
        self,
        answer: Answerer,
        *,
        webhook_url: str = "",
        webhook_token: str = "",
        delay: float = 0.05,
    ) -> None:
        self.webhook_url = webhook_url
        self._answer = answer
        self._token = webhook_token
        self._delay = delay
        self._talks: OrderedDict[str, _Talk] = OrderedDict()
        self._asked: deque[Body] = deque(maxlen=_REMEMBERED_QUESTIONS)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession

    def application(self) -> web.Application:
        """The API below ``/api/v1``, and the bodies it was sent at ``/sandbox/asked``."""
        app = web.Application(middlewares=[_refuse])
        app.cleanup_ctx.append(self._run)
        app.add_routes(
            [
                web.get("/sandbox/asked", self._list_asked),
                web.post("/api/v1/conversations", self._start),
                web.post("/api/v1/conversation/{id}/messages", self._continue),
                *files.routes(),
            ]
        )
        return app

    async def _run(self, _: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as self._http:
            yield
            for task in self._deliveries:
                task.cancel()
            await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def _list_asked(self, _: web.Request) -> web.Response:
        return web.json_response({"asked": list(self._asked)})

    async def _start(self, request: web.Request) -> web.Response:
        bodies.check_token(request)
        body = await bodies.read(request)
        self._asked.append({"path": request.path, "body": body})
        if body.get("channel") != "API":
            raise bodies.invalid("channel")
        if not body.get("bot_key"):
            raise bodies.invalid("bot_key")
        visitor, contact = _visitor(body), _contact(body)
        text, data = bodies.text_of(body)
        talk = _Talk(uuid4().hex, visitor, str(request.url.origin()))
        events = await self._play(talk, text, data)
        self._keep(talk)
        await self._send(text, events)
        return web.json_response(bodies.started(talk.id, visitor, contact))

    async def _continue(self, request: web.Request) -> web.Response:
        bodies.check_token(request)
        body = await bodies.read(request)
        self._asked.append({"path": request.path, "body": body})
        talk = self._talks.get(request.match_info["id"])
        if talk is None or talk.closed:
            raise Refusal(404, "CONVERSATION_NOT_FOUND", "Conversation not found")
        if body.get("user") != {"type": "VISITOR"}:
            raise bodies.invalid("user.type")
        text, data = bodies.text_of(body)
        await self._send(text, await self._play(talk, text, data))
        return web.json_response({"ok": True, "message_id": uuid4().hex})

    def _keep(self, talk: _Talk) -> None:
        self._talks[talk.id] = talk
        if len(self._talks) > _REMEMBERED_CONVERSATIONS:
            self._talks.popitem(last=False)

    async def _play(self, talk: _Talk, text: str, data: Body) -> list[Body]:
        """The events that a visitor's message leads to. Raises Refusal."""
        word = text.strip().casefold()
        if word in bodies.REFUSALS:
            raise Refusal(*bodies.REFUSALS[word], "The sandbox was asked to refuse")
        if word == "not ok":
            raise Refusal(400, "CONTACT_IS_BLOCKED", "The sandbox was asked to refuse", http=200)
        sender = "AGENT" if word == "agent" else "BOT"
        said = await self._reply(talk, word, text, data)
        talk.queries.append(text)
        # Its own words come back to the visitor's side, too.
        events = [bodies.said(talk.id, "VISITOR", data)]
        if said:
            events.append(bodies.said(talk.id, sender, said))
        if word == "close":
            talk.closed = True
            events.append(bodies.closed(talk.id))
        return events

    async def _reply(self, talk: _Talk, word: str, text: str, data: Body) -> Body:
        if word == "silent":
            return {}
        if word == "buttons":
            return {"body": "What is it about?", "buttons": list(bodies.BUTTONS)}
        if "callback" in data:
            return {"body": f"You have chosen {text}, which is {data['key']}."}
        if sent := files.files_of(data):
            return {"body": await files.received(self._http, sent)}
        answer = self._answer(text, talk.queries)
        if answer.ending is Ending.BUSY:
            raise Refusal(429, "TOO_MANY_REQUESTS", "Too many requests")
        if answer.ending is Ending.FAILURE:
            raise Refusal(500, "INTERNAL_SERVER_ERROR", "Something went wrong")
        made = {"files": [files.made(talk.origin)]} if answer.ending is Ending.FILE else {}
        return {"body": answer.text, **made} if answer.text else {}

    async def _send(self, text: str, events: list[Body]) -> None:
        if not self.webhook_url:
            return
        if len(self._deliveries) >= _MOST_DELIVERIES:
            raise Refusal(503, "SERVICE_UNAVAILABLE", "Too much is waiting")
        word = text.strip().casefold()
        early = word == "early"
        times = 2 if word == "twice" else 1
        task = asyncio.create_task(self._deliver(events, times, 0 if early else self._delay))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
        if early:
            await asyncio.wait([task], timeout=_AHEAD)

    async def _deliver(self, events: list[Body], times: int, delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(times):
            await self._post({"events": events})

    async def _post(self, body: Body) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        for attempt in range(_ATTEMPTS):
            await asyncio.sleep(attempt * self._delay)
            try:
                async with self._http.post(self.webhook_url, json=body, headers=headers) as answer:
                    if answer.status < 500:
                        return
            except (aiohttp.ClientError, TimeoutError):
                continue


def _visitor(body: Body) -> str:
    sender = body.get("from")
    if not isinstance(sender, dict) or sender.get("type") != "VISITOR":
        raise bodies.invalid("from.type")
    if not (visitor := sender.get("user_external_id")):
        raise bodies.invalid("from.user_external_id")
    return str(visitor)


def _contact(body: Body) -> Body:
    variables = body.get("variables")
    contact = variables.get("contact") if isinstance(variables, dict) else None
    return contact if isinstance(contact, dict) else {}


@web.middleware
async def _refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response(refusal.body, status=refusal.http)
