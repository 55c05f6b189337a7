"""From a request to one of the sandbox's apps to an answer, or a refusal."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from uuid import uuid4

from aiohttp import web

from gateway.sandbox import bodies
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.bodies import Ids
from gateway.sandbox.clickai_apps import App, Mode, app_for
from gateway.sandbox.clickai_chatflow import ChatflowVoice
from gateway.sandbox.clickai_files import Store
from gateway.sandbox.clickai_flows import FlowVoice
from gateway.sandbox.clickai_knowledge import Knowledge
from gateway.sandbox.clickai_made import made
from gateway.sandbox.clickai_manner import Manner, heard
from gateway.sandbox.clickai_refusals import conversation_not_here, named
from gateway.sandbox.clickai_speaking import Speaking
from gateway.sandbox.clickai_voices import AgentVoice, Job, Voice
from gateway.sandbox.memory import Conversation, Memory
from gateway.sandbox.requests import (
    ChatRequestPayload,
    CompletionRequestPayload,
    Refusal,
    WorkflowRunPayload,
    read_json,
    user_of,
    validate,
)

Answerer = Callable[[str, Sequence[str]], Answer]
Payload = ChatRequestPayload | CompletionRequestPayload | WorkflowRunPayload

_REMEMBERED_QUESTIONS = 1_000
_BUSY = (
    "Too many requests. Please try again later. The current maximum concurrent requests allowed "
    "for {} is 1."
)
_CHATS_LIKE_IT = "/api/chat-messages or /v1/chat-messages/<string:task_id>/stop ?"
_VOICES: dict[Mode, type[Voice]] = {
    Mode.CHAT: Voice,
    Mode.COMPLETION: Voice,
    Mode.AGENT: AgentVoice,
    Mode.CHATFLOW: ChatflowVoice,
    Mode.WORKFLOW: FlowVoice,
}


class Runs:
    """Every question to the apps, answered by ``answer``; chats look it up in ``knowledge``."""

    def __init__(
        self,
        answer: Answerer,
        memory: Memory,
        files: Store,
        speaking: Speaking,
        knowledge: Knowledge | None,
    ) -> None:
        self.asked: deque[dict[str, str]] = deque(maxlen=_REMEMBERED_QUESTIONS)
        """What was asked, the latest last."""
        self._answer = answer
        self._memory = memory
        self._files = files
        self._speaking = speaking
        self._knowledge = knowledge

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """``POST /chat-messages``."""
        app = app_for(request, Mode.CHAT, Mode.AGENT, Mode.CHATFLOW)
        return await self._take(request, app, ChatRequestPayload)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """``POST /completion-messages``."""
        app = app_for(request, Mode.COMPLETION)
        return await self._take(request, app, CompletionRequestPayload)

    async def work(self, request: web.Request) -> web.StreamResponse:
        """``POST /workflows/run``."""
        app = app_for(request, Mode.WORKFLOW)
        return await self._take(request, app, WorkflowRunPayload)

    async def _take(
        self, request: web.Request, app: App, kind: type[Payload]
    ) -> web.StreamResponse:
        values = await read_json(request)
        user = user_of(values)
        payload = validate(kind, values)
        streams = payload.response_mode == "streaming"
        if not streams and app.mode is Mode.AGENT:
            raise Refusal(400, "invalid_param", "Agent Chat App does not support blocking mode")
        try:
            voice = _VOICES[app.mode](await self._begin(request, app, user, payload))
        except Refusal as refusal:
            # Since 1.13 a workflow that streams is begun elsewhere, and nobody hears it fail.
            if not (app.flows and streams and refusal.is_of_the_run):
                raise
            return await self._speaking.hang(request)
        if streams:
            return await self._speaking.stream(request, voice)
        return await self._speaking.block(request, voice)

    async def _begin(self, request: web.Request, app: App, user: str, payload: Payload) -> Job:
        chat = payload if isinstance(payload, ChatRequestPayload) else None
        query = app.query(payload.inputs, chat.query if chat else "").replace("\0", "")
        if chat and not query:
            raise Refusal(400, "invalid_param", "query is required")
        owner, home = app.owner(user), self._home(request, app, user, chat)
        earlier = [turn.query for turn in home.turns] if home else []
        bare, manner = heard(query)
        said = self._answer(bare, earlier)
        self._refuse(said, query, user, home)
        if self._knowledge and chat and said.looked_up:
            said = await self._knowledge.ground(said, bare)
        app.check_inputs(payload.inputs)
        given = [*(payload.files or ()), *app.given(payload.inputs)]
        query += self._files.shown(given, owner)
        turn = self._memory.ask(home.id if home else "", owner, query, payload.inputs)
        home = self._memory.home(turn)
        here = home.id if app.chats else ""
        run = str(uuid4()) if app.flows else ""
        ids = Ids(here, turn.id, str(uuid4()), turn.created_at, run)
        self._note(query, user, here)
        prompt = sum(len(bodies.words(text)) for text in (*earlier, query))
        language = str(home.variables.get("lang", "en"))
        files = made(*_suffixes(said, manner))
        return Job(app, ids, turn, said, prompt, user, len(home.turns), language, manner, files)

    def _home(
        self, request: web.Request, app: App, user: str, chat: ChatRequestPayload | None
    ) -> Conversation | None:
        if chat is None or not chat.conversation_id:
            return None
        found = self._memory.find(chat.conversation_id, app.owner(user))
        if found is None:
            raise conversation_not_here(request, _CHATS_LIKE_IT)
        return found

    def _refuse(self, said: Answer, query: str, user: str, home: Conversation | None) -> None:
        if said.ending in {Ending.BUSY, Ending.REFUSED}:
            self._note(query, user, home.id if home else "")
        if said.ending is Ending.BUSY:
            raise Refusal(400, "invalid_param", _BUSY.format(uuid4()))
        if said.ending is Ending.REFUSED:
            raise named(said.code)

    def _note(self, query: str, user: str, conversation: str) -> None:
        self.asked.append({"query": query, "user": user, "conversation_id": conversation})


def _suffixes(said: Answer, manner: Manner) -> Iterator[str]:
    if said.ending is Ending.FILE:
        yield ".txt"
    if manner.picture:
        yield ".png"
