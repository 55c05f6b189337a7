"""A form that a workflow asks a person to fill in, as it is sent. Anything may be missing."""

from msgspec import Struct


class Action(Struct, frozen=True):
    """A button of a form."""

    id: str
    title: str | None = None


class Default(Struct, frozen=True):
    """What a field of a form holds unless a person writes something else."""

    type: str | None = None
    value: object = None


class Field(Struct, frozen=True):
    """A field of a form."""

    output_variable_name: str
    default: Default | None = None
    type: str | None = None


class Form(Struct, frozen=True):
    """A form that a person is to fill in. ``form_token`` is what submits it."""

    form_token: str | None = None
    form_content: str | None = None
    node_title: str | None = None
    inputs: list[Field] | None = None
    actions: list[Action] | None = None
    resolved_default_values: dict[str, object] | None = None
    expiration_time: float | None = None
