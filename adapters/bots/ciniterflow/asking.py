"""One question to the flow, with the files that go along, and its answer."""

from collections.abc import Iterator, Mapping
from contextlib import aclosing

from adapters.bots.ciniterflow import session
from adapters.bots.ciniterflow.answer import Answer
from adapters.bots.ciniterflow.client import Client
from adapters.bots.ciniterflow.errors import Refused
from adapters.bots.ciniterflow.facts import Facts, FlowFacts
from adapters.bots.ciniterflow.forms import Form
from adapters.bots.ciniterflow.relay import Events, FlowEvents, Relay
from adapters.bots.ciniterflow.session import Session
from adapters.bots.ciniterflow.uploads import Uploads
from adapters.bots.errors import ClientError
from gateway.model import (
    Ask,
    Done,
    Failed,
    Failure,
    Forgotten,
    Notice,
    Reference,
    ReplyEvent,
)
from gateway.ports import GatewayForBots

What = Mapping[str, object]
Inputs = Mapping[str, str]


class Gone(Exception):
    """What a person was asked to decide waits no longer, and nothing of an answer has come."""

    def __init__(self, error: Refused) -> None:
        super().__init__(str(error))
        self.forgotten = error.forgotten


class Asking:
    """Asks one flow. ``override`` is the operator's, and sent with every question."""

    def __init__(
        self,
        gateway: GatewayForBots,
        client: Client,
        facts: FlowFacts,
        relay: Relay,
        override: What,
    ) -> None:
        self._gateway = gateway
        self._client = client
        self._facts = facts
        self._relay = relay
        self._override = override
        self._running: dict[str, Answer] = {}

    def stop(self, chat: str) -> None:
        """Let the answer that runs in this chat end with its next event."""
        if answer := self._running.get(chat):
            answer.stopped = True

    async def turn(self, ask: Ask, here: Session | None, *, forgotten: bool) -> Events:
        """Ask, and yield the answer to its end. Raises Gone, and nothing else."""
        if forgotten:
            yield Forgotten()
        if not ask.text.strip() and not ask.attachments:
            yield _nothing()
            return
        try:
            facts = await self._facts.get()
        except ClientError as error:
            yield Failed(error.failure, str(error), error.retry_after)
            return
        there, what = (here or session.new()).step(ask.text, facts.form)
        if facts.form and not what:
            for event in self._request(facts.form, there, ask):
                yield event
            return
        answer = Answer(there.begun(ask.turn, busy=there.chat in self._running))
        # Before anything is awaited or yielded: another answer must not take the same chat.
        self._running[answer.run.chat] = answer
        try:
            async with aclosing(self._ask(ask, answer, what, facts)) as events:
                async for event in events:
                    yield event
        finally:
            del self._running[answer.run.chat]

    def _request(self, form: Form, there: Session, ask: Ask) -> Iterator[ReplyEvent]:
        yield Reference(there.encode())
        for attachment in ask.attachments:
            # The flow does not run yet, and nothing keeps the files until it does.
            yield Notice(self._gateway.text(ask.locale, "file.gone", name=attachment.name))
        yield from form.request(there.form or {}, self._gateway.text(ask.locale, "form.request"))
        yield Done()

    async def _ask(self, ask: Ask, answer: Answer, what: What, facts: Facts) -> Events:
        uploads = Uploads(self._gateway, self._client, facts.files)
        try:
            await uploads.add(ask, answer.run.chat)
        except ClientError as error:
            yield Failed(error.failure, str(error), error.retry_after)
            return
        what = _with(uploads, what)
        if what.get("question") == "":
            for notice in uploads.notices:
                yield notice
            yield _nothing()
            return
        answer.notices = uploads.notices
        # What is saved must say that a prediction runs, whatever becomes of it or of us.
        for reference in answer.refer():
            yield reference
        inputs = ask.conversation.inputs
        private = (ask.text, *uploads.private, *inputs.values())
        stream = self._predict(answer.run, what, facts.streaming, private, inputs)
        async with aclosing(self._follow(answer, stream)) as events:
            async for event in events:
                yield event

    async def _follow(self, answer: Answer, stream: FlowEvents) -> Events:
        try:
            async with aclosing(self._relay.read(answer, stream)) as events:
                async for event in events:
                    yield event
        except ClientError as error:
            if isinstance(error, Refused) and error.stale and not answer.begun:
                raise Gone(error) from None
            # Letting go of the connection may fail too, when all has been said.
            if not answer.ended:
                for event in answer.fail(error):
                    yield event

    def _predict(
        self, run: Session, what: What, streaming: bool, private: tuple[str, ...], inputs: Inputs
    ) -> FlowEvents:
        override = _with_variables(self._override, inputs)
        return self._client.predict(
            what,
            run.chat,
            run.id,
            override=override,
            streaming=streaming,
            private=(*private, *map(str, override.values())),
        )


def _with_variables(override: What, inputs: Inputs) -> What:
    """What is overridden, with the conversation's inputs as the flow's variables."""
    if not inputs:
        return override
    known = override.get("vars")
    return {**override, "vars": {**(known if isinstance(known, dict) else {}), **inputs}}


def _with(uploads: Uploads, what: What) -> What:
    if not str(what.get("question", "…")).strip():
        # A flow that is asked nothing is told "undefined".
        what = {**what, "question": uploads.names}
    return {**what, "uploads": uploads.taken} if uploads.taken else what


def _nothing() -> Failed:
    return Failed(Failure.REJECTED, "the message has neither text nor a file that the flow takes")
