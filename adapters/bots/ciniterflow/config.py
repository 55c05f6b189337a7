"""What an operator says about one CiniterFlow flow."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from yarl import URL

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_OURS = "sessionId"
"""The gateway's own, always: a session that two people share would show one the other's words."""


class Config(BaseModel):
    """One CiniterFlow flow as a bot."""

    # Without this, a refused key would be printed in the error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["ciniterflow"]
    base_url: str = Field(
        description="Where CiniterFlow is: https://flow.ciniter.com. Its API is below /api/v1.",
    )
    flow_id: UUID = Field(
        description="The flow's id: the last part of the address when the flow is open.",
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="The key that protects the flow, if one does.",
    )
    override_config: dict[str, object] = Field(
        default_factory=dict,
        description="Sent as overrideConfig with every message. The flow ignores what its own "
        "settings do not allow to be overridden.",
    )
    streaming: bool = Field(
        default=True,
        description="Ask for the answer word by word, if the flow can give it so.",
    )
    idle_timeout: Seconds = Field(
        default=45,
        description="Seconds without a single byte after which an answer has failed. Above 30: "
        "that is how long CiniterFlow may stay silent between two signs of life.",
    )
    content_timeout: Seconds = Field(
        default=300,
        description="Seconds with nothing but heartbeats after which an answer has failed; also "
        "for an answer that comes in one piece.",
    )
    connect_timeout: Seconds = Field(
        default=10,
        description="Seconds until a connection must stand.",
    )
    header_timeout: Seconds = Field(
        default=30,
        description="Seconds until a stream must have begun. CiniterFlow begins at once, or, for "
        "a flow it does not know, never.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        url = URL(value.strip())
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("must be an address such as https://flow.ciniter.com")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError("must have neither a user, a query nor a fragment")
        return str(url).rstrip("/").removesuffix("/api/v1")

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = "none" if value is None else value.get_secret_value()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("must be the key alone: no spaces, no line ends")
        return value

    @field_validator("override_config")
    @classmethod
    def _leaves_the_session(cls, value: dict[str, object]) -> dict[str, object]:
        if _OURS in value:
            raise ValueError(f"must not have {_OURS}: the gateway keeps conversations apart by it")
        return value
