"""What every section of the configuration file is: frozen, and without keys nobody knows."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section. What is written in it is never part of an error's text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
