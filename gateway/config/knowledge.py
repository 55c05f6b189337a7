"""The keys of one knowledge: documents of the operator, searched by bots."""

import os
import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)

from gateway.config.section import Section

KEY_LEAST = 16
"""Characters of an API key: shorter ones can be guessed."""

_GLOB = re.compile(r"[*?\[]")


def _source(value: str, info: ValidationInfo) -> str:
    """A source in its one form: an https address, or an absolute path that begins where it
    should."""
    value = value.strip()
    if "://" in value:
        return _address(value)
    folder: Path = (info.context or {}).get("folder", Path())
    # Not resolved: a link may be what the operator means to follow.
    path = os.path.abspath(folder / Path(value).expanduser())  # noqa: PTH100
    fixed = _before_the_pattern(Path(path))
    if not value or not fixed.exists():
        raise ValueError(f"There is nothing at {fixed}: write a file, a folder or a pattern.")
    if not os.access(fixed, os.R_OK):
        raise ValueError(f"Make {fixed} readable for the gateway.")
    return path


def _address(value: str) -> str:
    try:
        url = urlsplit(value)
        secure = url.scheme == "https" and bool(url.hostname) and not url.username
    except ValueError:
        secure = False
    if not secure:
        raise ValueError("Write an address such as https://www.example.com/help.html.")
    return value


def _before_the_pattern(path: Path) -> Path:
    """The part of a path that names something, before the first ``*``, ``?`` or ``[``."""
    parts: list[str] = []
    for part in path.parts:
        if _GLOB.search(part) and not Path(*parts, part).exists():
            break
        parts.append(part)
    return Path(*parts)


def _id(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise ValueError("Write the id without spaces around it.")
    return value


def _key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("Write a key of letters, digits and signs, without spaces.")
    return value


def _list_of_one(value: object) -> object:
    return [value] if isinstance(value, str) else value


Key = Annotated[SecretStr, Field(min_length=KEY_LEAST), AfterValidator(_key)]
Source = Annotated[str, AfterValidator(_source)]
Patterns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_list_of_one)]


class KnowledgeConfig(Section):
    """One knowledge: where its documents are, and who may search them.

    ``paths`` are absolute, or addresses that begin with ``https://``.
    """

    id: Annotated[str, Field(max_length=200), AfterValidator(_id)]
    paths: Annotated[tuple[Source, ...], Field(min_length=1), BeforeValidator(_list_of_one)]
    include: Patterns = ()
    exclude: Patterns = ()
    api_keys: tuple[Key, ...] = Field(min_length=1)
    chunk_chars: int = Field(default=1200, ge=200, le=10_000)
    overlap_chars: int = Field(default=150, ge=0, le=5000)
    refresh_seconds: int = Field(default=30, ge=1, le=86_400)
    max_file_mb: int = Field(default=50, ge=1, le=1000)
    requests_per_minute: int = Field(default=600, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _moves_on(self) -> Self:
        if self.overlap_chars * 2 > self.chunk_chars:
            raise ValueError("Make overlap_chars half of chunk_chars at most.")
        return self
