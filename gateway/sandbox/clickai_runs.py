"""The sandbox's answers on their way: asked for, streamed or whole, stopped."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from uuid import uuid4

from aiohttp import web

from gateway.sandbox import bodies
from gateway.sandbox.answers import Answer, Ending
from gateway.sandbox.bodies import Ids
from gateway.sandbox.clickai_apps import App, Mode, app_for
from gateway.sandbox.clickai_chatflow import ChatflowVoice
from gateway.sandbox.clickai_files import Store
from gateway.sandbox.clickai_flows import FlowVoice
from gateway.sandbox.clickai_forms import Approvals
from gateway.sandbox.clickai_made import made, spoken
from gateway.sandbox.clickai_manner import Manner, heard
from gateway.sandbox.clickai_refusals import conversation_not_here, named
from gateway.sandbox.clickai_voices import AgentVoice, Job, Voice
from gateway.sandbox.delivery import Delivery
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
_SILENCE = 300.0
_FAILURE = "[sandbox] The model could not be reached"
_NAMELESS = bodies.sse({"event": "error", "message": "", "status": 500})
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
    """Every answer that is being given. ``pace`` is in seconds per word."""

    def __init__(
        self, answer: Answerer, memory: Memory, files: Store, pace: float, ping_interval: float
    ) -> None:
        self.asked: deque[dict[str, str]] = deque(maxlen=_REMEMBERED_QUESTIONS)
        """What was asked, the latest last."""
        self.approvals = Approvals()
        self._answer = answer
        self._memory = memory
        self._files = files
        self._pace = pace
        self._ping_interval = ping_interval
        self._running: dict[str, tuple[str, Delivery]] = {}

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

    async def stop(self, request: web.Request) -> web.Response:
        """``POST /…/{task}/stop``. ClickAI answers the same, whoever asks and for whatever."""
        user = user_of(await read_json(request))
        owner, delivery = self._running.get(request.match_info["task"], ("", None))
        # A workflow is stopped by anyone.
        if delivery and (owner == user or "workflows" in request.path):
            delivery.stopped.set()
        return bodies.plain({"result": "success"})

    async def resume(self, request: web.Request, voice: Voice) -> web.StreamResponse:
        """Say what was held back until a form was submitted."""
        delivery = Delivery(request, self._ping_interval)
        return await self._deliver(delivery, voice, opening=())

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
            voice = _VOICES[app.mode](self._begin(request, app, user, payload))
        except Refusal as refusal:
            # Since 1.13 a workflow that streams is begun elsewhere, and nobody hears it fail.
            if not (app.flows and streams and refusal.is_of_the_run):
                raise
            return await Delivery(request, self._ping_interval).hang(_SILENCE)
        if streams:
            return await self._stream(request, user, voice)
        return await self._block(request, voice)

    def _begin(self, request: web.Request, app: App, user: str, payload: Payload) -> Job:
        chat = payload if isinstance(payload, ChatRequestPayload) else None
        query = app.query(payload.inputs, chat.query if chat else "").replace("\0", "")
        if chat and not query:
            raise Refusal(400, "invalid_param", "query is required")
        owner, home = app.owner(user), self._home(request, app, user, chat)
        earlier = [turn.query for turn in home.turns] if home else []
        bare, manner = heard(query)
        said = self._answer(bare, earlier)
        self._refuse(said, query, user, home)
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

    async def _stream(self, request: web.Request, user: str, voice: Voice) -> web.StreamResponse:
        delivery, task = Delivery(request, self._ping_interval), voice.job.ids.task
        self._running[task] = (user, delivery)
        try:
            if voice.flows:
                await delivery.send(bodies.PING)
            if isinstance(voice, ChatflowVoice) and voice.job.app.approval:
                await _send(delivery, self.approvals.ask(voice))
                return await delivery.finish()
            return await self._deliver(delivery, voice, voice.opening())
        finally:
            del self._running[task]

    async def _deliver(
        self, delivery: Delivery, voice: Voice, opening: Iterable[bytes]
    ) -> web.StreamResponse:
        job = voice.job
        if job.manner.nameless:
            await delivery.send(_NAMELESS)
            return await delivery.hang(_SILENCE)
        await _send(delivery, opening)
        said = [word async for word in self._say(delivery, voice)]
        if delivery.stopped.is_set():
            await _send(delivery, voice.stopped())
        elif job.answer.ending is Ending.SILENCE:
            return await delivery.hang(_SILENCE)
        elif job.answer.ending is Ending.CUT:
            return delivery.cut()
        elif job.answer.ending is Ending.FAILURE:
            self._memory.answer(job.turn, "", _FAILURE)
            await _send(delivery, voice.failed(_FAILURE))
            return await delivery.finish()
        else:
            await _send(delivery, voice.ending())
            if job.manner.aloud:
                await _send(delivery, spoken(job.ids))
        self._memory.answer(job.turn, "".join(said))
        return await delivery.finish()

    async def _say(self, delivery: Delivery, voice: Voice) -> AsyncIterator[str]:
        for word in voice.job.words():
            if not await delivery.pause(self._pause(voice.job)):
                return
            await delivery.send(voice.word(word))
            yield word

    async def _block(self, request: web.Request, voice: Voice) -> web.StreamResponse:
        job = voice.job
        if job.app.approval:
            raise Refusal(400, "invalid_param", "queue listening stopped unexpectedly.")
        await asyncio.sleep(self._pause(job) * len(job.words()))
        match job.answer.ending:
            case Ending.SILENCE:
                await asyncio.sleep(_SILENCE)
            case Ending.CUT:
                return Delivery(request, self._ping_interval).cut()
            case Ending.FAILURE:
                self._memory.answer(job.turn, "", _FAILURE)
                return voice.whole_failed(_FAILURE)
        self._memory.answer(job.turn, job.answer.text)
        return voice.whole()

    def _pause(self, job: Job) -> float:
        return self._pace if job.answer.pace is None else job.answer.pace


def _suffixes(said: Answer, manner: Manner) -> Iterator[str]:
    if said.ending is Ending.FILE:
        yield ".txt"
    if manner.picture:
        yield ".png"


async def _send(delivery: Delivery, events: Iterable[bytes]) -> None:
    for event in events:
        await delivery.send(event)
