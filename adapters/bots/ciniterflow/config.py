"""What an operator says about one CiniterFlow flow."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.bots.settings import Key, Seconds, address

Address = Annotated[str, address("https://flow.ciniter.com", api="/api/v1")]

_OURS = "sessionId"
"""The gateway's own, always: a session that two people share would show one the other's words."""


class Config(BaseModel):
    """One CiniterFlow flow as a bot."""

    # Without this, a refused key would be printed in the error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["ciniterflow"]
    base_url: Address = Field(
        description="Where CiniterFlow is: https://flow.ciniter.com. Its API is below /api/v1.",
    )
    flow_id: UUID = Field(
        description="The flow's id: the last part of the address when the flow is open.",
    )
    api_key: Key | None = Field(
        default=None,
        description="The key that protects the flow, if one does. It also opens the history, where "
        "an answer is found again after a crash, and conversations can be deleted.",
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

    @field_validator("override_config")
    @classmethod
    def _leaves_the_session(cls, value: dict[str, object]) -> dict[str, object]:
        if _OURS in value:
            raise ValueError(f"must not have {_OURS}: the gateway keeps conversations apart by it")
        return value
