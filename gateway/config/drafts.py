"""Drafts: a configuration that is still being written, for commands that help with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.config.document import read
from gateway.config.problems import Findings
from gateway.config.variables import dotenv, substitute
from gateway.ports import Draft


def draft(path: Path, environ: Mapping[str, str], folder: str, kind: str) -> Draft:
    """What is written of the adapters of one kind; mistakes in it are ignored.

    ``folder`` is ``channels`` or ``bots``. Raises ConfigError when the file cannot be read.
    """
    findings = Findings()
    written = read(path, findings)
    known = {**dotenv(path.parent / ".env", findings), **environ}
    tree = substitute(written, known, findings)
    sections = {
        name: section
        for name, section in _section(tree, folder).items()
        if isinstance(section, dict) and section.get("kind") == kind
    }
    public_url = str(_section(tree, "server").get("public_url") or "").strip()
    return Draft(public_url.rstrip("/"), sections)


def _section(tree: Mapping[str, Any], key: str) -> dict[str, Any]:
    section = tree.get(key)
    return section if isinstance(section, dict) else {}
