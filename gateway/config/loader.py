"""Loading: from a file to a checked configuration, or to all of its mistakes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.config.adapters import adapter_config, kinds
from gateway.config.document import read
from gateway.config.knowledge import KnowledgeConfig
from gateway.config.problems import NOTHING, ConfigError, Findings, Location, shown, suggestion
from gateway.config.schema import Adapter, Config, Document, RedisConfig
from gateway.config.secrets import Vault
from gateway.config.variables import dotenv, substitute
from gateway.config.words import explain

Model = TypeVar("Model", bound=BaseModel)

EXAMPLES = {
    "channels": "Write at least one channel, such as `site: {kind: web, key: pk_site}`.",
    "bots": "Write at least one bot, such as `help: {kind: clickai, api_key: …}`.",
    "routes": "Write at least one route, such as `- {channel: site, bot: help}`.",
}


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read and check the configuration.

    Variables come from ``environ``, else from the ``.env`` beside the file. Raises ConfigError
    with every mistake at once. Nothing is connected to and nothing is written.
    """
    findings = Findings()
    written = read(path, findings)
    known = {**dotenv(path.parent / ".env", findings), **environ}
    return _Loader(path.parent, findings).config(substitute(written, known, findings))


class _Loader:
    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder, self._findings = folder, findings
        self._vault = Vault(folder, findings)

    def config(self, tree: dict[str, Any]) -> Config:
        self._check_presence(tree)
        document = self._checked(Document, tree, ())
        channels = self._adapters("channels", tree)
        bots = self._adapters("bots", tree)
        knowledge = self._knowledge(tree)
        self._check_routes(tree)
        self._check_keys(channels)
        if document is None or self._findings.problems:
            raise ConfigError(self._findings.problems)
        return Config(
            server=document.server,
            redis=self._beside_file(document.redis),
            channels=channels,
            bots=bots,
            routes=document.routes,
            knowledge=knowledge,
            limits=document.limits,
            logging=document.logging,
            _secrets=frozenset(self._findings.secrets),
        )

    def _beside_file(self, redis: RedisConfig) -> RedisConfig:
        return redis.model_copy(update={"data_dir": self._folder / redis.data_dir})

    def _checked(self, model: type[Model], section: Any, at: Location) -> Model | None:
        section = self._vault.opened(model, section, at)
        try:
            return model.model_validate(section, context={"folder": self._folder})
        except ValidationError as error:
            explain(error, model, section, at, self._findings)
            return None

    def _adapters(self, folder: str, tree: dict[str, Any]) -> dict[str, Adapter]:
        adapters = {}
        for name, section in _sections(tree, folder).items():
            model = self._model(folder, section, (folder, name, "kind"))
            config = self._checked(model, section, (folder, name)) if model else None
            if config:
                adapters[name] = Adapter(section["kind"], config)
        return adapters

    def _model(self, folder: str, section: dict[str, Any], at: Location) -> type[BaseModel] | None:
        kind = section.get("kind")
        try:
            return adapter_config(folder, str(kind))
        except LookupError:
            fix = suggestion(str(kind or ""), kinds(folder))
            self._findings.mistake(at, shown(kind), fix)
        except ImportError as error:
            fix = f"Install what this kind needs: {error.name or error}."
            self._findings.mistake(at, shown(kind), fix)
        return None

    def _knowledge(self, tree: dict[str, Any]) -> dict[str, KnowledgeConfig]:
        knowledge: dict[str, KnowledgeConfig] = {}
        owners: dict[str, str] = {}
        for name, section in _sections(tree, "knowledge").items():
            at = ("knowledge", name)
            config = self._checked(KnowledgeConfig, _with_id(section, name), at)
            if not config:
                continue
            owner = owners.setdefault(config.id, name)
            if owner != name:
                found = f"{shown(config.id)}, as in {owner}"
                self._findings.mistake((*at, "id"), found, "Give every knowledge an id of its own.")
            knowledge[name] = config
        return knowledge

    def _check_presence(self, tree: dict[str, Any]) -> None:
        for section, example in EXAMPLES.items():
            if not tree.get(section):
                self._findings.mistake((section,), NOTHING, example, broken=True)

    def _check_routes(self, tree: dict[str, Any]) -> None:
        routes = tree.get("routes")
        if not isinstance(routes, list):
            return
        for n, route in enumerate(routes):
            for key in ("channel", "bot") if isinstance(route, dict) else ():
                self._check_target(route.get(key), tree.get(f"{key}s"), ("routes", n, key))
        reached = [route.get("channel") for route in routes if isinstance(route, dict)]
        for name in _sections(tree, "channels"):
            if name not in reached:
                fix = f"Add a route, such as `- {{channel: {name}, bot: …}}`."
                self._findings.mistake(("channels", name), "a channel without a route", fix)

    def _check_target(self, name: object, section: object, at: Location) -> None:
        if isinstance(name, str) and isinstance(section, dict) and name not in section:
            self._findings.mistake(at, shown(name), suggestion(name, section))

    def _check_keys(self, channels: Mapping[str, Adapter]) -> None:
        """A channel's public key is what the world calls it: one of a kind has it."""
        owners: dict[tuple[str, str], str] = {}
        for name, (kind, config) in channels.items():
            key = getattr(config, "key", None)
            if not isinstance(key, str):
                continue
            owner = owners.setdefault((kind, key), name)
            if owner != name:
                found = f"{self._findings.shown(('channels', name, 'key'), key)}, as in {owner}"
                fix = "Give every channel a key of its own."
                self._findings.mistake(("channels", name, "key"), found, fix)


def _with_id(section: dict[str, Any], name: str) -> dict[str, Any]:
    return section if section.get("id") is not None else {**section, "id": name}


def _sections(tree: dict[str, Any], folder: str) -> dict[str, dict[str, Any]]:
    named = tree.get(folder)
    if not isinstance(named, dict):
        return {}
    return {name: section for name, section in named.items() if isinstance(section, dict)}
