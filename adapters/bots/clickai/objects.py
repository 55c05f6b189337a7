"""ClickAI's JSON bodies, as far as they are read here. As with its events, anything may be missing.

What a request hands back to its caller is one of these.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from adapters.bots.clickai.wire import Metadata, Resource, Run

Inputs = Mapping[str, object]
FileType = Literal["image", "document", "audio", "video", "custom"]


class Whole(Struct, frozen=True):
    """The whole answer of a chat or completion app in one body."""

    answer: str
    id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    task_id: str | None = None
    metadata: Metadata | None = None
    files: list[dict[str, object]] | None = None


class WholeRun(Struct, frozen=True):
    """A whole run of a workflow app in one body. A failed one has ``data.status`` failed."""

    data: Run
    workflow_run_id: str | None = None
    task_id: str | None = None


class ErrorBody(Struct, frozen=True):
    """The body of a refusal. ``params`` names the parameter at fault in older versions."""

    code: str | None = None
    message: str | None = None
    params: str | None = None


class Variable(Struct, frozen=True):
    """An input variable of an app, as its form declares it."""

    variable: str
    label: str | None = None
    required: bool | None = None
    max_length: int | None = None
    options: list[str] | None = None
    allowed_file_types: list[str] | None = None
    allowed_file_extensions: list[str] | None = None
    allowed_file_upload_methods: list[str] | None = None


class FileUpload(Struct, frozen=True):
    """Which files an app takes with a message."""

    enabled: bool | None = None
    allowed_file_types: list[str] | None = None
    allowed_file_extensions: list[str] | None = None
    allowed_file_upload_methods: list[str] | None = None
    number_limits: int | None = None


class SystemParameters(Struct, frozen=True):
    """The server's limits for files, in megabytes, and for how many a variable takes."""

    image_file_size_limit: float | None = None
    video_file_size_limit: float | None = None
    audio_file_size_limit: float | None = None
    file_size_limit: float | None = None
    workflow_file_upload_limit: int | None = None


class Switch(Struct, frozen=True):
    """Something that an app has or has not."""

    enabled: bool | None = None


class Parameters(Struct, frozen=True):
    """What an app says before it is asked, and what it takes.

    ``user_input_form`` is a list of fields, each under its kind (``text-input``, ``paragraph``,
    ``select``, ``number``, ``file`` …).
    """

    opening_statement: str | None = None
    suggested_questions: list[str] | None = None
    user_input_form: list[dict[str, Variable]] | None = None
    file_upload: FileUpload | None = None
    system_parameters: SystemParameters | None = None
    suggested_questions_after_answer: Switch | None = None
    speech_to_text: Switch | None = None

    @property
    def suggests(self) -> bool:
        """Whether the app knows questions to ask behind an answer."""
        return self._has(self.suggested_questions_after_answer)

    @property
    def hears(self) -> bool:
        """Whether the app turns speech into text."""
        return self._has(self.speech_to_text)

    def _has(self, switch: Switch | None) -> bool:
        return bool(switch and switch.enabled)


class Info(Struct, frozen=True):
    """What an app is; ``mode`` is chat, agent-chat, advanced-chat, completion or workflow."""

    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    mode: str | None = None
    author_name: str | None = None


class Meta(Struct, frozen=True):
    """The icons of an app's tools: an address, or an emoji with its background."""

    tool_icons: dict[str, object] | None = None


class StoredMessage(Struct, frozen=True):
    """One question and its answer; ``status`` is ``error`` when the answer failed."""

    id: str
    conversation_id: str | None = None
    query: str | None = None
    answer: str | None = None
    status: str | None = None
    error: str | None = None
    created_at: int | None = None
    inputs: dict[str, object] | None = None
    feedback: dict[str, object] | None = None
    retriever_resources: list[Resource] | None = None
    message_files: list[dict[str, object]] | None = None


class MessageList(Struct, frozen=True):
    """A page of a conversation's messages, oldest first."""

    data: list[StoredMessage]
    has_more: bool | None = None
    limit: int | None = None


class Conversation(Struct, frozen=True):
    """One person's conversation with an app."""

    id: str
    name: str | None = None
    inputs: dict[str, object] | None = None
    status: str | None = None
    introduction: str | None = None
    created_at: int | None = None
    updated_at: int | None = None


class ConversationList(Struct, frozen=True):
    """A page of a person's conversations, the latest first."""

    data: list[Conversation]
    has_more: bool | None = None
    limit: int | None = None


class ConversationVariable(Struct, frozen=True):
    """What a chatflow remembers within a conversation."""

    id: str
    name: str | None = None
    value_type: str | None = None
    value: object = None
    description: str | None = None


class VariableList(Struct, frozen=True):
    """A page of a conversation's variables."""

    data: list[ConversationVariable]
    has_more: bool | None = None
    limit: int | None = None


class Suggested(Struct, frozen=True):
    """Questions that a person may want to ask next."""

    data: list[str]


class UploadedFile(Struct, frozen=True):
    """A file that ClickAI holds for one user of one app."""

    id: str
    name: str | None = None
    size: int | None = None
    extension: str | None = None
    mime_type: str | None = None
    created_by: str | None = None
    created_at: int | None = None


class Transcript(Struct, frozen=True):
    """What was said in a recording."""

    text: str


class Assistant(Struct, frozen=True):
    """An app of a workspace."""

    id: str
    name: str | None = None
    mode: str | None = None
    description: str | None = None
    created_at: int | None = None


class AssistantList(Struct, frozen=True):
    """A page of a workspace's apps."""

    data: list[Assistant]
    page: int | None = None
    page_size: int | None = None
    total: int | None = None
