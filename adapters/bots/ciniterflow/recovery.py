"""The answer to a question whose asker died: CiniterFlow finishes it without us, and keeps it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import structlog

from adapters.bots.ciniterflow import session, wire
from adapters.bots.ciniterflow.answer import Answer
from adapters.bots.ciniterflow.bodies import StoredMessage
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.relay import Events, Relay
from adapters.bots.ciniterflow.session import Session
from adapters.bots.errors import ClientError
from adapters.bots.search import PATIENCE, SKEW, Unfinished, asks, search
from gateway.model import Answered, Ask
from gateway.ports import Bot

log = structlog.get_logger()


class Recovery:
    """Looks for answers in the history of one flow, which the key opens."""

    def __init__(self, bot: Bot, client: Client, relay: Relay) -> None:
        self._bot = bot
        self._client = client
        self._relay = relay

    async def events(self, ask: Ask, answered: Answered | None, since: float) -> Events:
        """The answer with its end, or nothing: then there is none, and none is to come."""
        here = session.decode(ask.conversation.reference)
        if not here:
            return
        try:
            found = await self._find(here, ask, answered, since - SKEW)
        except ClientError as error:
            log.warning(
                "ciniterflow.recovery_failed",
                bot=self._bot.name,
                turn=ask.turn,
                error=str(error),
            )
            return
        if found:
            async with aclosing(self._relay.read(Answer(here), _replayed(found))) as events:
                async for event in events:
                    yield event

    async def _find(
        self, here: Session, ask: Ask, answered: Answered | None, since: float
    ) -> StoredMessage | None:
        if answered:
            return _named(answered.answer, await self._client.history(chat=here.chat))
        # Without this the question had not gone out, or another answer was left to itself.
        if not here.running or here.turn != ask.turn:
            return None

        async def look() -> StoredMessage:
            found = _answer(await self._client.history(chat=here.chat), here, ask, since)
            if found is None:
                raise Unfinished
            return found

        return await search(look, PATIENCE)


def _named(name: str, rows: Sequence[StoredMessage]) -> StoredMessage | None:
    return next((row for row in rows if row.id == name), None)


def _answer(
    rows: Sequence[StoredMessage], here: Session, ask: Ask, since: float
) -> StoredMessage | None:
    """What follows the question, behind the last answer that was heard."""
    behind = next((n for n, row in enumerate(rows, 1) if here.last and row.id == here.last), 0)
    pairs = zip(rows[behind:], rows[behind + 1 :], strict=False)
    answers = (
        answer
        for question, answer in pairs
        if (question.role, answer.role) == ("userMessage", "apiMessage")
        and _is_it(question, here, ask, since)
    )
    return next(answers, None)


def _is_it(question: StoredMessage, here: Session, ask: Ask, since: float) -> bool:
    # A form's fields and a decision are kept in words of the server's.
    worded = here.pending or here.form is not None or asks(ask, question.content)
    return bool(worded) and (question.created_at or since) >= since


async def _replayed(answer: StoredMessage) -> AsyncGenerator[wire.FlowEvent]:
    for event in answer.events():
        yield event
