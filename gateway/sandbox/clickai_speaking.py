"""The sandbox's answers on their way: streamed or whole, stopped, heard by nobody."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any

from aiohttp import web

from gateway.sandbox import bodies
from gateway.sandbox.answers import Ending
from gateway.sandbox.clickai_chatflow import ChatflowVoice
from gateway.sandbox.clickai_flows import FlowVoice
from gateway.sandbox.clickai_forms import Approvals
from gateway.sandbox.clickai_made import spoken
from gateway.sandbox.clickai_records import Records
from gateway.sandbox.clickai_voices import Job, Voice
from gateway.sandbox.delivery import Delivery
from gateway.sandbox.memory import Memory
from gateway.sandbox.requests import Refusal, read_json, user_of

SILENCE = 300.0

FAILURE = "[sandbox] The model could not be reached"
_NAMELESS = bodies.sse({"event": "error", "message": "", "status": 500})


class Speaking:
    """Every answer that is being given. ``pace`` is in seconds per word.

    A workflow's goes on when its client is gone, and is kept; any other is lost then.
    """

    def __init__(self, memory: Memory, pace: float, ping_interval: float) -> None:
        self.approvals = Approvals()
        self.records = Records()
        self._memory = memory
        self._pace = pace
        self._ping_interval = ping_interval
        self._running: dict[str, tuple[str, Delivery]] = {}
        self._tasks: set[asyncio.Task[web.StreamResponse]] = set()

    async def leave(self, _: web.Application) -> None:
        """End the runs that nobody hears."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self, request: web.Request) -> web.Response:
        """``POST /…/{task}/stop``. ClickAI answers the same, whoever asks and for whatever."""
        user = user_of(await read_json(request))
        owner, delivery = self._running.get(request.match_info["task"], ("", None))
        # A workflow is stopped by anyone.
        if delivery and (owner == user or "workflows" in request.path):
            delivery.stopped.set()
        return bodies.plain({"result": "success"})

    async def hang(self, request: web.Request) -> web.StreamResponse:
        """Say nothing, for a run that failed where nobody hears it."""
        return await Delivery(request, self._ping_interval).hang(SILENCE)

    async def stream(self, request: web.Request, voice: Voice) -> web.StreamResponse:
        """Say it word by word."""
        delivery = Delivery(request, self._ping_interval, lasts=voice.flows)
        speaking = self._speak(delivery, voice)
        return await (self._apart(speaking) if voice.flows else speaking)

    async def resume(self, request: web.Request, voice: Voice) -> web.StreamResponse:
        """Say what was held back until a form was submitted."""
        delivery = Delivery(request, self._ping_interval, lasts=True)
        return await self._apart(self._deliver(delivery, voice, opening=()))

    async def block(self, request: web.Request, voice: Voice) -> web.StreamResponse:
        """Say it in one body."""
        job = voice.job
        if job.app.approval:
            raise Refusal(400, "invalid_param", "queue listening stopped unexpectedly.")
        self._note(voice, "running")
        await asyncio.sleep(self._pause(job) * len(job.words()))
        match job.answer.ending:
            case Ending.SILENCE:
                await asyncio.sleep(SILENCE)
            case Ending.CUT:
                return Delivery(request, self._ping_interval).cut()
            case Ending.FAILURE:
                self._fail(voice)
                return voice.whole_failed(FAILURE)
        self._keep(voice, voice.text(), "succeeded")
        return voice.whole()

    async def _apart(self, speaking: Coroutine[Any, Any, web.StreamResponse]) -> web.StreamResponse:
        task = asyncio.create_task(speaking)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _speak(self, delivery: Delivery, voice: Voice) -> web.StreamResponse:
        task = voice.job.ids.task
        self._running[task] = (voice.job.user, delivery)
        try:
            if voice.flows:
                await delivery.send(bodies.PING)
            if isinstance(voice, ChatflowVoice) and voice.job.app.approval:
                await _send(delivery, self.approvals.ask(voice))
                self._note(voice, "paused")
                return await delivery.finish()
            return await self._deliver(delivery, voice, voice.opening())
        finally:
            del self._running[task]

    async def _deliver(
        self, delivery: Delivery, voice: Voice, opening: Iterable[bytes]
    ) -> web.StreamResponse:
        if voice.job.manner.nameless:
            await delivery.send(_NAMELESS)
            return await delivery.hang(SILENCE)
        self._note(voice, "running")
        await _send(delivery, opening)
        said = "".join([word async for word in self._say(delivery, voice)])
        return await self._conclude(delivery, voice, said)

    async def _conclude(self, delivery: Delivery, voice: Voice, said: str) -> web.StreamResponse:
        ending = voice.job.answer.ending
        if delivery.stopped.is_set():
            await _send(delivery, voice.stopped())
            self._keep(voice, said, "stopped")
        elif ending is Ending.SILENCE:
            return await delivery.hang(SILENCE)
        elif ending is Ending.FAILURE:
            self._fail(voice)
            await _send(delivery, voice.failed(FAILURE))
        else:
            cut = delivery.cut() if ending is Ending.CUT else None
            if cut and not voice.flows:
                return cut
            await self._end(delivery, voice)
        return await delivery.finish()

    async def _end(self, delivery: Delivery, voice: Voice) -> None:
        await _send(delivery, voice.ending())
        if voice.job.manner.aloud:
            await _send(delivery, spoken(voice.job.ids))
        self._keep(voice, voice.text(), "succeeded")

    async def _say(self, delivery: Delivery, voice: Voice) -> AsyncIterator[str]:
        for word in voice.job.words():
            if not await delivery.pause(self._pause(voice.job)):
                return
            await delivery.send(voice.word(word))
            yield word

    def _keep(self, voice: Voice, text: str, status: str) -> None:
        self._memory.answer(voice.job.turn, text, extras=voice.job.extras())
        self._note(voice, status)

    def _fail(self, voice: Voice) -> None:
        self._memory.answer(voice.job.turn, "", FAILURE)
        self._note(voice, "failed", FAILURE)

    def _note(self, voice: Voice, status: str, error: str | None = None) -> None:
        if isinstance(voice, FlowVoice):
            self.records.note(voice, status, error)

    def _pause(self, job: Job) -> float:
        return self._pace if job.answer.pace is None else job.answer.pace


async def _send(delivery: Delivery, events: Iterable[bytes]) -> None:
    for event in events:
        await delivery.send(event)
