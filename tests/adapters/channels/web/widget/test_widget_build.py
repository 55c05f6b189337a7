"""The built files are there, small enough, and what the sources make."""

from __future__ import annotations

import gzip
import json
import re
from types import ModuleType

from widget_acts import WIDGET
from widget_standin import STATIC


def test_the_built_files_are_committed() -> None:
    names = {path.name for path in STATIC.glob("*.js")}
    hashed = {name for name in names if re.fullmatch(r"[a-z]+\.[0-9a-f]{10}\.js", name)}
    parts = sorted(name.split(".")[0] for name in hashed)
    # One of each: a file that is no longer built is gone.
    assert len(set(parts)) == len(parts)
    assert {"form", "list", "more", "panel", "write"} <= set(parts)
    assert {"w.js", "page.js"} <= names
    for name in names:
        assert gzip.decompress((STATIC / f"{name}.gz").read_bytes()) == (STATIC / name).read_bytes()
        assert (STATIC / f"{name}.br").stat().st_size < (STATIC / name).stat().st_size / 2


def test_the_budgets_are_the_promised_ones(build: ModuleType) -> None:
    # That the files are up to date and within them is for scripts/check, which builds them anew.
    assert {name: build.BUDGETS[name] for name in ("w.js", "panel")} == {
        "w.js": 2500,
        "panel": 9500,
    }
    assert build.TOTAL_BUDGET == 12_000


def test_no_way_to_html_from_text() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(")
    for path in (WIDGET / "src").glob("*.ts"):
        assert not forbidden.search(path.read_text()), path.name
    for path in STATIC.glob("*.js"):
        assert not forbidden.search(path.read_text()), path.name


def test_the_tools_are_pinned_and_come_from_the_public_registry() -> None:
    package = json.loads((WIDGET / "package.json").read_text())
    assert set(package["devDependencies"]) == {"axe-core", "esbuild", "typescript"}
    assert "dependencies" not in package
    assert all(version[0].isdigit() for version in package["devDependencies"].values())
    assert "resolved" not in (WIDGET / "package-lock.json").read_text()
