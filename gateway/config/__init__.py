"""The configuration: one YAML file, checked as a whole before anything starts."""

from gateway.config.adapters import adapter_config, kinds
from gateway.config.drafts import draft
from gateway.config.knowledge import KnowledgeConfig
from gateway.config.loader import load
from gateway.config.problems import ConfigError, Problem
from gateway.config.schema import (
    Adapter,
    Allow,
    Config,
    Limits,
    LoggingConfig,
    RedisConfig,
    Route,
    Sentinel,
    ServerConfig,
)

__all__ = [
    "Adapter",
    "Allow",
    "Config",
    "ConfigError",
    "KnowledgeConfig",
    "Limits",
    "LoggingConfig",
    "Problem",
    "RedisConfig",
    "Route",
    "Sentinel",
    "ServerConfig",
    "adapter_config",
    "draft",
    "kinds",
    "load",
]
