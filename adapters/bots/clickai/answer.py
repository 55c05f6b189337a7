"""From ClickAI's events to the gateway's: what one answer becomes."""

from collections.abc import Iterator

from adapters.bots.clickai import details, wire
from adapters.bots.clickai.forms import Waiting, content, remember, waiting
from adapters.bots.clickai.kinds import CHAT, Ends, Kind, ends
from adapters.bots.clickai.text import Change, Told
from adapters.bots.errors import ClientError
from gateway.model import (
    Choice,
    Choices,
    Done,
    Failed,
    Failure,
    Reference,
    ReplyEvent,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)

_NO_FORMS = (
    "the workflow waits for a form, and this server takes none over its API (/form/human_input)"
)


class Answer:
    """Follows one answer and says what each of its events is for the gateway. No I/O.

    ``conversation`` is the one it belongs to, as far as it is known before.
    """

    def __init__(self, kind: Kind = CHAT, conversation: str = "") -> None:
        self.ended = False
        """Done or Failed has been said; nothing more is of interest."""
        self.finished = False
        """The text is whole. The event that ends the answer need not be waited for long."""
        self.stopped = False
        """The gateway asked for the end: an empty answer is none to complain about."""
        self.paused: wire.Form | None = None
        """What a person must decide first: ``ask_person`` ends the answer."""
        self.reference = Reference()
        self._kind = kind
        self._conversation = conversation
        self._run = ""
        self._shown = False
        self._told = Told(kind)
        self._form = wire.Form()
        self._files: list[str] = []
        self._had_files = False
        self._steps: dict[str, wire.AgentThought] = {}

    @property
    def begun(self) -> bool:
        """Whether the server took the message: it has named or said something."""
        return self._shown or self.reference != Reference()

    def translate(self, event: wire.AppEvent) -> Iterator[ReplyEvent]:
        """What ``event`` is for the gateway: nothing, one event or several.

        Of an ``error`` only its ids are taken; the client raises it.
        """
        yield from self._refer(event)
        yield from self._show(self._told.take(event))
        match event:
            case wire.AgentThought():
                yield from self._step(event)
            case wire.NodeEvent():
                if said := details.status(event):
                    yield said
            case wire.MessageFile(url=str(url)) if event.belongs_to != "user":
                self._files.append(url)
                self._had_files = True
            case wire.HumanInputRequired():
                self._form = event.data or wire.Form()
            case wire.WorkflowPaused():
                self.paused = self._form
            case wire.MessageEnd():
                yield from self._conclude(event.metadata or wire.Metadata())
        yield from self._end(event)

    def new_files(self) -> list[str]:
        """The links of the files that have come since this was last asked."""
        found, self._files = self._files, []
        return found

    def add(self, text: str) -> Iterator[ReplyEvent]:
        """A paragraph that did not come as an event."""
        gap = "\n\n" if text and self._told else ""
        yield from self._show(self._told.add(gap + text))

    def ask_person(self, offered: bool) -> Iterator[ReplyEvent]:
        """End a paused answer with what a person is to choose from, where that is ``offered``."""
        form, waits = self._form, waiting(self._form, self._run)
        yield from self.add(content(form))
        if offered and waits.actions:
            yield from self._offer(form, waits)
        else:
            yield self._failed(Failure.MISCONFIGURED, _NO_FORMS)

    def fail(self, error: ClientError) -> ReplyEvent:
        """What ``error`` means. Only before the answer has ``ended``."""
        # It can only have struck what was to come behind the text.
        if self.finished:
            return self._done()
        retry_after = None if self._shown else error.retry_after
        return self._failed(error.failure, str(error), retry_after)

    def _refer(self, event: wire.AppEvent) -> Iterator[Reference]:
        known = self.reference
        self._run = event.workflow_run_id or self._run
        self._conversation = event.conversation_id or self._conversation
        self.reference = Reference(
            conversation=event.conversation_id or known.conversation,
            answer=event.message_id or known.answer or self._run,
            task=event.task_id or known.task,
        )
        if self.reference != known:
            yield self.reference

    def _show(self, change: Change | None) -> Iterator[ReplyEvent]:
        if change:
            self._shown = True
            yield TextReplace(change.text) if change.replaces else TextDelta(change.text)

    def _step(self, event: wire.AgentThought) -> Iterator[ReplyEvent]:
        key = event.id or ""
        before = self._steps.get(key) or wire.AgentThought()
        self._steps[key] = event
        if event.thought and len(event.thought) > len(before.thought or ""):
            yield Thought(event.thought)
        called = details.tools(before)
        for name in details.tools(event):
            if name not in called:
                yield ToolUse(name)
            if event.observation and not before.observation:
                yield ToolUse(name, finished=True)

    def _conclude(self, metadata: wire.Metadata) -> Iterator[ReplyEvent]:
        if metadata.usage:
            yield details.usage(metadata.usage)
        if metadata.retriever_resources:
            yield details.sources(metadata.retriever_resources)

    def _end(self, event: wire.AppEvent) -> Iterator[ReplyEvent]:
        end = ends(self._kind, event)
        if end is Ends.TEXT:
            self.finished = True
        elif end is Ends.ANSWER and not isinstance(event, wire.Error | wire.WorkflowPaused):
            yield self._last(event)

    def _last(self, event: wire.AppEvent) -> Done | Failed:
        match event:
            case wire.WorkflowFinished(data=wire.Run(status="failed")):
                return self._failed(Failure.UNAVAILABLE, "the workflow failed")
            case wire.WorkflowFinished(data=wire.Run(status="stopped")):
                self.stopped = True
        return self._done()

    def _offer(self, form: wire.Form, waits: Waiting) -> Iterator[ReplyEvent]:
        yield Reference(conversation=remember(self._conversation, waits))
        items = tuple(
            Choice(value=each.title or each.id, label=each.title or each.id)
            for each in form.actions or ()
        )
        yield Choices(form.node_title or "", items)
        self.ended = True
        yield Done()

    def _done(self) -> Done | Failed:
        if not self.stopped and not self._told:
            detail = "only a file came, which is not passed on" if self._had_files else ""
            return self._failed(Failure.EMPTY, detail)
        self.ended = True
        return Done()

    def _failed(self, failure: Failure, detail: str = "", retry: float | None = None) -> Failed:
        self.ended = True
        return Failed(failure, detail, retry)
