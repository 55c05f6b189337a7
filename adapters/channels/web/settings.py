"""The parts of a site's configuration that are sections of their own."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from gateway.model import Field as FormField
from gateway.model import FieldKind

VERIFIERS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha": "https://api.hcaptcha.com/siteverify",
}
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_PROPERTY = re.compile(r"--cg-[a-z0-9-]{1,40}")
_VALUE = re.compile(r"[^;{}<>\\@]{1,200}")


class Section(BaseModel):
    """A part of a site's section."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name):
        raise ValueError("Write a letter, then letters, digits or _, 40 at most: order_id.")
    return name


def _id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise ValueError("Write 1 to 64 letters, digits, - or _, such as hello-2026.")
    return text


class FieldConfig(Section):
    """One field of the form before the first message."""

    name: Annotated[str, AfterValidator(_name)]
    label: str = Field(min_length=1, max_length=200)
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    options: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), max_length=50
    )
    value: str = Field(default="", max_length=2000)
    max: int = Field(default=0, ge=0, le=20_000)

    @model_validator(mode="after")
    def _has_something_to_choose(self) -> Self:
        if (self.kind is FieldKind.SELECT) != bool(self.options):
            raise ValueError("Give options for a select, and for no other kind.")
        if self.options and self.value and self.value not in self.options:
            raise ValueError("Write one of the options as value, or take it out.")
        return self

    def field(self) -> FormField:
        """As everyone else knows it."""
        return FormField(**{name: getattr(self, name) for name in type(self).model_fields})


class FormConfig(Section):
    """What a visitor is asked before the first message."""

    title: str = Field(default="", max_length=200)
    fields: tuple[FieldConfig, ...] = Field(min_length=1, max_length=20)

    @field_validator("fields")
    @classmethod
    def _names_differ(cls, fields: tuple[FieldConfig, ...]) -> tuple[FieldConfig, ...]:
        if len({each.name for each in fields}) < len(fields):
            raise ValueError("Give each field a name of its own.")
        return fields


class ProactiveConfig(Section):
    """A message that is shown unasked; ``after`` is in seconds."""

    id: Annotated[str, AfterValidator(_id)]
    text: str = Field(min_length=1, max_length=500)
    after: float = Field(default=0, ge=0, le=86_400, allow_inf_nan=False)
    page: str = Field(default="", max_length=500)


class ThemeConfig(Section):
    """How the widget looks."""

    accent: str = ""
    css: dict[str, str] = Field(default={}, max_length=50)

    @field_validator("accent")
    @classmethod
    def _is_a_colour(cls, accent: str) -> str:
        if accent and not _COLOUR.fullmatch(accent):
            raise ValueError('Write a colour as "#" and 3 or 6 hexadecimal digits: "#0a7d4f".')
        return accent

    @field_validator("css")
    @classmethod
    def _are_properties(cls, css: dict[str, str]) -> dict[str, str]:
        for name, value in css.items():
            if not _PROPERTY.fullmatch(name):
                raise ValueError("Write names such as --cg-radius; docs/widget.md has them all.")
            if not _VALUE.fullmatch(value) or "url(" in value.lower():
                raise ValueError(f"Write a plain CSS value for {name}, without ; {{ }} and url().")
        return css


class ChallengeConfig(Section):
    """What keeps programs out. ``after_messages`` of a visitor it is asked for."""

    kind: Literal["turnstile", "hcaptcha", "custom"]
    key: str = Field(min_length=1, max_length=200)
    secret: SecretStr
    verify_url: str = ""
    after_messages: int = Field(default=3, ge=0, le=10_000)

    @model_validator(mode="after")
    def _can_be_verified(self) -> Self:
        url = urlsplit(self.address)
        if url.scheme not in ("http", "https") or not url.netloc or "@" in url.netloc:
            raise ValueError("Write verify_url as https://…: where solutions are verified.")
        return self

    @property
    def address(self) -> str:
        """Where solutions are verified."""
        return self.verify_url or VERIFIERS.get(self.kind, "")
