"""The keys of the configuration file. What an adapter's section holds, the adapter says itself.

A validator's message is the sentence a person reads as the remedy: it says what to write.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from gateway.config.knowledge import KnowledgeConfig
from gateway.config.section import Section
from gateway.model import Policy, Scope

Network = IPv4Network | IPv6Network


def origin(value: str) -> str:
    """An http(s) origin in its one form: no path, no slash at the end."""
    value = value.strip().rstrip("/").lower()
    if not re.fullmatch(r"https?://([^\s/?#@:\[\]]+|\[[0-9a-f:]+\])(:\d{1,5})?", value):
        raise ValueError("Write scheme and host only, such as https://chat.example.com.")
    return value


def _public_url(value: str) -> str:
    return origin(value) if value else ""


def _network(value: object) -> Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    # An int would be taken for an address.
    if not isinstance(value, str):
        raise ValueError("Write an address or a range, such as 10.0.0.0/8, in quotes.")
    try:
        return ip_network(value.strip())
    except ValueError:
        raise ValueError(_network_remedy(value)) from None


def _network_remedy(value: str) -> str:
    try:
        return f"The range begins elsewhere: write {ip_network(value.strip(), strict=False)}."
    except ValueError:
        return "Write an address or a range, such as 10.0.0.7 or 10.0.0.0/8."


def _redis_url(value: str) -> str:
    url = urlsplit(value)
    if value and (url.scheme not in {"redis", "rediss", "unix"} or not url.netloc + url.path):
        raise ValueError("Write redis://, rediss:// or unix://, such as redis://localhost:6379/0.")
    return value


def _node(value: str) -> str:
    if not re.fullmatch(r"[^\s:/@]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", value):
        raise ValueError("Write host:port, such as sentinel-1:26379.")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value):
        raise ValueError("Name it with letters, digits, - and _ only, 64 at most.")
    return value


def _list_of_one(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


Name = Annotated[str, AfterValidator(_name)]
Words = tuple[str, ...]
Patterns = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_list_of_one)]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]


class ServerConfig(Section):
    """Where the gateway listens, and how the outside world reaches it."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_public_url)] = ""
    trusted_proxies: tuple[Annotated[Network, BeforeValidator(_network)], ...] = ()
    shutdown_timeout: float = Field(default=10, gt=0, le=600, allow_inf_nan=False)
    metrics_token: SecretStr | None = None
    signing_secrets: tuple[Annotated[SecretStr, Field(min_length=16)], ...] = ()


class Sentinel(Section):
    """A Redis found through its sentinels; each node is ``host:port``."""

    master: str = Field(min_length=1)
    nodes: tuple[Annotated[str, AfterValidator(_node)], ...] = Field(min_length=1)
    password: SecretStr | None = None


class RedisConfig(Section):
    """The operator's server, or (without ``url`` and ``sentinel``) one the gateway starts."""

    # Not shown: an address may carry a password.
    url: Annotated[str, AfterValidator(_redis_url)] = Field(default="", repr=False)
    cluster: bool = False
    sentinel: Sentinel | None = None
    durability: Literal["async", "wait"] = "async"
    data_dir: Path = Path("data")
    server_binary: str = ""

    @property
    def embedded(self) -> bool:
        """Whether the gateway starts a server of its own, with its files under ``data_dir``."""
        return not self.url and self.sentinel is None

    @model_validator(mode="after")
    def _is_one_server(self) -> Self:
        if self.sentinel and self.url:
            raise ValueError("Keep either url or sentinel: each names a server.")
        if self.sentinel and self.cluster:
            raise ValueError("Keep either cluster or sentinel: a cluster has no sentinels.")
        if self.cluster and not self.url.startswith(("redis://", "rediss://")):
            raise ValueError("Give the url of one node of the cluster, or take cluster out.")
        return self

    @model_validator(mode="after")
    def _can_wait(self) -> Self:
        if self.durability == "wait" and self.embedded:
            raise ValueError("Give url or sentinel: durability wait needs a server with a replica.")
        if self.durability == "wait" and self.cluster:
            raise ValueError("Keep either cluster or durability wait: a cluster is not waited for.")
        return self


class Allow(Section):
    """Who may use a route. An empty list lets everyone in; every list given must agree."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    people: Words = ()
    chats: Words = ()
    workspaces: Words = ()
    sites: Words = ()


class Route(Section):
    """Which bot answers on a channel. ``when`` maps a fact to the patterns it may match."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    channel: str
    bot: str
    when: dict[str, Patterns] = Field(default={})
    scope: Scope = Scope.PER_THREAD
    policy: Policy = Policy.FOLLOWUP
    allow: Allow = Allow()


class Limits(Section):
    """How much of everything there may be."""

    waiting_messages: int = Field(default=20, ge=1, le=1000)
    waiting_conversations: int = Field(default=10_000, ge=16, le=10_000_000)
    messages_per_minute: int = Field(default=20, ge=0, le=100_000)
    conversation_messages_per_minute: int = Field(default=60, ge=0, le=100_000)
    channel_messages_per_minute: int = Field(default=0, ge=0, le=1_000_000)
    bot_messages_per_minute: int = Field(default=0, ge=0, le=1_000_000)
    concurrent_turns: int = Field(default=500, ge=1, le=100_000)
    answer_chars: int = Field(default=400_000, ge=1000, le=10_000_000)
    collect_seconds: float = Field(default=1.2, ge=0, le=60, allow_inf_nan=False)
    bot_attempts: int = Field(default=3, ge=1, le=10)
    bot_wait: float = Field(default=30, ge=0, le=600, allow_inf_nan=False)
    file_mb: int = Field(default=15, ge=1, le=100)
    files_mb: int = Field(default=256, ge=1, le=100_000)
    file_days: int = Field(default=7, ge=1, le=365)
    conversation_days: int = Field(default=90, ge=1, le=3650)
    transcript_messages: int = Field(default=200, ge=2, le=10_000)


class LoggingConfig(Section):
    """How much is logged, and in which form; ``auto`` is readable on a terminal, else JSON."""

    level: LogLevel = "info"
    format: LogFormat = "auto"


class Document(Section):
    """The whole file; channels, bots and knowledge still as they are written."""

    server: ServerConfig = ServerConfig()
    redis: RedisConfig = RedisConfig()
    channels: dict[Name, dict[str, Any]] = Field(default={})
    bots: dict[Name, dict[str, Any]] = Field(default={})
    routes: tuple[Route, ...] = ()
    knowledge: dict[Name, dict[str, Any]] = Field(default={})
    limits: Limits = Limits()
    logging: LoggingConfig = LoggingConfig()


class Adapter(NamedTuple):
    """One configured channel or bot: its kind, and the kind's own configuration."""

    kind: str
    config: BaseModel


@dataclass(frozen=True)
class Config:
    """A configuration that is complete and free of mistakes."""

    server: ServerConfig
    redis: RedisConfig
    channels: Mapping[str, Adapter]
    bots: Mapping[str, Adapter]
    routes: tuple[Route, ...]
    knowledge: Mapping[str, KnowledgeConfig]
    limits: Limits
    logging: LoggingConfig
    _secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def secrets(self) -> list[str]:
        """Every secret value in it, for keeping them out of the logs."""
        return sorted(self._secrets)
