"""What an operator says about one ChatAIBot bot."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.bots.settings import Seconds, Token, address

Address = Annotated[str, address("https://app.chataibot.io", api="/api/v1")]
Paths = Annotated[tuple[str, ...], Field(min_length=1)]

_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_FIELD = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Fields(BaseModel):
    """Where things stand in an event of the webhook: paths from the event, tried in order.

    The vendor's document does not show these events; whoever finds other names can say them here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    conversation: Paths = Field(
        default=(
            "payload.conversation.id",
            "payload.conversation_id",
            "payload.conversation_key",
            "payload.external_key",
            "payload.conversation.external_key",
            "conversation.id",
            "conversation_id",
        ),
        description="The conversation's ids. All that are there are tried.",
    )
    visitor: Paths = Field(
        default=(
            "payload.contact.visitor_key",
            "payload.visitor_key",
            "payload.visitor.visitor_key",
            "payload.user_external_id",
            "contact.visitor_key",
        ),
        description="The visitor, where an event does not name a conversation that is known.",
    )
    message: Paths = Field(
        default=("payload.message", "message"),
        description="The message, with its type and data.",
    )
    body: Paths = Field(
        default=("payload.message.data.body", "message.data.body"),
        description="The text of the message.",
    )
    sender: Paths = Field(
        default=(
            "payload.message.from.type",
            "payload.message.user.type",
            "payload.user.type",
            "payload.from.type",
            "message.from.type",
            "message.user.type",
            "user.type",
            "from.type",
        ),
        description="Who speaks: BOT, AGENT or VISITOR.",
    )
    message_id: Paths = Field(
        default=(
            "payload.message.id",
            "payload.message.message_id",
            "payload.message.key",
            "payload.message_id",
            "message.id",
            "message_id",
        ),
        description="The message's id: a second one with the same is the same message.",
    )
    created_at: Paths = Field(
        default=("payload.message.created_at", "payload.created_at", "created_at"),
        description="When it was said; orders the events of one request.",
    )
    status: Paths = Field(
        default=(
            "payload.conversation.status",
            "payload.status",
            "payload.is_closed",
            "payload.conversation.is_closed",
        ),
        description="Whether the conversation is closed, in events that are no messages.",
    )

    @field_validator("*")
    @classmethod
    def _are_paths(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_FIELD.fullmatch(value) for value in values):
            raise ValueError("must be names with dots between, such as payload.conversation.id")
        return values


class Config(BaseModel):
    """One ChatAIBot bot."""

    # Without this, a refused key would be printed in the error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["chataibot"]
    base_url: Address = Field(
        default="https://app.chataibot.io",
        description="Where ChatAIBot is. Its API is below /api/v1.",
    )
    token: Token = Field(
        description="The account's API token, sent as a bearer token.",
    )
    bot_key: str = Field(
        min_length=1,
        description="The bot's key, found on the trigger block of its flow.",
    )
    webhook_secret: Token = Field(
        min_length=16,
        description="The token that ChatAIBot sends with its events (Settings → Events); "
        "16 characters or more, of your own making.",
    )
    webhook_path: str = Field(
        default="",
        description="The path of the gateway that receives the events. When empty: "
        "/hooks/chataibot/ and the bot's name.",
    )
    variables: dict[str, str | int | float | bool] = Field(
        default_factory=dict,
        description="Conversation variables of the bot, sent when a conversation begins. In their "
        "texts {page}, {name}, {locale} and other facts of the channel stand for what they are.",
    )
    quiet_time: float = Field(
        default=60,
        ge=0,
        allow_inf_nan=False,
        description="Seconds after a message without an answer, until the person is told that it "
        "is still to come; 0 never tells them.",
    )
    fields: Fields = Field(
        default_factory=Fields,
        description="Where things stand in the webhook's events; see the vendor's Events page.",
    )
    request_timeout: Seconds = Field(
        default=15,
        description="Seconds until ChatAIBot must have taken a message.",
    )
    connect_timeout: Seconds = Field(
        default=10,
        description="Seconds until a connection must stand.",
    )

    @field_validator("webhook_path")
    @classmethod
    def _is_path(cls, value: str) -> str:
        if value and not _PATH.fullmatch(value):
            raise ValueError("must be a path such as /hooks/chataibot/helper")
        return value
