"""From ClickAI's events to the gateway's: what one answer becomes."""

from collections.abc import Collection, Iterator

from adapters.bots.clickai import details, wire
from adapters.bots.clickai.form import Form
from adapters.bots.clickai.forms import Waiting, content, fields, remember, waiting
from adapters.bots.clickai.kinds import CHAT, Ends, Kind, ends
from adapters.bots.clickai.made import Made, MadeFiles
from adapters.bots.clickai.speech import Spoken
from adapters.bots.clickai.text import Change, Told
from adapters.bots.errors import ClientError
from gateway.model import (
    Attachment,
    Choice,
    Choices,
    Done,
    Failed,
    Failure,
    File,
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

    ``conversation`` is the one it belongs to, as far as it is known before; ``uploaded`` are the
    ids of the person's own files. With ``aloud`` it is not over before it has been spoken.
    """

    def __init__(
        self,
        kind: Kind = CHAT,
        conversation: str = "",
        uploaded: Collection[str] = (),
        *,
        aloud: bool = False,
    ) -> None:
        self.whole = False
        """The text is whole. The event that ends the answer need not be waited for long."""
        self.stopped = False
        """The gateway asked for the end: an empty answer is none to complain about."""
        self.paused: Form | None = None
        """What a person must decide first: ``ask_person`` ends the answer."""
        self.speech = Spoken() if aloud else None
        self.message = ""
        """The answer's own name, where the app keeps its answers."""
        self.reference = Reference()
        self._kind = kind
        self._conversation = conversation
        self._run = ""
        self._shown = False
        self._attached = False
        self._told = Told(kind)
        self._form = Form()
        self._made = MadeFiles(uploaded)
        self._new: list[Made] = []
        self._steps: dict[str, wire.AgentThought] = {}
        self._last: wire.AppEvent | None = None

    @property
    def begun(self) -> bool:
        """Whether the server took the message: it has named or said something."""
        return self._shown or self.reference != Reference()

    @property
    def settled(self) -> bool:
        """Whether its end is known: what strikes behind it takes nothing away."""
        return self.whole or self._last is not None

    @property
    def over(self) -> bool:
        """Whether nothing more is of interest: ``end`` it, or ``ask_person``."""
        speaking = self.speech and self.whole and not (self.speech.ended or self.stopped)
        return self._last is not None and not speaking

    def translate(self, event: wire.AppEvent) -> Iterator[ReplyEvent]:
        """What ``event`` is for the gateway: nothing, one event or several.

        Of an ``error`` only its ids are taken; the client raises it.
        """
        yield from self._refer(event)
        yield from self._show(self._told.take(event))
        self._new += self._made.take(event)
        match event:
            case wire.AgentThought():
                yield from self._step(event)
            case wire.NodeEvent():
                if said := details.status(event):
                    yield said
            case wire.Speech() | wire.SpeechEnd() if self.speech:
                self.speech.take(event)
            case wire.HumanInputRequired():
                self._form = event.data or Form()
            case wire.WorkflowPaused():
                self.paused = self._form
            case wire.MessageEnd():
                yield from details.closing(event.metadata or wire.Metadata())
        self._note_end(event)

    def new_files(self) -> list[Made]:
        """The files that have come since this was last asked."""
        found, self._new = self._new, []
        return found

    def attach(self, attachment: Attachment) -> File:
        """A file of the answer, now that it is fetched."""
        self._shown = self._attached = True
        return File(attachment)

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
            yield Failed(Failure.MISCONFIGURED, _NO_FORMS)

    def end(self) -> Done | Failed:
        """How it ends, when everything has been shown."""
        match self._last:
            case wire.WorkflowFinished(data=wire.Run(status="failed")):
                return Failed(Failure.UNAVAILABLE, "the workflow failed")
        said = self._told or self._attached or self.stopped
        return Done() if said else Failed(Failure.EMPTY)

    def fail(self, error: ClientError) -> Failed:
        """What ``error`` means for an answer that is not ``settled``."""
        retry_after = None if self._shown else error.retry_after
        return Failed(error.failure, str(error), retry_after)

    def _refer(self, event: wire.AppEvent) -> Iterator[Reference]:
        known = self.reference
        self._run = event.workflow_run_id or self._run
        self._conversation = event.conversation_id or self._conversation
        self.message = event.message_id or self.message
        self.reference = Reference(
            conversation=event.conversation_id or known.conversation,
            answer=self.message or self._run,
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

    def _note_end(self, event: wire.AppEvent) -> None:
        end = ends(self._kind, event)
        if end is None or isinstance(event, wire.Error):
            return
        run = event.data if isinstance(event, wire.WorkflowFinished) else None
        if run and run.status == "stopped":
            self.stopped = True
        if end is Ends.ANSWER:
            self._last = event
        failed = run is not None and run.status == "failed"
        self.whole = self.whole or not (failed or isinstance(event, wire.WorkflowPaused))

    def _offer(self, form: Form, waits: Waiting) -> Iterator[ReplyEvent]:
        yield Reference(conversation=remember(self._conversation, waits))
        items = tuple(
            Choice(value=each.title or each.id, label=each.title or each.id)
            for each in form.actions or ()
        )
        yield Choices(
            form.node_title or "",
            items,
            fields=fields(form, waits.inputs),
            expires=form.expiration_time or 0,
        )
        yield Done()
