"""What ClickAI takes, and how it says no."""

import json
from typing import Literal, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

P = TypeVar("P", bound=BaseModel)

_BAD_REQUEST = "The browser (or proxy) sent a request that this server could not understand."
_NOT_JSON = (
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
)
_LONGEST_USER = 255
_NO_KEY = "Authorization header must be provided and start with 'Bearer'"


class Refusal(Exception):
    """A request that is answered with an error.

    ``is_of_the_run`` says that it shows only when the answer is begun.
    """

    def __init__(
        self, status: int, code: str, message: str, *, is_of_the_run: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_of_the_run = is_of_the_run
        told = {"code": code, "message": message}
        # What crashes is told of by another part of the server.
        order = ("message", "code") if status == 500 else ("code", "message")
        self.body = {**{name: told[name] for name in order}, "status": status}


# The names of these classes stand in the errors that the server answers with.


class WorkflowRunPayload(BaseModel):
    """``POST /workflows/run``."""

    inputs: dict[str, object]
    response_mode: Literal["blocking", "streaming"] | None = None
    files: list[dict[str, object]] | None = None


class CompletionRequestPayload(WorkflowRunPayload):
    """``POST /completion-messages``."""


class ChatRequestPayload(BaseModel):
    """``POST /chat-messages``."""

    inputs: dict[str, object]
    query: str
    response_mode: Literal["blocking", "streaming"] | None = None
    conversation_id: str | None = None
    files: list[dict[str, object]] | None = None

    @field_validator("conversation_id")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        return _uuid(value, "conversation_id must be a valid UUID")


class ConversationListQuery(BaseModel):
    """``GET /conversations``."""

    limit: int = Field(default=20, ge=1, le=100)
    last_id: str = ""


class AssistantListQuery(BaseModel):
    """``GET /assistant/api/assistant/my-assistants``."""

    workspace_id: str = Field(min_length=1)
    page: int = Field(default=1, ge=1)
    page_size: int = Field(default=10, ge=1, le=100)
    mode: Literal["workflow", "agent-chat", "advanced-chat", "chat", "completion"] | None = None


class MessageListQuery(BaseModel):
    """``GET /messages``."""

    conversation_id: str
    limit: int = Field(default=20, ge=1, le=100)

    @field_validator("conversation_id")
    @classmethod
    def _is_uuid(cls, value: str) -> str:
        return _uuid(value, "must be a valid UUID") or ""


class ConversationRenamePayload(BaseModel):
    """``POST /conversations/{id}/name``."""

    name: str | None = None
    auto_generate: bool = False

    @model_validator(mode="after")
    def _has_name(self) -> "ConversationRenamePayload":
        if not self.auto_generate and not (self.name and self.name.strip()):
            raise ValueError("name is required when auto_generate is false")
        return self


class MessageFeedbackPayload(BaseModel):
    """``POST /messages/{id}/feedbacks``."""

    rating: Literal["like", "dislike"] | None = None


def check_key(request: web.Request) -> str:
    """The key. Any will do, except one that begins with ``bad``. Raises Refusal."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not key.strip():
        raise Refusal(401, "unauthorized", _NO_KEY)
    if key.strip().startswith("bad"):
        raise Refusal(401, "unauthorized", "Access token is invalid")
    return key.strip()


async def read_json(request: web.Request) -> dict[str, object]:
    """The body as an object. Raises Refusal."""
    if request.content_type != "application/json":
        raise Refusal(415, "unsupported_media_type", _NOT_JSON)
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Refusal(400, "bad_request", _BAD_REQUEST) from None
    return body if isinstance(body, dict) else {}


def user_of(values: dict[str, object]) -> str:
    """Who is asking, as text. Raises Refusal when nobody is named."""
    user = values.get("user")
    if user is None or user == "":
        raise Refusal(400, "invalid_param", "Arg user must be provided.")
    if len(str(user)) > _LONGEST_USER:
        raise Refusal(500, "unknown", "Internal Server Error")
    return str(user)


def validate(kind: type[P], values: dict[str, object]) -> P:
    """``values`` as a request. Raises Refusal with the validation's own text."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Refusal(400, "invalid_param", str(error)) from None


def _uuid(value: str | None, complaint: str) -> str | None:
    if not value:
        return None
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(complaint) from None
