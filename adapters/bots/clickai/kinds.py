"""The kinds of apps, and in what they differ."""

from enum import Enum

from msgspec import Struct

from adapters.bots.clickai import wire
from adapters.bots.clickai.objects import Whole, WholeRun
from adapters.bots.clickai.wire import AppEvent


class Ends(Enum):
    """What an event says about the end of an answer."""

    ANSWER = "answer"
    """The answer ends with it."""
    TEXT = "text"
    """The text is whole. Another event that ends the answer may follow, or have been the last."""


class Kind(Struct, frozen=True):
    """One kind of app: where it is asked and stopped, and which of its events end an answer.

    Whatever the kind, an ``error``, a pause and a failed or stopped workflow end it too.
    """

    name: str
    path: str
    stop: str
    whole: type[Whole] | type[WholeRun]
    ends: dict[type[AppEvent], Ends]
    remembers: bool = False
    """Has conversations, and a query beside the inputs."""


CHAT = Kind(
    "chat",
    "chat-messages",
    "chat-messages/{}/stop",
    Whole,
    # A chatflow's workflow_finished is behind message_end since 1.13 and was before it.
    {wire.MessageEnd: Ends.ANSWER, wire.WorkflowFinished: Ends.TEXT},
    remembers=True,
)
COMPLETION = Kind(
    "completion",
    "completion-messages",
    "completion-messages/{}/stop",
    Whole,
    {wire.MessageEnd: Ends.ANSWER},
)
WORKFLOW = Kind(
    "workflow",
    "workflows/run",
    "workflows/tasks/{}/stop",
    WholeRun,
    {wire.WorkflowFinished: Ends.ANSWER},
)

MODES = {
    "chat": CHAT,
    "agent-chat": CHAT,
    "advanced-chat": CHAT,
    "completion": COMPLETION,
    "workflow": WORKFLOW,
}
"""By what ``/info`` calls them."""

RUN_ON = frozenset({"advanced-chat", "workflow"})
"""Those that go on, and keep what they say, when whoever asked is gone (since 1.13)."""

FATAL: tuple[type[AppEvent], ...] = (wire.Error, wire.WorkflowPaused)
"""What ends an answer of any kind."""


def ends(kind: Kind, event: AppEvent) -> Ends | None:
    """What ``event`` says about the end of an answer of ``kind``."""
    if isinstance(event, FATAL):
        return Ends.ANSWER
    run = event.data if isinstance(event, wire.WorkflowFinished) else None
    if run and run.status in {"failed", "stopped"}:
        return Ends.ANSWER
    return kind.ends.get(type(event))
