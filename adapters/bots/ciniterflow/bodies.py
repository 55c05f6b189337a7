"""CiniterFlow's JSON bodies: an answer in one piece, and what its other routes say."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.bots.ciniterflow import wire


class Prediction(Struct, frozen=True, rename="camel"):
    """A whole answer. ``json`` takes the place of ``text`` when the output is structured."""

    text: object = None
    json: Raw | UnsetType = UNSET
    chat_id: str | None = None
    chat_message_id: str | None = None
    session_id: str | None = None
    used_tools: list[wire.Tool | None] | None = None
    source_documents: list[wire.Document | None] | None = None
    artifacts: list[wire.Artifact | None] | None = None
    file_annotations: list[wire.FileAnnotation | None] | None = None
    follow_up_prompts: object = None
    action: wire.Action | None = None

    def events(self) -> Iterator[wire.FlowEvent]:
        """The same answer as events."""
        yield wire.UsedTools(data=self.used_tools)
        yield wire.Token(data=self._whole_text())
        yield wire.Artifacts(data=self.artifacts)
        yield wire.FileAnnotations(data=self.file_annotations)
        yield wire.SourceDocuments(data=self.source_documents)
        yield wire.Metadata(
            data=wire.About(self.chat_message_id, self.follow_up_prompts, self.action)
        )
        yield wire.End()

    def _whole_text(self) -> str:
        if isinstance(self.text, str):
            return self.text
        if self.text is not None:
            return _fenced(msgspec.json.encode(self.text))
        return _fenced(bytes(self.json)) if isinstance(self.json, Raw) else ""


def _fenced(value: bytes) -> str:
    return f"```json\n{msgspec.json.format(value, indent=2).decode()}\n```"


class ErrorBody(Struct, frozen=True):
    """A refusal: ``message`` from most routes, ``error`` from those that need a key."""

    message: str | None = None
    error: str | None = None


class Streaming(Struct, frozen=True, rename="camel"):
    """Whether a flow can answer word by word."""

    is_streaming: bool | None = None


class SizeAndTypes(Struct, frozen=True, rename="camel"):
    """Media types, and how many megabytes a file of them may have."""

    file_types: list[str] | None = None
    max_upload_size: float | None = None


class Uploads(Struct, frozen=True, rename="camel"):
    """What images and recordings a flow takes."""

    is_image_upload_allowed: bool | None = None
    is_speech_to_text_enabled: bool | None = None
    img_upload_size_and_types: list[SizeAndTypes] | None = None


class FullFileUpload(Struct, frozen=True, rename="camel"):
    """Whether a flow reads documents, and of which media types: a list with commas."""

    status: bool | None = None
    allowed_upload_file_types: str | None = None


class Option(Struct, frozen=True):
    """One value of a field that offers some."""

    option: str | None = None


class Field(Struct, frozen=True, rename="camel"):
    """One field of a form; ``type`` is string, number, boolean or options."""

    name: str | None = None
    label: str | None = None
    type: str | None = None
    add_options: list[Option] | str | None = None


class StartInputs(Struct, frozen=True, rename="camel"):
    """How an agentflow wants to be started: chatInput or formInput."""

    start_input_type: str | None = None
    form_title: str | None = None
    form_description: str | None = None
    form_input_types: list[Field] | str | None = None


class NodeData(Struct, frozen=True):
    """What a node is; of all nodes but the first only the name is read."""

    name: str | None = None
    inputs: Raw = Raw(b"{}")


class FlowNode(Struct, frozen=True):
    """A node of a flow."""

    data: NodeData | None = None


class FlowData(Struct, frozen=True):
    """A flow's definition: prompts and addresses, of which nothing is kept."""

    nodes: list[FlowNode] | None = None


class PublicConfig(Struct, frozen=True, rename="camel"):
    """What a flow says before it is asked, and, as JSON in a text, its definition."""

    welcome_message: str | None = None
    starter_prompts: object = None
    uploads: Uploads | None = None
    full_file_upload: FullFileUpload | None = None
    flow_data: str | None = None


class Feedback(Struct, frozen=True):
    """A rating as it was kept."""

    id: str


class Lead(Struct, frozen=True):
    """A contact as it was kept."""

    id: str


class Uploaded(Struct, frozen=True, rename="camel"):
    """A file, and the text that was found in it."""

    name: str
    mime_type: str | None = None
    size: int | None = None
    content: str | None = None


class StoredMessage(Struct, frozen=True, rename="camel"):
    """One message of a conversation; ``role`` is userMessage or apiMessage."""

    id: str
    role: str
    content: str = ""
    chat_id: str | None = None
    session_id: str | None = None
    created_date: str | None = None
    used_tools: list[wire.Tool | None] | None = None
    source_documents: list[wire.Document | None] | None = None
    artifacts: list[wire.Artifact | None] | None = None
    file_annotations: list[wire.FileAnnotation | None] | None = None
    follow_up_prompts: object = None
    action: wire.Action | None = None

    def events(self) -> Iterator[wire.FlowEvent]:
        """An answer as events."""
        whole = Prediction(
            text=self.content,
            chat_message_id=self.id,
            used_tools=self.used_tools,
            source_documents=self.source_documents,
            artifacts=self.artifacts,
            file_annotations=self.file_annotations,
            follow_up_prompts=self.follow_up_prompts,
            action=self.action,
        )
        return whole.events()

    @property
    def created_at(self) -> float | None:
        """When it was said, in seconds since the epoch."""
        try:
            return datetime.fromisoformat(self.created_date or "").timestamp()
        except ValueError:
            return None


class Version(Struct, frozen=True):
    """Which CiniterFlow it is."""

    version: str


def start_inputs(flow_data: str | None) -> StartInputs:
    """How the flow wants to be started. Never raises: an unreadable definition has no form."""
    try:
        flow = msgspec.json.decode(flow_data or "{}", type=FlowData)
        nodes = [node.data for node in flow.nodes or () if node.data]
        start = next((each for each in nodes if each.name == "startAgentflow"), NodeData())
        return msgspec.json.decode(start.inputs, type=StartInputs)
    except msgspec.DecodeError:
        return StartInputs()
