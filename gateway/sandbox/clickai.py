"""ClickAI's chat API as an aiohttp application."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

from aiohttp import web
from msgspec import Struct, field

from gateway.sandbox import bodies, texts
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.bodies import Ids
from gateway.sandbox.delivery import Delivery
from gateway.sandbox.memory import Memory, Turn
from gateway.sandbox.requests import (
    ChatRequestPayload,
    ConversationListQuery,
    MessageFeedbackPayload,
    MessageListQuery,
    Refusal,
    check_key,
    read_json,
    user_of,
    validate,
)

Answerer = Callable[[str, Sequence[str]], Answer]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_REMEMBERED_QUESTIONS = 1_000
_SILENCE = 300.0
_FAILURE = "[sandbox] The model could not be reached"
_BUSY = (
    "Too many requests. Please try again later. The current maximum concurrent requests allowed "
    "for {} is 1."
)
_NOT_HERE = "Conversation Not Exists. You have requested this URI [{0}] but did you mean {0} or {1}"
_CHATS_LIKE_IT = "/api/chat-messages or /v1/chat-messages/<string:task_id>/stop ?"
_MESSAGES_LIKE_IT = "/v1/chat-messages or /api/messages ?"


class _Job(Struct, frozen=True):
    """One answer that is being given. ``prompt`` is the size of what was asked, in words."""

    ids: Ids
    turn: Turn
    answer: Answer
    prompt: int
    began: float = field(default_factory=time.monotonic)

    def age(self) -> float:
        return time.monotonic() - self.began

    def cost(self) -> bodies.Body:
        return bodies.metadata(self.prompt, len(bodies.words(self.answer.text)), self.age())


class ClickAI:
    """One ClickAI chat app, answered by ``answer``.

    ``pace`` is in seconds per word, ``ping_interval`` in seconds. The application's handlers must
    be cancelled when their client goes away (``handler_cancellation``).
    """

    def __init__(
        self,
        answer: Answerer,
        memory: Memory,
        *,
        pace: float = 0.015,
        ping_interval: float = 10,
    ) -> None:
        self._answer = answer
        self._memory = memory
        self._pace = pace
        self._ping_interval = ping_interval
        self._running: dict[str, tuple[str, Delivery]] = {}
        self._asked: deque[dict[str, str]] = deque(maxlen=_REMEMBERED_QUESTIONS)

    def application(self) -> web.Application:
        """The API below ``/v1``, and what was asked at ``/sandbox/asked``."""
        app = web.Application(middlewares=[_refuse])
        app.add_routes(
            [
                web.get("/sandbox/asked", self._list_asked),
                web.post("/v1/chat-messages", self._chat),
                web.post("/v1/chat-messages/{task}/stop", self._stop),
                web.get("/v1/conversations", self._list_conversations),
                web.get("/v1/messages", self._list_messages),
                web.get("/v1/messages/{message}/suggested", self._suggest),
                web.post("/v1/messages/{message}/feedbacks", self._rate),
                web.get("/v1/parameters", self._parameters),
                web.get("/v1/info", self._info),
            ]
        )
        return app

    async def _list_asked(self, _: web.Request) -> web.Response:
        return web.json_response({"asked": list(self._asked)})

    async def _parameters(self, request: web.Request) -> web.Response:
        check_key(request)
        return bodies.plain(bodies.PARAMETERS)

    async def _info(self, request: web.Request) -> web.Response:
        check_key(request)
        return bodies.plain(bodies.INFO)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        check_key(request)
        values = await read_json(request)
        user = user_of(values)
        payload = validate(ChatRequestPayload, values)
        job = self._begin(request, user, payload)
        if payload.response_mode == "streaming":
            return await self._stream(request, user, job)
        return await self._block(request, job)

    def _begin(self, request: web.Request, user: str, payload: ChatRequestPayload) -> _Job:
        query = payload.query.replace("\0", "")
        if not query:
            raise Refusal(400, "invalid_param", "query is required")
        conversation = payload.conversation_id or ""
        earlier = self._earlier(request, conversation, user)
        answer = self._answer(query, earlier)
        if answer.ending is Ending.BUSY:
            self._note(query, user, conversation)
            raise Refusal(400, "invalid_param", _BUSY.format(uuid4()))
        turn = self._memory.ask(conversation, user, query, payload.inputs)
        ids = Ids(self._memory.home(turn).id, turn.id, str(uuid4()), turn.created_at)
        self._note(query, user, ids.conversation)
        return _Job(ids, turn, answer, sum(len(bodies.words(said)) for said in (*earlier, query)))

    def _earlier(self, request: web.Request, conversation: str, user: str) -> list[str]:
        if not conversation:
            return []
        found = self._memory.find(conversation, user)
        if found is None:
            raise _not_here(request, _CHATS_LIKE_IT)
        return [turn.query for turn in found.turns]

    def _note(self, query: str, user: str, conversation: str) -> None:
        self._asked.append({"query": query, "user": user, "conversation_id": conversation})

    async def _stream(self, request: web.Request, user: str, job: _Job) -> web.StreamResponse:
        delivery = Delivery(request, self._ping_interval)
        self._running[job.ids.task] = (user, delivery)
        try:
            return await self._deliver(delivery, job)
        finally:
            del self._running[job.ids.task]

    async def _deliver(self, delivery: Delivery, job: _Job) -> web.StreamResponse:
        said = [word async for word in self._say(delivery, job)]
        if delivery.stopped.is_set():
            await delivery.send(bodies.message_end(job.ids, bodies.metadata(0, 0, job.age())))
        elif job.answer.ending is Ending.SILENCE:
            return await delivery.hang(_SILENCE)
        elif job.answer.ending is Ending.CUT:
            return delivery.cut()
        elif job.answer.ending is Ending.FAILURE:
            self._memory.answer(job.turn, "", _FAILURE)
            await delivery.send(bodies.error(job.ids, _FAILURE))
            return await delivery.finish()
        else:
            await delivery.send(bodies.message(job.ids, ""))
            await delivery.send(bodies.message_end(job.ids, job.cost()))
        self._memory.answer(job.turn, "".join(said))
        return await delivery.finish()

    async def _say(self, delivery: Delivery, job: _Job) -> AsyncIterator[str]:
        for word in bodies.words(job.answer.text):
            if not await delivery.pause(self._pause(job)):
                return
            await delivery.send(bodies.message(job.ids, word))
            yield word

    async def _block(self, request: web.Request, job: _Job) -> web.StreamResponse:
        await asyncio.sleep(self._pause(job) * len(bodies.words(job.answer.text)))
        match job.answer.ending:
            case Ending.SILENCE:
                await asyncio.sleep(_SILENCE)
            case Ending.CUT:
                return Delivery(request, self._ping_interval).cut()
            case Ending.FAILURE:
                self._memory.answer(job.turn, "", _FAILURE)
                raise Refusal(400, "completion_request_error", _FAILURE)
        self._memory.answer(job.turn, job.answer.text)
        return bodies.whole(job.ids, job.answer.text, job.cost())

    def _pause(self, job: _Job) -> float:
        return self._pace if job.answer.pace is None else job.answer.pace

    async def _stop(self, request: web.Request) -> web.Response:
        check_key(request)
        user = user_of(await read_json(request))
        owner, delivery = self._running.get(request.match_info["task"], ("", None))
        # ClickAI answers the same, whoever asks and whatever is asked for.
        if delivery and owner == user:
            delivery.stopped.set()
        return bodies.plain({"result": "success"})

    async def _list_conversations(self, request: web.Request) -> web.Response:
        check_key(request)
        limit = validate(ConversationListQuery, dict(request.query)).limit
        found = self._memory.of(request.query.get("user", ""))
        rows = [bodies.conversation_row(each) for each in found[:limit]]
        return bodies.page(limit, rows, len(found) > limit)

    async def _list_messages(self, request: web.Request) -> web.Response:
        check_key(request)
        query = validate(MessageListQuery, dict(request.query))
        found = self._memory.find(query.conversation_id, request.query.get("user", ""))
        if found is None:
            raise _not_here(request, _MESSAGES_LIKE_IT)
        rows = bodies.message_rows(found)
        return bodies.page(query.limit, rows[-query.limit :], len(rows) > query.limit)

    async def _suggest(self, request: web.Request) -> web.Response:
        check_key(request)
        self._rated(request, user_of(dict(request.query)))
        return bodies.plain({"result": "success", "data": texts.FOLLOW_UPS})

    async def _rate(self, request: web.Request) -> web.Response:
        check_key(request)
        values = await read_json(request)
        user = user_of(values)
        rating = validate(MessageFeedbackPayload, values).rating
        turn = self._rated(request, user)
        if rating is None and turn.rating is None:
            raise Refusal(400, "invalid_param", "rating cannot be None when feedback not exists")
        turn.rating = rating
        return bodies.plain({"result": "success"})

    def _rated(self, request: web.Request, user: str) -> Turn:
        turn = self._memory.turn(request.match_info["message"], user)
        if turn is None:
            raise Refusal(404, "not_found", "Message Not Exists.")
        return turn


def _not_here(request: web.Request, alternatives: str) -> Refusal:
    return Refusal(404, "not_found", _NOT_HERE.format(request.path, alternatives))


@web.middleware
async def _refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return bodies.plain(refusal.body, refusal.status)
    except web.HTTPNotFound:
        return web.Response(text=bodies.HTML_404, status=404, content_type="text/html")
