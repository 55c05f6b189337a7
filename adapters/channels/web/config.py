"""The configuration of one site."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from adapters.channels.web.settings import (
    ChallengeConfig,
    FormConfig,
    ProactiveConfig,
    Section,
    ThemeConfig,
)

MB = 1024 * 1024
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")
_MEDIA = re.compile(r"[a-z]+/(\*|[a-z0-9][a-z0-9.+-]{0,99})")
_TEXT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def _origin(text: str) -> str:
    url = urlsplit(text.strip().rstrip("/"))
    if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
        raise ValueError("Write scheme and host only, such as https://www.example.com.")
    if "@" in url.netloc or url.fragment:
        raise ValueError("Write scheme and host only, such as https://www.example.com.")
    if "*" in url.netloc and not _is_family(url.scheme, url.netloc):
        raise ValueError("Write each origin in full, or https://*.example.com for subdomains.")
    return f"{url.scheme}://{url.netloc.lower()}"


def _is_family(scheme: str, host: str) -> bool:
    """Whether it names the subdomains of a domain: never of a whole top level."""
    rest = host.removeprefix("*.")
    return scheme == "https" and rest != host and "*" not in rest and "." in rest


def _host(text: str) -> str:
    if not _HOST.fullmatch(text.lower()):
        raise ValueError("Write a host only, such as cdn.example.com.")
    return text.lower()


def _media(text: str) -> str:
    if not _MEDIA.fullmatch(text.lower()):
        raise ValueError("Write a media type, such as application/pdf or image/*.")
    return text.lower()


Secret = Annotated[SecretStr, Field(min_length=32)]


class Config(Section):
    """One site that shows the widget."""

    kind: Literal["web"]
    key: str = Field(
        description="The site's public key, as it stands in the page's script tag.",
    )
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=(),
        description="Where the widget may be embedded: scheme, host and port, nothing more; "
        "https://*.example.com for all subdomains. The gateway's own pages are always allowed.",
    )
    api_keys: tuple[Secret, ...] = Field(
        default=(), description="For programs that are no browsers; sent as X-API-Key."
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
    address_messages_per_minute: int = Field(
        default=0, ge=0, description="Messages of one address; 0 is no limit."
    )
    messages_per_minute: int = Field(default=0, ge=0, description="Of the site; 0 is no limit.")
    messages_per_day: int = Field(default=0, ge=0, description="Of the site; 0 is no limit.")
    max_file_mb: int = Field(default=10, ge=0, le=100, description="Of one file; 0 takes none.")
    accept: tuple[Annotated[str, AfterValidator(_media)], ...] = Field(
        default=(), description="Media types of files that are taken; when empty, all are."
    )
    max_text: int = Field(default=4000, ge=1, le=20_000, description="Characters of a message.")
    identity_secrets: tuple[Secret, ...] = Field(
        default=(), max_length=2, description="Sign who a visitor is; each of them counts."
    )
    identity_hash: bool = Field(default=False, description="Take {id, hash} beside tokens.")
    require_identity: bool = Field(default=False, description="Let in nobody without identity.")
    identity_merge: Literal["separate", "adopt"] = Field(
        default="separate", description="What becomes of what was written before signing in."
    )
    challenge: ChallengeConfig | None = None
    form: FormConfig | None = None
    proactive: tuple[ProactiveConfig, ...] = Field(default=(), max_length=20)
    images: tuple[Annotated[str, AfterValidator(_host)], ...] = Field(
        default=(), description="Hosts whose pictures are shown in answers."
    )
    theme: ThemeConfig = ThemeConfig()
    texts: dict[str, dict[str, Annotated[str, Field(max_length=500)]]] = Field(
        default={}, description="The widget's words in place of its own, by language."
    )
    conversations: bool = Field(default=True, description="Offer a list of conversations.")
    voice: bool = Field(default=True, description="Offer to speak, where the bot listens.")
    feedback: bool = Field(default=True, description="Offer to rate answers.")
    regenerate: bool = Field(default=True, description="Offer to ask again.")

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

    @field_validator("texts")
    @classmethod
    def _are_by_language(cls, texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for language, words in texts.items():
            if not _LANGUAGE.fullmatch(language):
                raise ValueError("Write the texts below their language: en: {placeholder: …}.")
            if not all(map(_TEXT_KEY.fullmatch, words)):
                raise ValueError("Write the names of texts as docs/widget.md has them.")
        return {language.lower(): words for language, words in texts.items()}

    @field_validator("proactive")
    @classmethod
    def _ids_differ(cls, messages: tuple[ProactiveConfig, ...]) -> tuple[ProactiveConfig, ...]:
        if len({each.id for each in messages}) < len(messages):
            raise ValueError("Give each message an id of its own: it is shown once by it.")
        return messages

    @model_validator(mode="after")
    def _can_identify(self) -> Self:
        wants = self.identity_hash or self.require_identity or self.identity_merge == "adopt"
        if wants and not self.identity_secrets:
            raise ValueError("Give identity_secrets: without one no identity can be verified.")
        return self

    @property
    def file_bytes(self) -> int:
        """The most bytes of one file."""
        return self.max_file_mb * MB
