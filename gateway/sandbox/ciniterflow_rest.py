"""The routes of CiniterFlow around its predictions: what a flow is like, ratings, contacts."""

import json
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

from aiohttp import web

from gateway.sandbox import ciniterflow_bodies as bodies
from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.ciniterflow_bodies import Refusal
from gateway.sandbox.ciniterflow_flows import Flow, Kind
from gateway.sandbox.memory import Conversation, Memory, Turn

_KEY = "Bearer sandbox-key"
_RATED = (
    "Error: feedbackService.createChatMessageFeedbackForChatflow - SQLITE_CONSTRAINT: UNIQUE "
    "constraint failed: chat_message_feedback.messageId"
)
_EMPTY = (
    *("sourceDocuments", "usedTools", "fileAnnotations", "agentReasoning"),
    *("reasonContent", "fileUploads", "artifacts", "action"),
)


class Rest:
    """Everything but predictions and files. The one key is ``sandbox-key``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._ratings: dict[str, Turn] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """The routes below ``/api/v1``."""
        return [
            web.get("/api/v1/ping", self._ping),
            web.get("/api/v1/version", self._version),
            web.get("/api/v1/chatflows-streaming/{flow}", self._streams),
            web.get("/api/v1/chatflows-uploads/{flow}", self._uploads),
            web.get("/api/v1/public-chatbotConfig/{flow}", self._config),
            web.get("/api/v1/chatmessage/{flow}", self._messages),
            web.delete("/api/v1/chatmessage/{flow}", self._forget),
            web.post("/api/v1/feedback", self._rate),
            web.put("/api/v1/feedback/{id}", self._rate_anew),
            web.post("/api/v1/leads", self._lead),
        ]

    async def _ping(self, _: web.Request) -> web.Response:
        return bodies.html("pong")

    async def _version(self, _: web.Request) -> web.Response:
        return bodies.plain({"version": "3.1.4"})

    async def _streams(self, request: web.Request) -> web.Response:
        flow = _flow(request, "checkIfChatflowIsValidForStreaming")
        return bodies.plain({"isStreaming": flow.kind is not Kind.PLAIN})

    async def _uploads(self, request: web.Request) -> web.Response:
        flow = _flow(request, "checkIfChatflowIsValidForUploads")
        return bodies.plain(flows.uploads(flow))

    async def _config(self, request: web.Request) -> web.Response:
        flow = _flow(request, "getSinglePublicChatbotConfig")
        return bodies.plain(flows.public_config(flow))

    async def _messages(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != _KEY:
            return bodies.unauthorized()
        flow = request.match_info["flow"]
        found = self._kept(flow, request.query)
        return bodies.plain([row for home, turn in found for row in _rows(flow, home, turn)])

    async def _forget(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != _KEY:
            return bodies.unauthorized()
        flow = request.match_info["flow"]
        if flow not in flows.FLOWS:
            return bodies.html(f"Chatflow {flow} not found", 404)
        found = self._kept(flow, request.query)
        for _, turn in found:
            self._memory.drop(turn)
        return bodies.plain({"raw": [], "affected": 2 * len(found)})

    def _kept(self, flow: str, query: Mapping[str, str]) -> list[tuple[Conversation, Turn]]:
        """The turns that have been answered: a question is kept with its answer."""
        chat, session = query.get("chatId"), query.get("sessionId")
        return [
            (home, turn)
            for home in self._memory.of(flow)
            for turn in home.turns
            if turn.answer
            and session in {None, home.id}
            and chat in {None, turn.inputs.get("chatId")}
        ]

    async def _rate(self, request: web.Request) -> web.Response:
        values = json.loads(await request.read())
        turn = self._memory.turn(values["messageId"], values["chatflowid"])
        if turn is None:
            raise Refusal(404, f"Message with ID {values['messageId']} not found")
        if turn in self._ratings.values():
            raise Refusal(500, _RATED)
        turn.rating = values["rating"]
        rating = str(uuid4())
        self._ratings[rating] = turn
        return bodies.plain({**values, "id": rating, "createdDate": _now()})

    async def _rate_anew(self, request: web.Request) -> web.Response:
        turn = self._ratings.get(request.match_info["id"])
        if turn is None:
            raise Refusal(404, f"Feedback with ID {request.match_info['id']} not found")
        turn.rating = json.loads(await request.read())["rating"]
        return bodies.plain({"status": "OK"})

    async def _lead(self, request: web.Request) -> web.Response:
        values = json.loads(await request.read())
        named = {key: values.get(key) for key in ("name", "email", "phone")}
        ids = {key: values.get(key) for key in ("chatflowid", "chatId")}
        return bodies.plain({**named, **ids, "id": str(uuid4()), "createdDate": _now()})


def _flow(request: web.Request, service: str) -> Flow:
    name = request.match_info["flow"]
    flow = flows.FLOWS.get(name)
    if flow is None:
        raise Refusal(500, f"Error: chatflowsService.{service} - Chatflow {name} not found")
    return flow


def _rows(flow: str, conversation: Conversation, turn: Turn) -> list[bodies.Body]:
    asked = _row(flow, conversation, turn, "userMessage")
    answered = _row(flow, conversation, turn, "apiMessage")
    return [
        {**asked, "id": f"{turn.id}-q", "content": turn.inputs["question"]},
        {**answered, "id": turn.id, "content": turn.answer, **turn.extras},
    ]


def _row(flow: str, conversation: Conversation, turn: Turn, role: str) -> bodies.Body:
    return {
        "id": "",
        "role": role,
        "chatflowid": flow,
        "executionId": None,
        "content": "",
        **dict.fromkeys(_EMPTY),
        "chatType": "EXTERNAL",
        "chatId": turn.inputs.get("chatId"),
        "memoryType": "Buffer Memory",
        "sessionId": conversation.id,
        "createdDate": _date(turn.created_at),
        "leadEmail": None,
        "followUpPrompts": None,
        "execution": None,
    }


def _now() -> str:
    return _date(int(time.time()))


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))
