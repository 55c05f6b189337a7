"""The answers that the client hands out: whole, or chunk by chunk."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing
from typing import Self

from msgspec import Struct

from adapters.bots.clickai import wire
from adapters.bots.clickai.errors import Refused, RunFailed
from adapters.bots.clickai.form import Form
from adapters.bots.clickai.kinds import Ends, Kind, ends
from adapters.bots.clickai.text import Told
from adapters.bots.errors import BrokenOff, ClientError

Events = AsyncGenerator[wire.AppEvent | wire.Unknown]


class Reply(Struct):
    """An answer, or as much of it as there is so far.

    Of a workflow, ``answer`` is the text of its ``outputs`` unless it has streamed text, and
    ``form`` is what it asks a person before it goes on, with ``status`` paused.
    """

    answer: str = ""
    conversation_id: str = ""
    message_id: str = ""
    task_id: str = ""
    workflow_run_id: str = ""
    status: str = ""
    outputs: dict[str, object] = {}
    metadata: wire.Metadata | None = None
    form: Form | None = None


class Chunk(Struct, frozen=True):
    """A piece of an answer. One that ``replaces`` takes the place of all before it."""

    answer: str
    replaces: bool = False
    conversation_id: str = ""
    message_id: str = ""
    task_id: str = ""


class Chunks:
    """An answer as it comes: ``async for chunk in chunks``. May be awaited first, for itself.

    Iterating raises a ClientError where the answer fails.
    """

    def __init__(self, kind: Kind, events: Events) -> None:
        self._reply = Reply()
        self._kind = kind
        self._events = events
        self._told = Told(kind)

    @property
    def reply(self) -> Reply:
        """What there is so far."""
        self._reply.answer = self.answer
        return self._reply

    @property
    def answer(self) -> str:
        """The text so far."""
        return str(self._told)

    @property
    def conversation_id(self) -> str:
        """The conversation, as soon as it is known."""
        return self._reply.conversation_id

    def __await__(self) -> Generator[object, None, Self]:
        return self
        yield  # an iterator, that has nothing to wait for

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        whole = False
        async with aclosing(self._events) as events:
            try:
                async for event in events:
                    if isinstance(event, wire.Unknown | wire.Error):
                        continue
                    if chunk := self._take(event):
                        yield chunk
                    end = ends(self._kind, event)
                    whole = whole or end is not None
                    if end is Ends.ANSWER:
                        return
            except ClientError:
                # What strikes behind the whole text takes nothing from it.
                if not whole:
                    raise
        if not whole:
            raise BrokenOff("the stream ended before the answer")

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._events.aclose()

    def _take(self, event: wire.AppEvent) -> Chunk | None:
        reply, change = self._reply, self._told.take(event)
        _identify(reply, event)
        match event:
            case wire.MessageEnd():
                reply.metadata = event.metadata
            case wire.HumanInputRequired():
                reply.form = event.data
            case wire.WorkflowPaused():
                reply.status = "paused"
            case wire.WorkflowFinished(data=run) if run:
                _finish(reply, run)
        if change is None:
            return None
        ids = (reply.conversation_id, reply.message_id, reply.task_id)
        return Chunk(change.text, change.replaces, *ids)


class Pending:
    """A whole answer: ``await pending``. Raises a ClientError when it fails.

    An app that cannot answer whole is asked for a stream instead, which is then waited for.
    """

    def __init__(self, kind: Kind, ask: Callable[[bool], Events]) -> None:
        self._kind = kind
        self._ask = ask

    def __await__(self) -> Generator[object, None, Reply]:
        return self._gather().__await__()

    async def _gather(self) -> Reply:
        try:
            return await self._gathered(stream=False)
        except Refused as error:
            if not error.only_streams:
                raise
        return await self._gathered(stream=True)

    async def _gathered(self, *, stream: bool) -> Reply:
        chunks = Chunks(self._kind, self._ask(stream))
        async for _ in chunks:
            pass
        return chunks.reply


def _identify(reply: Reply, event: wire.AppEvent) -> None:
    reply.conversation_id = event.conversation_id or reply.conversation_id
    reply.message_id = event.message_id or reply.message_id
    reply.task_id = event.task_id or reply.task_id
    reply.workflow_run_id = event.workflow_run_id or reply.workflow_run_id


def _finish(reply: Reply, run: wire.Run) -> None:
    reply.status = run.status or ""
    reply.outputs = run.outputs or {}
    if run.status == "failed":
        raise RunFailed(run.error or "")
