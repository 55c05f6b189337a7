"""The answer to a question whose asker died: ClickAI keeps what it has said."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from adapters.bots.clickai import wire
from adapters.bots.clickai.answer import Answer
from adapters.bots.clickai.forms import recall
from adapters.bots.clickai.kinds import WORKFLOW, Kind
from adapters.bots.clickai.objects import StoredMessage
from adapters.bots.clickai.reader import Desk, Reader, Reply
from adapters.bots.errors import ClientError
from adapters.bots.search import PATIENCE, SKEW, Unfinished, asks, search
from gateway.model import Answered, Ask

_SHORT = 5.0
"""Seconds after the question, for apps that forget what they say when nobody listens: a short
answer may just have been whole. If its turn breaks off once more, nobody waits anew."""
_FEW = 5
_WHOLE = frozenset({"succeeded", "partial-succeeded"})

Events = tuple[wire.AppEvent, ...]

log = structlog.get_logger()


class Recovery:
    """Looks for one answer, by its own name or, without, by the question. Good for one."""

    def __init__(self, desk: Desk, ask: Ask, answered: Answered | None, since: float) -> None:
        self._desk = desk
        self._ask = ask
        self._named = answered.answer if answered else ""
        reference = answered.conversation if answered else ask.conversation.reference
        self._conversation, _ = recall(reference)
        self._since = since

    async def events(self) -> Reply:
        """The answer with its end, or nothing: then there is none, and none is to come."""
        try:
            kind = await self._desk.app.kind()
            found = await self._find(kind)
        except ClientError as error:
            log.warning(
                "clickai.recovery_failed",
                bot=self._desk.bot.name,
                turn=self._ask.turn,
                error=str(error),
            )
            return
        if not found:
            return
        answer = Answer(kind, self._conversation)
        reading = Reader(self._desk, self._ask).read(kind, answer, _replayed(found))
        async with aclosing(reading) as events:
            async for event in events:
                yield event

    async def _find(self, kind: Kind) -> Events | None:
        if kind.remembers:
            look = self._look_for_message
        elif kind is WORKFLOW and self._named:
            look = self._look_for_run
        else:
            return None
        return await search(look, await self._patience())

    async def _patience(self) -> float:
        if await self._desk.app.runs_on():
            return PATIENCE
        return min(_SHORT, self._since + _SHORT - time.time())

    async def _look_for_run(self) -> Events:
        found = await self._desk.client.workflow.retrieve(self._named)
        if found.status == "running":
            raise Unfinished
        if found.status not in _WHOLE:
            return ()
        return (wire.WorkflowFinished(data=found.run, workflow_run_id=self._named),)

    async def _look_for_message(self) -> Events:
        found = await self._message()
        if found is None or found.status not in {None, "normal"}:
            return ()
        if not found.answer:
            raise Unfinished
        return _said(found)

    async def _message(self) -> StoredMessage | None:
        for conversation in await self._conversations():
            page = await self._desk.client.messages.list(conversation, self._ask.user)
            if found := next(filter(self._is_it, reversed(page.data)), None):
                return found
        return None

    async def _conversations(self) -> list[str]:
        if self._conversation:
            return [self._conversation]
        latest = await self._desk.client.conversations.list(self._ask.user, limit=_FEW)
        since = self._since - SKEW
        return [each.id for each in latest.data if (each.updated_at or since) >= since]

    def _is_it(self, message: StoredMessage) -> bool:
        if self._named:
            return message.id == self._named
        recent = (message.created_at or 0) >= self._since - SKEW
        return recent and asks(self._ask, message.query)


def _said(message: StoredMessage) -> Events:
    """What was streamed, or would have been."""
    conversation, resources = message.conversation_id, message.retriever_resources
    return (
        wire.Message(answer=message.answer, conversation_id=conversation, message_id=message.id),
        wire.MessageEnd(
            metadata=wire.Metadata(retriever_resources=resources), files=message.message_files
        ),
    )


async def _replayed(events: Events) -> AsyncGenerator[wire.AppEvent]:
    for event in events:
        yield event
