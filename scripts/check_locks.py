"""Do the locks in requirements/ still fit pyproject.toml and each other? Needs no network."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)

Pins = set[tuple[str, str]]


def pins(lock: str) -> Pins:
    return set(PIN.findall((ROOT / "requirements" / lock).read_text()))


def with_extras(wanted: list[str]) -> Iterator[Requirement]:
    """Each requirement, and what its extras ask for: redis[hiredis] needs hiredis."""
    for requirement in map(Requirement, wanted):
        yield requirement
        for extra in requirement.extras:
            for more in map(Requirement, requires(requirement.name) or []):
                marker = more.marker
                if marker and marker.evaluate({"extra": extra}) and not marker.evaluate():
                    yield more


def misfits(lock: str, wanted: list[str]) -> Iterator[str]:
    locked = pins(lock)
    for requirement in with_extras(wanted):
        name = canonicalize_name(requirement.name)
        versions = [version for pinned, version in locked if pinned == name]
        if not versions:
            yield f"{lock} lacks {requirement}"
        for version in versions:
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"{lock} has {name}=={version}, but the project wants {requirement}"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    build = (ROOT / "requirements" / "build.in").read_text().splitlines()
    run = project["dependencies"] + [line for line in build if line and not line.startswith("#")]
    test = run + project["optional-dependencies"]["test"]

    found = [*misfits("run.txt", run), *misfits("test.txt", test)]
    for name, version in sorted(pins("run.txt") - pins("test.txt")):
        found.append(f"run.txt has {name}=={version}, test.txt has not")
    if found:
        sys.exit("\n".join([*found, "scripts/lock writes the locks anew."]))


if __name__ == "__main__":
    main()
