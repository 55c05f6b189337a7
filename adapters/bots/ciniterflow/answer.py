"""From CiniterFlow's events to the gateway's: what one answer becomes."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from adapters.bots.ciniterflow import session, wire
from adapters.bots.ciniterflow.artifacts import Artifacts, Made
from adapters.bots.ciniterflow.errors import Refused
from adapters.bots.ciniterflow.extras import Tools, sources, suggestions
from adapters.bots.errors import ClientError, Unreachable
from gateway.model import (
    Choice,
    Choices,
    Done,
    Failed,
    Failure,
    Notice,
    Reference,
    ReplyEvent,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    Thought,
    Usage,
)

_LONGEST_THOUGHT = 300


class Answer:
    """Follows one answer and says what each of its events is for the gateway. No I/O."""

    def __init__(self, run: session.Session) -> None:
        self.run = run
        """The conversation while this answer runs."""
        self.ended = False
        """Done or Failed has been said; nothing more is of interest."""
        self.finished = False
        """The answer is whole. The event that ends it need not be waited for long."""
        self.stopped = False
        """The gateway asked for the end: an empty answer is none to complain about."""
        self._files: list[Made] = []
        self.notices: Sequence[Notice] = ()
        """Said once, with the first event or with a failure that is not tried again."""
        self._referred = False
        self._shown = False
        self._thought = ""
        self._message = ""
        self._statuses: set[str] = set()
        self._tools = Tools()
        self._artifacts = Artifacts()
        self._spoke = False
        self._apart = False
        self._sources: dict[Source, None] = {}
        self._usage = Usage()
        self._pending: session.Pending | None = None

    @property
    def begun(self) -> bool:
        """Whether the person has seen something of the answer."""
        return self._shown

    def refer(self) -> Iterator[Reference]:
        """The conversation, once."""
        if not self._referred:
            self._referred = True
            yield Reference(self.run.encode(), task=self.run.chat)

    def files(self) -> list[Made]:
        """What came with the last event and is yet to be fetched; told once."""
        found, self._files = self._files, []
        return found

    def translate(self, event: wire.FlowEvent | wire.Unknown) -> Iterator[ReplyEvent]:
        """What ``event`` is for the gateway: nothing, one event or several.

        Errors are raised by the client and go to ``fail``.
        """
        yield from self.refer()
        yield from self._notify()
        if self.stopped and not isinstance(event, wire.Metadata | wire.Abort | wire.End):
            # The server goes on, so the conversation is left as one that still runs.
            self.ended = True
            yield Done()
            return
        match event:
            case wire.Token(data=text) if text:
                yield from self._say(text)
            case wire.Thinking(data=text) if text:
                yield from self._think(text)
            case wire.NextAgentFlow(data=wire.Node(node_label=str(label), status="INPROGRESS")):
                yield from self._status(label)
            case wire.NextAgent(data=str(label)):
                yield from self._status(label)
            case wire.CalledTools() | wire.UsedTools() | wire.AgentReasoning():
                yield from self._work(event)
            case wire.Artifacts() | wire.FileAnnotations():
                yield from self._collect(event)
            case wire.SourceDocuments(data=list(found)):
                yield from self._cite(found)
            case wire.ActionEvent(data=wire.Action() as action):
                yield from self._choose(action)
            case wire.UsageMetadata(data=wire.Tokens() as tokens):
                self._count(tokens)
            case wire.Metadata(data=about):
                yield from self._about(about or wire.About())
            case wire.Abort():
                self.stopped = True
                yield from self.end()
            case wire.End():
                yield from self.end()

    def end(self) -> Iterator[ReplyEvent]:
        """The server has nothing more to say."""
        self.ended = True
        if self._usage != Usage():
            yield self._usage
        there = self.run.ended(self._pending, self._message)
        yield Reference(there.encode(), answer=self._message)
        yield Done() if self._shown or self.stopped else Failed(Failure.EMPTY)

    def fail(self, error: ClientError) -> Iterator[ReplyEvent]:
        """What ``error`` means. Only before the answer has ``ended``."""
        if self.finished:
            yield from self.end()
            return
        self.ended = True
        # Nothing runs on at the server when it said no, or was never asked.
        if self._referred and isinstance(error, Refused | Unreachable):
            yield Reference(replace(self.run, running=False, turn="").encode())
        if self.stopped:
            yield Done()
            return
        if error.retry_after is None:
            yield from self._notify()
        failure = Failure.INTERRUPTED if _aborted(error) else error.failure
        yield Failed(failure, str(error), None if self._shown else error.retry_after)

    def _notify(self) -> Iterator[Notice]:
        yield from self.notices
        self.notices = ()

    def _say(self, text: str, *, apart: bool = False) -> Iterator[TextDelta]:
        gap = "\n\n" if self._spoke and (apart or self._apart) else ""
        self._shown, self._spoke, self._apart = True, True, apart
        yield TextDelta(gap + text)

    def _collect(self, event: wire.Artifacts | wire.FileAnnotations) -> Iterator[TextDelta]:
        for each in self._artifacts.found(event):
            if isinstance(each, str):
                yield from self._say(each, apart=True)
            else:
                self._shown = True
                self._files.append(each)

    def _think(self, text: str) -> Iterator[Thought]:
        # Models think in pieces of a word; what is shown is the line they are at.
        self._thought = (self._thought + text).rsplit("\n", 1)[-1][-_LONGEST_THOUGHT:]
        if self._thought.strip():
            yield Thought(self._thought.strip())

    def _status(self, label: str) -> Iterator[Status]:
        if label and label not in self._statuses:
            self._statuses.add(label)
            yield Status(label)

    def _work(
        self, event: wire.CalledTools | wire.UsedTools | wire.AgentReasoning
    ) -> Iterator[ReplyEvent]:
        match event:
            case wire.CalledTools():
                yield from self._tools.called(event.data)
            case wire.UsedTools():
                yield from self._tools.used(event.data)
            case wire.AgentReasoning():
                for agent in filter(None, event.data or ()):
                    yield from self._status(agent.agent_name or "")
                    yield from self._tools.used(agent.used_tools)

    def _cite(self, documents: list[wire.Document | None]) -> Iterator[Sources]:
        before = len(self._sources)
        self._sources.update(dict.fromkeys(sources(documents)))
        if len(self._sources) > before:
            yield Sources(tuple(self._sources))

    def _choose(self, action: wire.Action) -> Iterator[Choices]:
        buttons = session.choices(action)
        if not buttons or self._pending:
            return
        self._pending = session.pending(action)
        # The question itself was said as text; a flow that says none is named by its node.
        place = action.data or wire.Place()
        prompt = "" if self._shown else place.node_label or ""
        self._shown = True
        yield Choices(prompt, tuple(Choice(label, label) for _, label in buttons))

    def _count(self, tokens: wire.Tokens) -> None:
        self._usage = Usage(
            self._usage.prompt_tokens + (tokens.input_tokens or 0),
            self._usage.completion_tokens + (tokens.output_tokens or 0),
        )

    def _about(self, about: wire.About) -> Iterator[ReplyEvent]:
        self.finished = True
        self._message = about.chat_message_id or ""
        if about.action:
            yield from self._choose(about.action)
        if asked := suggestions(about.follow_up_prompts):
            yield Suggestions(asked)


def _aborted(error: ClientError) -> bool:
    return isinstance(error, Refused) and error.aborted
