"""The configuration of one Slack app."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

PROMPTS_MOST = 4
NAME_LONGEST = 35
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")
_BOT = re.compile(r"[ABUW][A-Z0-9]{1,30}")

Prompt = Annotated[str, Field(min_length=1, max_length=200)]
NOTHING = SecretStr("")


def _beginning(prefix: str, where: str) -> AfterValidator:
    """For a secret that Slack's app page shows under ``where``, told apart by its first letters."""

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value().strip()
        if text and not re.fullmatch(rf"{prefix}[\x21-\x7e]+", text):
            raise ValueError(f"must begin with {prefix or 'no space'}: copy it from {where}")
        return SecretStr(text)

    return AfterValidator(check)


class Config(BaseModel):
    """One Slack app."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["slack"]
    client_id: Annotated[SecretStr, _beginning("", "Basic Information")] = Field(
        default=NOTHING,
        description="With client_secret: the app is installed in any number of workspaces, at "
        "/slack/NAME/install.",
    )
    client_secret: Annotated[SecretStr, _beginning("", "Basic Information")] = Field(
        default=NOTHING, validate_default=True, description="Goes with client_id."
    )
    bot_token: Annotated[SecretStr, _beginning("xoxb-", "OAuth & Permissions")] = Field(
        default=NOTHING,
        validate_default=True,
        description="The bot token of the one workspace the app is installed in.",
    )
    app_token: Annotated[SecretStr, _beginning("xapp-", "Basic Information")] = Field(
        default=NOTHING,
        description="For Socket Mode, which needs no public address: a token with the scope "
        "connections:write.",
    )
    signing_secret: Annotated[SecretStr, _beginning("", "Basic Information")] = Field(
        default=NOTHING,
        validate_default=True,
        description="For HTTP: proves that a request is Slack's. Point all of the app's request "
        "URLs at public_url and /slack/NAME/events.",
    )
    api_url: str = Field(default="https://slack.com/api/", description="Where Slack's API is.")
    agent: bool = Field(
        default=True,
        description="Use what Slack offers to AI apps: streamed answers, status, stop button.",
    )
    dm_mode: Literal["threads", "single"] = Field(
        default="threads",
        description="threads: each direct message begins a conversation, its thread continues "
        "it. single: all direct messages of a person are one conversation (scope: per_chat).",
    )
    follow_threads: bool = Field(
        default=True,
        description="Whoever mentioned the bot in a thread is answered there without a mention.",
    )
    edits: Literal["ignore", "answer"] = Field(
        default="ignore", description="What a message that was edited does."
    )
    show_steps: bool = Field(
        default=False, description="Show what an agent does as task cards within its answer."
    )
    prompts: tuple[Prompt, ...] = Field(
        default=(),
        max_length=PROMPTS_MOST,
        description="First questions to offer, four at most; when empty, the bot's own.",
    )
    max_file_mb: int = Field(
        default=20, ge=0, le=100, description="Of one file that people send; 0 takes none."
    )
    allow_bots: tuple[str, ...] = Field(
        default=(), description="Other bots that are answered: their bot or app ids."
    )
    command: str = Field(default="/ask", description="The slash command; none when empty.")
    name: str = Field(
        default="", max_length=NAME_LONGEST, description="What the app is called in its manifest."
    )
    file_hosts: tuple[str, ...] = Field(
        default=("files.slack.com",),
        description="The only hosts, with what is below them, that get the bot token for a file.",
    )
    stream: Literal["auto", "edit", "off"] = Field(
        default="auto",
        description="auto: streamed where Slack can, else by edits. edit: always by edits. off: "
        "the whole answer at once.",
    )

    @field_validator("client_secret")
    @classmethod
    def _goes_with_client_id(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if "client_id" in info.data and bool(value) != bool(info.data["client_id"]):
            raise ValueError("write both client_id and client_secret, or neither")
        return value

    @field_validator("bot_token")
    @classmethod
    def _one_way_to_a_token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.keys() >= {"client_id", "client_secret"}:
            oauth = bool(info.data["client_id"])
            if not value and not oauth:
                raise ValueError(
                    "write the bot token (xoxb-…) of OAuth & Permissions; or, for many "
                    "workspaces, client_id and client_secret"
                )
            if value and oauth:
                raise ValueError(
                    "keep bot_token for one workspace, or client_id and client_secret for many"
                )
        return value

    @field_validator("signing_secret")
    @classmethod
    def _one_way_in(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if "app_token" in info.data:
            socket = bool(info.data["app_token"])
            if not value and not socket:
                raise ValueError(
                    "write the signing secret of Basic Information, for HTTP; or app_token "
                    "(xapp-…), for Socket Mode"
                )
            if value and socket:
                raise ValueError("keep signing_secret for HTTP, or app_token for Socket Mode")
        return value

    @field_validator("api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.username:
            raise ValueError("must be an address such as https://slack.com/api/")
        return value.rstrip("/") + "/"

    @field_validator("command")
    @classmethod
    def _slash(cls, value: str) -> str:
        if value and not _COMMAND.fullmatch(value):
            raise ValueError("must be a slash and a word of small letters, such as /ask")
        return value

    @field_validator("file_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        hosts = tuple(host.strip().lower() for host in value)
        if not all(_HOST.fullmatch(host) for host in hosts):
            raise ValueError("write host names only, such as files.slack.com")
        return hosts

    @field_validator("allow_bots")
    @classmethod
    def _ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_BOT.fullmatch(bot) for bot in value):
            raise ValueError("write ids such as B0123456789 (a bot) or A0123456789 (an app)")
        return value

    @property
    def oauth(self) -> bool:
        """Whether workspaces install the app by themselves."""
        return bool(self.client_id)
