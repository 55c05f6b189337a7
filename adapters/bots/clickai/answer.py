"""From ClickAI's events to the gateway's: what one answer becomes."""

from collections.abc import Iterator

from adapters.bots.clickai import wire
from adapters.bots.clickai.errors import ClientError
from gateway.model import (
    Done,
    Failed,
    Failure,
    Reference,
    ReplyEvent,
    Source,
    Sources,
    Status,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
    Usage,
)

_LONGEST_EXCERPT = 300
_LINKS = ("url", "source_url", "link", "source")


class Answer:
    """Follows one answer and says what each of its events is for the gateway. No I/O."""

    def __init__(self) -> None:
        self.ended = False
        """Done or Failed has been said; nothing more is of interest."""
        self.finished = False
        """The text is whole. The event that ends the answer need not be waited for long."""
        self.stopped = False
        """The gateway asked for the end: an empty answer is none to complain about."""
        self.reference = Reference()
        self._shown = False
        self._text: list[str] = []
        self._by_agent = False
        self._steps: dict[str, wire.AgentThought] = {}

    @property
    def begun(self) -> bool:
        """Whether the server took the message: it has named or said something."""
        return self._shown or self.reference != Reference()

    def translate(self, event: wire.ChatEvent) -> Iterator[ReplyEvent]:
        """What ``event`` is for the gateway: nothing, one event or several.

        Of an ``error`` only its ids are taken; the client raises it.
        """
        yield from self._refer(event)
        match event:
            case wire.Message():
                yield from self._message(event.answer or "")
            case wire.AgentMessage():
                self._by_agent = True
                yield from self._append(event.answer or "")
            case wire.MessageReplace():
                yield from self._replace(event.answer or "")
            case wire.AgentThought():
                yield from self._step(event)
            case wire.NodeStarted(data=wire.Node(title=str(title))) if title:
                yield Status(title)
            case wire.MessageEnd():
                yield from self._end(event.metadata or wire.Metadata())
            case wire.WorkflowFinished():
                yield from self._workflow_finished(event.data or wire.Run())
            case wire.WorkflowPaused():
                yield self._failed(Failure.INTERRUPTED, "the workflow waits for a form")

    def fail(self, error: ClientError) -> ReplyEvent:
        """What ``error`` means. Only before the answer has ``ended``."""
        # It can only have struck what was to come behind the text.
        if self.finished:
            return self._done()
        retry_after = None if self._shown else error.retry_after
        return self._failed(error.failure, str(error), retry_after)

    def _refer(self, event: wire.ChatEvent) -> Iterator[Reference]:
        known = self.reference
        self.reference = Reference(
            conversation=event.conversation_id or known.conversation,
            answer=event.message_id or known.answer,
            task=event.task_id or known.task,
        )
        if self.reference != known:
            yield self.reference

    def _message(self, text: str) -> Iterator[ReplyEvent]:
        so_far = "".join(self._text) if self._by_agent else ""
        # Behind an agent's words a message is the whole answer once more.
        if text.startswith(so_far):
            yield from self._append(text[len(so_far) :])
        elif text:
            yield from self._replace(text)

    def _append(self, text: str) -> Iterator[ReplyEvent]:
        if text:
            self._shown = True
            self._text.append(text)
            yield TextDelta(text)

    def _replace(self, text: str) -> Iterator[ReplyEvent]:
        self._shown = True
        self._text = [text]
        yield TextReplace(text)

    def _step(self, event: wire.AgentThought) -> Iterator[ReplyEvent]:
        key = event.id or ""
        before = self._steps.get(key) or wire.AgentThought()
        self._steps[key] = event
        if event.thought and len(event.thought) > len(before.thought or ""):
            yield Thought(event.thought)
        called = _tools(before)
        for name in _tools(event):
            if name not in called:
                yield ToolUse(name)
            if event.observation and not before.observation:
                yield ToolUse(name, finished=True)

    def _end(self, metadata: wire.Metadata) -> Iterator[ReplyEvent]:
        if metadata.usage:
            yield _usage(metadata.usage)
        if metadata.retriever_resources:
            yield Sources(tuple(_source(each) for each in metadata.retriever_resources))
        yield self._done()

    def _workflow_finished(self, run: wire.Run) -> Iterator[ReplyEvent]:
        if run.status == "failed":
            yield self._failed(Failure.UNAVAILABLE, "the workflow failed")
        elif run.status == "stopped":
            self.stopped = True
            yield self._done()
        else:
            self.finished = True

    def _done(self) -> Done | Failed:
        if not self.stopped and not any(self._text):
            return self._failed(Failure.EMPTY)
        self.ended = True
        return Done()

    def _failed(self, failure: Failure, detail: str = "", retry: float | None = None) -> Failed:
        self.ended = True
        return Failed(failure, detail, retry)


def _tools(step: wire.AgentThought) -> dict[str, None]:
    return dict.fromkeys(name for name in (step.tool or "").split(";") if name)


def _usage(usage: wire.Usage) -> Usage:
    return Usage(
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
        price=str(usage.total_price or ""),
        currency=usage.currency or "",
    )


def _source(resource: wire.Resource) -> Source:
    facts = resource.doc_metadata or {}
    links = (facts.get(key) for key in _LINKS)
    url = next((x for x in links if isinstance(x, str) and x.startswith(("http:", "https:"))), "")
    return Source(resource.document_name or "", url, _excerpt(resource.content or ""))


def _excerpt(content: str) -> str:
    text = " ".join(content[: 4 * _LONGEST_EXCERPT].split())
    return text if len(text) <= _LONGEST_EXCERPT else text[: _LONGEST_EXCERPT - 1].rstrip() + "…"
