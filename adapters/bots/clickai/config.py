"""What an operator says about one ClickAI app."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from adapters.bots.settings import Key, Seconds, address

Address = Annotated[str, address("https://api.clickai.io/v1")]


class Config(BaseModel):
    """One ClickAI app as a bot."""

    # Without this, a refused key would be printed in the error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["clickai"]
    base_url: Address = Field(
        default="https://api.clickai.io/v1",
        description="Where the app's API is, with its version: https://api.clickai.io/v1.",
    )
    api_key: Key = Field(
        description="The app's secret key, from Publish → API in ClickAI Studio.",
    )
    app: str = Field(
        default="",
        description="A name of your own for the app behind the key. Conversations belong to "
        "base_url and app: change it when the key is that of another app, and everyone starts "
        "anew; leave it when the key was only renewed, and conversations go on.",
    )
    mode: Literal["auto", "chat", "completion", "workflow"] = Field(
        default="auto",
        description="The kind of the app: chat (chatbots, agents and chatflows), completion or "
        "workflow. auto asks the server.",
    )
    inputs: dict[str, str | int | float | bool] = Field(
        default_factory=dict,
        description="Input variables of the app, sent with every message. In their texts {text} "
        "stands for the message, {locale} for the person's language, {user} for who asks.",
    )
    text_input: str = Field(
        default="",
        description="The input variable that takes the message, for completion and workflow apps. "
        "When empty: the first text variable of the app that is not under inputs.",
    )
    file_input: str = Field(
        default="",
        description="The input variable that takes a message's files, for completion and workflow "
        "apps. When empty: the first file or file-list variable of the app that is not under "
        "inputs.",
    )
    response_mode: Literal["streaming", "blocking"] = Field(
        default="streaming",
        description="streaming shows an answer as it is written; blocking waits for the whole. "
        "Agents can only stream.",
    )
    blocking_timeout: Seconds = Field(
        default=60,
        description="Seconds that a whole answer may take, with response_mode: blocking.",
    )
    idle_timeout: Seconds = Field(
        default=30,
        description="Seconds without a single byte after which an answer has failed. ClickAI may "
        "stay silent for ten seconds before it first says anything.",
    )
    content_timeout: Seconds = Field(
        default=300,
        description="Seconds with nothing but heartbeats after which an answer has failed.",
    )
    connect_timeout: Seconds = Field(
        default=10,
        description="Seconds until a connection must stand.",
    )
    auto_generate_name: bool = Field(
        default=False,
        description="Let ClickAI name each new conversation; costs it further model calls.",
    )

    suggestions: bool = Field(
        default=True,
        description="Offer questions to ask next behind each answer, where the app has that "
        "switched on; costs it a further model call.",
    )
    spoken_answers: bool = Field(
        default=False,
        description="Hand on what an answer sounds like as a file, where the app reads its "
        "answers out by itself.",
    )
    plan: Literal["none", "sandbox", "professional", "team", "enterprise"] = Field(
        default="none",
        description="What ClickAI was booked as: the gateway keeps within that plan's requests. "
        "none and enterprise know no limit of their own.",
    )
    requests_per_minute: int | None = Field(
        default=None,
        ge=0,
        description="Requests a minute, in place of the plan's; 0 is no limit. Bots with the same "
        "base_url and api_key share them.",
    )
    requests_per_day: int | None = Field(
        default=None,
        ge=0,
        description="Requests a day, in place of the plan's; 0 is no limit.",
    )
    studio_url: Address = Field(
        default="https://clickai.io",
        description="Where ClickAI Studio is, which knows what apps there are.",
    )
    studio_token: Key | None = Field(
        default=None,
        description="An access token of ClickAI Studio, for: chat-gateway bots list.",
    )
    workspace_id: str = Field(
        default="",
        validate_default=True,
        description="The workspace in ClickAI Studio whose apps are listed.",
    )

    @field_validator("workspace_id")
    @classmethod
    def _names_a_workspace(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("studio_token") and not value:
            raise ValueError(
                "write workspace_id, too: studio_token lists the apps of that workspace"
            )
        return value
