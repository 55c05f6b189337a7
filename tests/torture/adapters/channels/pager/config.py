"""The configuration of one pager."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """One account at the platform."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["pager"]
    platform: str = Field(description="The address of the platform's server.")
    replica: str = Field(description="What this process calls itself to the platform.")
    can_look_up: bool = Field(
        description="Whether the platform finds a message by the reference it was posted with."
    )
    longest: int = Field(default=120, ge=1, description="Characters of one message.")
