"""The configuration of one Telegram bot."""

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

MB = 1024 * 1024
FILE_MOST_MB = 20
"""What Telegram's own servers give a bot."""
LOCAL_MOST_MB = 100
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{30,100}")
_BOT = re.compile(r"[0-9]{1,20}|@?[A-Za-z][A-Za-z0-9_]{2,63}")


class Config(BaseModel):
    """One Telegram bot."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["telegram"]
    token: SecretStr = Field(description="The bot's token, from @BotFather.")
    updates: Literal["auto", "webhook", "polling"] = Field(
        default="auto",
        description="How messages come: webhook needs a public https address. auto: webhook when "
        "server.public_url begins with https, else polling.",
    )
    streaming: Literal["auto", "edit", "off"] = Field(
        default="auto",
        description="auto: drafts in private chats, edits in groups. edit: always by edits. off: "
        "the whole answer at once.",
    )
    rich: bool = Field(
        default=False,
        description="Send answers with tables or formulas as rich messages, which older apps do "
        "not show.",
    )
    group_replies: Literal["mention", "all"] = Field(
        default="mention",
        description="What is answered in groups: mentions, replies and commands; or everything "
        "the bot can see.",
    )
    edits: Literal["ignore", "answer"] = Field(
        default="ignore", description="What a message that was edited does."
    )
    feedback: bool = Field(default=True, description="Offer 👍 and 👎 below answers.")
    show_steps: bool = Field(
        default=False, description="Show what an agent does while nothing is written yet."
    )
    voice_notes: bool = Field(default=True, description="Send spoken answers as voice notes.")
    allow_bots: tuple[str, ...] = Field(
        default=(), description="Other bots that are answered: their ids or usernames."
    )
    api_url: str = Field(default="https://api.telegram.org", description="Where the Bot API is.")
    local_mode: bool = Field(
        default=False,
        description="The Bot API at api_url is your own, runs with --local and shares its files "
        "with this machine: files may be larger than 20 MB.",
    )
    max_file_mb: int = Field(
        default=20,
        ge=0,
        le=LOCAL_MOST_MB,
        description="Of one file that people send; 0 takes none.",
    )

    @field_validator("token")
    @classmethod
    def _shape(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not _TOKEN.fullmatch(text):
            raise ValueError(
                "write the token as @BotFather gives it: a number, a colon and 35 characters"
            )
        return SecretStr(text)

    @field_validator("api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.username:
            raise ValueError("must be an address such as https://api.telegram.org")
        return value.rstrip("/")

    @field_validator("allow_bots")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_BOT.fullmatch(bot) for bot in value):
            raise ValueError("write ids such as 123456789, or usernames such as @other_bot")
        return tuple(bot.removeprefix("@").lower() for bot in value)

    @field_validator("max_file_mb")
    @classmethod
    def _within_reach(cls, value: int, info: ValidationInfo) -> int:
        if value > FILE_MOST_MB and not info.data.get("local_mode", True):
            raise ValueError(
                f"write {FILE_MOST_MB} at most: Telegram gives bots no larger file; with a Bot API "
                "server of your own, set local_mode"
            )
        return value

    @property
    def bot_id(self) -> int:
        """The bot's number, which its token begins with."""
        return int(self.token.get_secret_value().partition(":")[0])
