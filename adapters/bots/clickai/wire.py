"""ClickAI's streams: the events its apps send, as far as they are read here.

Servers differ by version, so everything may be missing or null and whatever is not named here is
passed over.
"""

from msgspec import Struct

from adapters.bots.clickai.form import Form


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """What the events of one answer have in common."""

    conversation_id: str | None = None
    message_id: str | None = None
    task_id: str | None = None
    workflow_run_id: str | None = None


class Message(Event, frozen=True, kw_only=True, tag="message"):
    """More text; in new agent apps, at the end, the whole text."""

    answer: str | None = None


class AgentMessage(Event, frozen=True, kw_only=True, tag="agent_message"):
    """More text of an agent."""

    answer: str | None = None


class MessageReplace(Event, frozen=True, kw_only=True, tag="message_replace"):
    """Moderation: the text so far is to be replaced."""

    answer: str | None = None


class Text(Struct, frozen=True):
    """A piece of a workflow's text."""

    text: str | None = None


class TextChunk(Event, frozen=True, kw_only=True, tag="text_chunk"):
    """More text of a workflow app."""

    data: Text | None = None


class TextReplaced(Event, frozen=True, kw_only=True, tag="text_replace"):
    """The text so far of a workflow app is to be replaced."""

    data: Text | None = None


class MessageFile(Event, frozen=True, kw_only=True, tag="message_file"):
    """A file the app has made. ``url`` is signed, short-lived and perhaps without a host."""

    id: str | None = None
    type: str | None = None
    belongs_to: str | None = None
    url: str | None = None
    text: str | None = None


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
    total_tokens: int | None = None
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
    """The answer is whole. ``files`` may name the person's own, and those told of before."""

    metadata: Metadata | None = None
    files: list[dict[str, object]] | None = None


class Speech(Event, frozen=True, kw_only=True, tag="tts_message"):
    """More of what the answer sounds like: MP3 in Base64."""

    audio: str | None = None


class SpeechEnd(Event, frozen=True, kw_only=True, tag="tts_message_end"):
    """That was all of it; often behind the end of the answer."""

    audio: str | None = None


class Node(Struct, frozen=True):
    """A step of a workflow, a round of a loop, or what an agent within it logs."""

    title: str | None = None
    label: str | None = None
    index: int | None = None


class NodeEvent(Event, frozen=True, kw_only=True):
    """Something a workflow has come to."""

    data: Node | None = None


class NodeStarted(NodeEvent, frozen=True, kw_only=True, tag="node_started"):
    """A workflow has come to a step."""


class NodeRetry(NodeEvent, frozen=True, kw_only=True, tag="node_retry"):
    """A step has failed and is tried again."""


class IterationStarted(NodeEvent, frozen=True, kw_only=True, tag="iteration_started"):
    """A step that does the same for each of several things."""


class IterationNext(NodeEvent, frozen=True, kw_only=True, tag="iteration_next"):
    """It has come to the next."""


class LoopStarted(NodeEvent, frozen=True, kw_only=True, tag="loop_started"):
    """A step that does the same until something holds."""


class LoopNext(NodeEvent, frozen=True, kw_only=True, tag="loop_next"):
    """It does so once more."""


class AgentLog(NodeEvent, frozen=True, kw_only=True, tag="agent_log"):
    """What an agent within a workflow is at."""


class WorkflowStarted(Event, frozen=True, kw_only=True, tag="workflow_started"):
    """A workflow has begun; often the first event to carry the ids."""


class Run(Struct, frozen=True):
    """How a workflow ended: succeeded, partial-succeeded, failed, stopped or paused."""

    status: str | None = None
    error: str | None = None
    outputs: dict[str, object] | None = None
    files: list[dict[str, object]] | None = None
    total_tokens: int | None = None


class WorkflowFinished(Event, frozen=True, kw_only=True, tag="workflow_finished"):
    """A workflow has ended: before ``message_end`` up to 1.12, behind it since 1.13."""

    data: Run | None = None


class HumanInputRequired(Event, frozen=True, kw_only=True, tag="human_input_required"):
    """A workflow needs a person's decision."""

    data: Form | None = None


class WorkflowPaused(Event, frozen=True, kw_only=True, tag="workflow_paused"):
    """A workflow waits for a person to fill in a form. The stream ends here."""


class Error(Event, frozen=True, kw_only=True, tag="error"):
    """The answer has failed. Some versions send neither code nor ids nor a message."""

    code: str | None = None
    status: int | None = None
    message: str | None = None


class Unknown(Struct, frozen=True):
    """An event of a kind that no version known here sends; ``kind`` may be empty."""

    kind: str = ""


AppEvent = (
    Message
    | AgentMessage
    | MessageReplace
    | TextChunk
    | TextReplaced
    | MessageFile
    | AgentThought
    | MessageEnd
    | Speech
    | SpeechEnd
    | NodeStarted
    | NodeRetry
    | IterationStarted
    | IterationNext
    | LoopStarted
    | LoopNext
    | AgentLog
    | WorkflowStarted
    | WorkflowFinished
    | HumanInputRequired
    | WorkflowPaused
    | Error
)
