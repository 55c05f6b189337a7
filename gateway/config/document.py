"""The file as it is written: YAML made plain, with the place of every mistake."""

from pathlib import Path
from typing import Any

import yaml

from gateway.config.problems import ConfigError, Findings, Location, Problem

DEEPEST = 20
"""An alias that contains itself would nest for ever; no configuration needs this much."""

START = "Run `chat-gateway init` to write one, or name yours with --config."


class _Loader(yaml.SafeLoader):
    """YAML without dates: ``2026-01-31`` is the text it looks like."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(file: Path, findings: Findings) -> dict[str, Any]:
    """The file's values. Raises ConfigError when it cannot be read at all."""
    loader: _Loader | None = None
    try:
        loader = _Loader(file.read_text("utf-8-sig"))
        node = loader.get_single_node()
        tree = None if node is None else _value(loader, node, (), findings)
    except OSError as error:
        raise _unusable(str(file), _reason(error), START) from None
    except UnicodeDecodeError:
        raise _unusable(str(file), "bytes that are not text", "Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise ConfigError([_syntax(file.name, error)]) from None
    finally:
        if loader:
            loader.dispose()
    if not isinstance(tree, dict):
        found = "an empty file" if tree is None else "no sections"
        raise _unusable(file.name, found, f"Write sections such as channels: and bots:. {START}")
    return tree


def _value(loader: _Loader, node: yaml.Node, at: Location, findings: Findings) -> Any:
    if len(at) > DEEPEST:
        findings.mistake(at[:1], "sections nested without end", "Take the inner ones out.")
        return None
    if isinstance(node, yaml.MappingNode):
        return _section(loader, node, at, findings)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*at, n), findings) for n, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError:
        return node.value


def _section(
    loader: _Loader, node: yaml.MappingNode, at: Location, findings: Findings
) -> dict[str, Any]:
    _find_duplicates(node, at, findings)
    loader.flatten_mapping(node)
    section = {}
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode):
            findings.mistake(at, "a key that is not a word", "Write `key: value`.")
            continue
        # The word as written: YAML would read the key `on` as true.
        section[key.value] = _value(loader, item, (*at, key.value), findings)
    return section


def _find_duplicates(node: yaml.MappingNode, at: Location, findings: Findings) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        line = key.start_mark.line + 1
        if key.value in lines:
            found = f"this key twice, in lines {lines[key.value]} and {line}"
            findings.mistake((*at, key.value), found, "Keep one of the two.")
        lines[key.value] = line


def _syntax(name: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
    problem = getattr(error, "problem", None) or "a character that YAML does not allow"
    if any(word in problem for word in ("alias", "anchor", "tag")):
        # The word after the sign may be a password; it is not repeated.
        return Problem(place, "a value that begins with *, & or !", "Put the value in quotes.")
    return Problem(place, problem, _remedy(problem))


def _remedy(problem: str) -> str:
    if "'\\t'" in problem:
        return "Indent with spaces, not with tabs."
    if "cannot start any token" in problem:
        return "Put the value in quotes."
    if "mapping values" in problem:
        return "Check the indentation, and put a value that contains a colon in quotes."
    if "quoted scalar" in problem or "end of stream" in problem:
        return "Close the quotes."
    return "Check the indentation and the brackets of this line and the one above."


def _reason(error: OSError) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)


def _unusable(path: str, found: str, fix: str) -> ConfigError:
    return ConfigError([Problem(path, found, fix)])
