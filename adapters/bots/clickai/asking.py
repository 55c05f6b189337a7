"""The question to an app, and its answer as events: streamed or whole, whatever its kind."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from aiohttp import ClientResponse
from msgspec import Struct

from adapters.bots.clickai import wire
from adapters.bots.clickai.errors import Late
from adapters.bots.clickai.kinds import CHAT, Kind
from adapters.bots.clickai.objects import Inputs, Whole, WholeRun
from adapters.bots.clickai.transport import Transport, in_path
from adapters.bots.errors import Silent
from adapters.bots.patience import within


class Question(Struct, frozen=True, kw_only=True):
    """What an app is asked. ``files`` are references, as ``files.local`` makes them.

    ``query``, ``conversation_id`` and ``auto_generate_name`` are for chat apps only.
    """

    user: str
    inputs: Inputs = {}
    query: str = ""
    conversation_id: str = ""
    files: Sequence[Mapping[str, str]] = ()
    auto_generate_name: bool = False

    def private(self) -> tuple[str, ...]:
        """What must not stand in an error."""
        return (self.query, *map(str, self.inputs.values()))


class Asking:
    """Asks one kind of app."""

    def __init__(self, transport: Transport, kind: Kind) -> None:
        self.kind = kind
        self._transport = transport

    async def events(
        self, question: Question, *, stream: bool = True
    ) -> AsyncGenerator[wire.AppEvent | wire.Unknown]:
        """Ask, and yield the answer's events as they come, until there are no more.

        That there are no more does not say that the answer is whole; its events do. An ``error``
        event is yielded, for its ids, and then raised as Refused. A whole answer in one body is
        yielded as the events it stands for. Closing the iterator closes the connection.
        """
        transport, private = self._transport, question.private()
        limits = transport.limits
        times = limits.streaming() if stream else limits.within(limits.blocking)
        body = _body(self.kind, question, "streaming" if stream else "blocking")
        try:
            async with transport.request(
                "POST", self.kind.path, times, private, body=body
            ) as response:
                if response.content_type == "text/event-stream":
                    async for event in transport.events(response, private):
                        yield event
                else:
                    for told in await within(limits.blocking, self._whole(response)):
                        yield told
        except Silent as error:
            raise error if stream else Late(limits.blocking) from error

    async def stop(self, task_id: str, user: str) -> None:
        """Stop a running answer. ClickAI also says yes to a task it does not know."""
        path = self.kind.stop.format(in_path(task_id))
        await self._transport.tell("POST", path, {"user": user}, self._transport.limits.quick / 2)

    async def _whole(self, response: ClientResponse) -> tuple[wire.AppEvent, ...]:
        if self.kind.whole is Whole:
            return _as_events(await self._transport.decode(response, Whole))
        return _as_run(await self._transport.decode(response, WholeRun))


def _body(kind: Kind, question: Question, mode: str) -> dict[str, object]:
    body: dict[str, object] = {
        "inputs": question.inputs,
        "response_mode": mode,
        "user": question.user,
    }
    if kind is CHAT:
        body |= {
            "query": question.query,
            "conversation_id": question.conversation_id,
            "auto_generate_name": question.auto_generate_name,
        }
    if question.files:
        body["files"] = question.files
    return body


def _as_events(answer: Whole) -> tuple[wire.AppEvent, ...]:
    ids = {
        "conversation_id": answer.conversation_id,
        "message_id": answer.message_id or answer.id,
        "task_id": answer.task_id,
    }
    return (
        wire.Message(answer=answer.answer, **ids),
        wire.MessageEnd(metadata=answer.metadata, files=answer.files, **ids),
    )


def _as_run(run: WholeRun) -> tuple[wire.AppEvent, ...]:
    ids = {"workflow_run_id": run.workflow_run_id, "task_id": run.task_id}
    return wire.WorkflowStarted(**ids), wire.WorkflowFinished(data=run.data, **ids)
