"""``${VARIABLES}`` in the file, from the environment and from the ``.env`` beside it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.config.problems import HIDDEN, Findings, Location, Problem

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}]*)\}|\$\{")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<otherwise>:-.*)?", re.DOTALL)
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")
_PLAIN_ADDRESS = re.compile(r"[a-z]+://[^@?#]*")

SHORTEST_SECRET = 8
"""Shorter values of variables are words like ``info``; masking them would ruin every log line."""


def dotenv(file: Path, findings: Findings) -> dict[str, str]:
    """The ``KEY=VALUE`` lines of a file; none when there is no such file."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        findings.problems.append(Problem(file.name, "a file that cannot be read", "Mend it."))
        return {}
    values = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if match := _LINE.fullmatch(line):
            values[match["name"]] = _unquoted(match["value"])
        elif line and not line.startswith("#"):
            place = f"{file.name}, line {number}"
            findings.problems.append(Problem(place, HIDDEN, "Write KEY=VALUE, or # and a comment."))
    return values


def substitute(
    value: Any, environ: Mapping[str, str], findings: Findings, at: Location = ()
) -> Any:
    """The same tree with every reference replaced. What came from a variable is a secret."""
    if isinstance(value, dict):
        return {k: substitute(v, environ, findings, (*at, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [substitute(v, environ, findings, (*at, n)) for n, v in enumerate(value)]
    if isinstance(value, str) and "${" in value:
        return _Text(environ, findings, at).filled(value)
    return value


class _Text:
    """One string with references in it."""

    def __init__(self, environ: Mapping[str, str], findings: Findings, at: Location) -> None:
        self._environ, self._findings, self._at = environ, findings, at
        self._used: set[str] = set()

    def filled(self, text: str) -> str:
        filled = _REFERENCE.sub(self._replace, text)
        if self._used:
            self._findings.hide(self._at, {filled, *self._used})
            self._findings.secrets.update(
                value for value in self._used if _is_secret(self._at, value)
            )
        return filled

    def _replace(self, match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        inside = _INSIDE.fullmatch(match["inside"] or "")
        if not inside:
            fix = "Write ${NAME}, or $${ for a literal ${."
            self._findings.mistake(self._at, f'"{match[0]}"', fix, broken=True)
            return match[0]
        return self._value(inside["name"], inside["otherwise"])

    def _value(self, name: str, otherwise: str | None) -> str:
        value = self._environ.get(name)
        if otherwise is not None and not value:
            return otherwise.removeprefix(":-")
        if value is None:
            fix = f"Set {name} in the environment, or in a file .env beside the configuration."
            found = f"${{{name}}}, which is not set"
            self._findings.mistake(self._at, found, fix, broken=True)
            return ""
        self._used.add(value)
        return value


def _is_secret(at: Location, value: str) -> bool:
    """Whether a variable's value is masked in logs: it could be a key, a token, a password."""
    return (
        at[0] in {"channels", "bots", "redis"}
        and len(value) >= SHORTEST_SECRET
        and not _PLAIN_ADDRESS.fullmatch(value)
    )


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()
