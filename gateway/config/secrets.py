"""Secret keys: which of a section they are, and ``*_file`` as another way to give them."""

from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.config.problems import Findings, Location


class Vault:
    """Fills in and marks the secrets of sections; ``*_file`` is relative to ``folder``."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder, self._findings = folder, findings

    def opened(self, model: type[BaseModel], section: Any, at: Location) -> Any:
        """The section with its secrets' files read, and without keys that say nothing."""
        if isinstance(section, list):
            return [self.opened(model, item, (*at, n)) for n, item in enumerate(section)]
        if not isinstance(section, dict):
            return section
        known = model.model_fields
        section = {k: v for k, v in section.items() if v is not None or k not in known}
        for name, field in known.items():
            if is_secret(field):
                self._read_file(name, known, section, at)
                self._keep((*at, name), section.get(name), field)
            elif (inner := inner_model(field.annotation)) and name in section:
                section[name] = self.opened(inner, section[name], (*at, name))
        return section

    def _read_file(
        self, name: str, known: dict[str, FieldInfo], section: dict[str, Any], at: Location
    ) -> None:
        key = f"{name}_file"
        if key in known or key not in section:
            return
        file = section.pop(key)
        if name in section:
            fix = f"Keep one of {name} and {key}."
            self._findings.mistake((*at, key), f"both {name} and {key}", fix)
        elif isinstance(file, str) and file:
            content = self._content(file, (*at, key), (*at, name))
            # Several secrets stand in one file, each in a line of its own.
            section[name] = content.split() if _is_list(known[name]) else content
        else:
            self._findings.mistake((*at, key), "no path", "Write the path of a file.")
            section[name] = self._unknown((*at, name))

    def _content(self, file: str, at: Location, name: Location) -> str:
        path = self._folder / file
        try:
            content = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            found = f"{self._findings.shown(at, file)}: {reason}"
            self._findings.mistake(at, found, f"Put the secret into {path}, readable to you.")
            return self._unknown(name)
        if not content:
            fix = f"Put the secret into {path}."
            self._findings.mistake(at, "an empty file", fix)
            return self._unknown(name)
        return content

    def _unknown(self, at: Location) -> str:
        """Stands for a secret whose absence has already been told."""
        self._findings.ignore(at)
        return ""

    def _keep(self, at: Location, value: Any, field: FieldInfo) -> None:
        if isinstance(value, list):
            for n, item in enumerate(value):
                self._keep((*at, n), item, field)
        elif isinstance(value, str) and value.strip():
            self._findings.hide(at, [value])
            self._findings.secrets.update(_parts(value, field))
        elif isinstance(value, str) and value != field.default:
            fix = "Write its value, or take the key out."
            self._findings.mistake(at, "an empty secret", fix, broken=True)
        elif value is not None:
            # A number may be the secret itself, written without quotes.
            self._findings.hide(at, [str(value)])


def is_secret(field: FieldInfo) -> bool:
    """Whether a key holds a secret: a SecretStr, or text that is kept out of ``repr``."""
    return not field.repr or _mentions(field.annotation, SecretStr)


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The section that a key's type consists of or is a list of, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(inner_model, get_args(annotation))), None)


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


def _parts(value: str, field: FieldInfo) -> set[str]:
    """What must not be logged of a secret: all of it, and the password when it is an address."""
    try:
        password = urlsplit(value).password or "" if "://" in value else ""
    except ValueError:
        password = ""
    if not _mentions(field.annotation, SecretStr) and not password and "?" not in value:
        # A plain address is what errors name: it stays readable.
        return set()
    return {value, password, unquote(password)} - {""}
