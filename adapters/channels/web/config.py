"""The configuration of one site."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator


def _origin(text: str) -> str:
    url = urlsplit(text.strip().rstrip("/"))
    if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
        raise ValueError("Write scheme and host only, such as https://www.example.com.")
    if "@" in url.netloc or "*" in url.netloc:
        raise ValueError("Write each origin in full, such as https://www.example.com.")
    return f"{url.scheme}://{url.netloc.lower()}"


class Config(BaseModel):
    """One site that shows the widget."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["web"]
    key: str = Field(
        description="The site's public key, as it stands in the page's script tag.",
    )
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=(),
        description="Where the widget may be embedded: scheme, host and port, nothing more. "
        "The gateway's own pages are always allowed.",
    )
    title: str = Field(default="", max_length=80, description="What the widget is called.")
    locale: str = Field(
        default="",
        description="The language of people whose browser names none that the gateway speaks.",
    )
    page: str = Field(
        default="",
        description="The path of the hosted page; /w/{key} unless said otherwise.",
    )
    sessions_per_minute: int = Field(default=30, ge=1, description="New visitors of one address.")
    max_file_mb: int = Field(default=10, ge=0, le=100, description="Of one file; 0 takes none.")
    max_text: int = Field(default=4000, ge=1, le=20_000, description="Characters of a message.")

    @field_validator("key")
    @classmethod
    def _is_a_word(cls, key: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{3,64}", key):
            raise ValueError("Write 3 to 64 letters, digits, - or _, such as pk_shop.")
        return key

    @field_validator("page")
    @classmethod
    def _absolute_path(cls, page: str) -> str:
        if page and not re.fullmatch(r"/[A-Za-z0-9._~/-]*", page):
            raise ValueError("Write a path such as / or /help.")
        return page
