"""CiniterFlow's wire formats: the events of an answer, as far as the gateway reads them.

Servers differ by version, so everything may be missing or null and whatever is not named here is
passed over, above all the traces of agentflows (``agentFlowExecutedData``): they hold the prompts
and are never decoded.
"""

from msgspec import Raw, Struct


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """What one step of an answer is."""


class Start(Event, frozen=True, kw_only=True, tag="start"):
    """The first token is about to come. Agentflows do without."""


class Token(Event, frozen=True, kw_only=True, tag="token"):
    """More text."""

    data: str = ""


class Thinking(Event, frozen=True, kw_only=True, tag="thinking"):
    """More of what a model is thinking."""

    data: str = ""


class Tool(Struct, frozen=True):
    """A tool's name, under either of two keys. What it was given and gave is not read."""

    tool: str | None = None
    name: str | None = None


class CalledTools(Event, frozen=True, kw_only=True, tag="calledTools"):
    """A model asks for tools."""

    data: list[Tool | None] | None = None


class UsedTools(Event, frozen=True, kw_only=True, tag="usedTools"):
    """Tools have answered."""

    data: list[Tool | None] | None = None


class Document(Struct, frozen=True, rename="camel"):
    """A piece of a document the answer rests on."""

    page_content: str | None = None
    metadata: dict[str, object] | None = None


class SourceDocuments(Event, frozen=True, kw_only=True, tag="sourceDocuments"):
    """What the answer rests on; from several nodes one after the other."""

    data: list[Document | None] | None = None


class Artifact(Struct, frozen=True):
    """Something a tool has made: ``type`` is a format such as png, html or json.

    ``data`` is what was made, or where it is kept: nothing tells the two apart but its looks.
    """

    type: str | None = None
    data: object = None
    name: str | None = None


class Artifacts(Event, frozen=True, kw_only=True, tag="artifacts"):
    """What tools have made; some servers repeat what they have sent before."""

    data: list[Artifact | None] | None = None


class FileAnnotation(Struct, frozen=True, rename="camel"):
    """A file the text refers to: where it is kept, and what it is called."""

    file_path: str | None = None
    file_name: str | None = None


class FileAnnotations(Event, frozen=True, kw_only=True, tag="fileAnnotations"):
    """The files the text refers to."""

    data: list[FileAnnotation | None] | None = None


class Reasoning(Struct, frozen=True, rename="camel"):
    """What one agent of several did."""

    agent_name: str | None = None
    used_tools: list[Tool | None] | None = None


class AgentReasoning(Event, frozen=True, kw_only=True, tag="agentReasoning"):
    """What the agents did so far: each time all of it."""

    data: list[Reasoning | None] | None = None


class NextAgent(Event, frozen=True, kw_only=True, tag="nextAgent"):
    """The agent whose turn it is."""

    data: str | None = None


class Node(Struct, frozen=True, rename="camel"):
    """A step of an agentflow; ``status`` is INPROGRESS, FINISHED, STOPPED or ERROR."""

    node_label: str | None = None
    status: str | None = None


class NextAgentFlow(Event, frozen=True, kw_only=True, tag="nextAgentFlow"):
    """A step of an agentflow has begun or ended."""

    data: Node | None = None


class AgentFlowEvent(Event, frozen=True, kw_only=True, tag="agentFlowEvent"):
    """How the whole agentflow is doing: INPROGRESS, FINISHED, STOPPED or ERROR."""

    data: str | None = None


class Element(Struct, frozen=True):
    """A button. Its type says whether it approves or rejects."""

    type: str | None = None
    label: str | None = None


class Place(Struct, frozen=True, rename="camel"):
    """The node that waits for a person."""

    node_id: str | None = None
    node_label: str | None = None


class Action(Struct, frozen=True):
    """A flow stopped and asks a person. Sequential agents leave out ``data``."""

    id: str | None = None
    elements: list[Element | None] | None = None
    mapping: Raw = Raw(b"{}")
    data: Place | None = None


class ActionEvent(Event, frozen=True, kw_only=True, tag="action"):
    """What the flow asks; again in the metadata."""

    data: Action | None = None


class Tokens(Struct, frozen=True):
    """What one call of a model cost."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class UsageMetadata(Event, frozen=True, kw_only=True, tag="usageMetadata"):
    """What one node cost."""

    data: Tokens | None = None


class About(Struct, frozen=True, rename="camel"):
    """What is known once the answer is whole. Follow-ups come in several forms."""

    chat_message_id: str | None = None
    follow_up_prompts: object = None
    action: Action | None = None


class Metadata(Event, frozen=True, kw_only=True, tag="metadata"):
    """The answer is whole. Missing after an error."""

    data: About | None = None


class Error(Event, frozen=True, kw_only=True, tag="error"):
    """The answer has failed; ``end`` follows."""

    data: str | None = None


class Abort(Event, frozen=True, kw_only=True, tag="abort"):
    """The answer was stopped; ``end`` may follow."""


class End(Event, frozen=True, kw_only=True, tag="end"):
    """Nothing more comes."""


class Unknown(Struct, frozen=True):
    """An event of a kind that was not there when this was written."""

    kind: str


FlowEvent = (
    Start
    | Token
    | Thinking
    | CalledTools
    | UsedTools
    | SourceDocuments
    | Artifacts
    | FileAnnotations
    | AgentReasoning
    | NextAgent
    | NextAgentFlow
    | AgentFlowEvent
    | ActionEvent
    | UsageMetadata
    | Metadata
    | Error
    | Abort
    | End
)
