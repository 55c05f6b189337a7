"""ClickAI's wire formats: what its chat API sends, as far as the gateway reads it.

Servers differ by version, so everything may be missing or null and whatever is not named here is
passed over.
"""

from typing import get_args

from msgspec import DecodeError, Struct, ValidationError, json


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """What the events of one answer have in common."""

    conversation_id: str | None = None
    message_id: str | None = None
    task_id: str | None = None


class Message(Event, frozen=True, kw_only=True, tag="message"):
    """More text; in new agent apps, at the end, the whole text."""

    answer: str | None = None


class AgentMessage(Event, frozen=True, kw_only=True, tag="agent_message"):
    """More text of an agent."""

    answer: str | None = None


class MessageReplace(Event, frozen=True, kw_only=True, tag="message_replace"):
    """Moderation: the text so far is to be replaced."""

    answer: str | None = None


class AgentThought(Event, frozen=True, kw_only=True, tag="agent_thought"):
    """A step of an agent, sent again under the same id as it fills in.

    ``tool`` may name several, with ``;`` between them.
    """

    id: str | None = None
    thought: str | None = None
    observation: str | None = None
    tool: str | None = None


class Usage(Struct, frozen=True):
    """What the answer cost."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_price: str | float | None = None
    currency: str | None = None


class Resource(Struct, frozen=True):
    """A piece of a document the answer rests on."""

    document_name: str | None = None
    content: str | None = None
    doc_metadata: dict[str, object] | None = None


class Metadata(Struct, frozen=True):
    """What is known once the answer is whole."""

    usage: Usage | None = None
    retriever_resources: list[Resource] | None = None


class MessageEnd(Event, frozen=True, kw_only=True, tag="message_end"):
    """The answer is whole."""

    metadata: Metadata | None = None


class Node(Struct, frozen=True):
    """A step of a workflow."""

    title: str | None = None


class NodeStarted(Event, frozen=True, kw_only=True, tag="node_started"):
    """A workflow has come to a step."""

    data: Node | None = None


class WorkflowStarted(Event, frozen=True, kw_only=True, tag="workflow_started"):
    """A workflow has begun; often the first event to carry the ids."""


class Run(Struct, frozen=True):
    """How a workflow ended: succeeded, partial-succeeded, failed or stopped."""

    status: str | None = None
    error: str | None = None


class WorkflowFinished(Event, frozen=True, kw_only=True, tag="workflow_finished"):
    """A workflow has ended: before ``message_end`` up to 1.12, behind it since 1.13."""

    data: Run | None = None


class WorkflowPaused(Event, frozen=True, kw_only=True, tag="workflow_paused"):
    """A workflow waits for a person to fill in a form. The stream ends here."""


class Error(Event, frozen=True, kw_only=True, tag="error"):
    """The answer has failed. Some versions send neither code nor ids nor a message."""

    code: str | None = None
    status: int | None = None
    message: str | None = None


class Ping(Event, frozen=True, kw_only=True, tag="ping"):
    """A heartbeat. ClickAI itself sends it as an event without data."""


ChatEvent = (
    Message
    | AgentMessage
    | MessageReplace
    | AgentThought
    | MessageEnd
    | NodeStarted
    | WorkflowStarted
    | WorkflowFinished
    | WorkflowPaused
    | Error
)


class Blocking(Struct, frozen=True):
    """The whole answer in one body."""

    answer: str
    conversation_id: str | None = None
    message_id: str | None = None
    task_id: str | None = None
    metadata: Metadata | None = None


class ErrorBody(Struct, frozen=True):
    """The body of a refusal. ``params`` names the parameter at fault in older versions."""

    code: str | None = None
    message: str | None = None
    params: str | None = None


class Parameters(Struct, frozen=True):
    """What an app says before it is asked."""

    opening_statement: str | None = None
    suggested_questions: list[str] | None = None


class MessageList(Struct, frozen=True):
    """A page of a conversation's messages, oldest first."""

    data: list["StoredMessage"]


class StoredMessage(Struct, frozen=True):
    """One question and its answer; ``status`` is ``error`` when the answer failed."""

    id: str
    answer: str | None = None
    status: str | None = None


class _Head(Struct, frozen=True):
    event: str = ""


_head = json.Decoder(_Head)
_decoders: dict[object, json.Decoder[ChatEvent | Ping]] = {
    kind.__struct_config__.tag: json.Decoder(kind, strict=False)
    for kind in (*get_args(ChatEvent), Ping)
}


def decode(data: str) -> ChatEvent | Ping | None:
    """One event of the stream; None when it is of a kind the gateway has no use for.

    Never raises. An event with a field of the wrong type counts as that event without any field,
    so that an oddly formed end or error still ends the answer.
    """
    try:
        decoder = _decoders.get(_head.decode(data).event)
        return decoder.decode(data) if decoder else None
    except ValidationError:
        return _bare(data)
    except DecodeError:
        return None


def _bare(data: str) -> ChatEvent | Ping | None:
    try:
        return _decoders[_head.decode(data).event].type()
    except (ValidationError, KeyError):
        return None
