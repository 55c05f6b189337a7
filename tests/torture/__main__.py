"""The torture run from the command line. Exits with 1 when a promise was broken."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from torture.checks import judge
from torture.plan import Options
from torture.report import lines
from torture.run import Run

QUICK = Options(
    conversations=18, messages=3, kills=4, redis_restarts=1, freezes=1, seconds=15, settle=60
)
SECONDS_PER_FAULT = 4.5
"""So that replicas come back between two faults, now and then."""


def main(argv: Sequence[str]) -> int:
    """Run it, and say what was seen."""
    arguments = _parser().parse_args(argv)
    options = _options(arguments)
    folder = Path(arguments.folder or tempfile.mkdtemp(prefix="torture-"))
    _tell(f"seed {options.seed}, logs in {folder}")
    evidence = asyncio.run(Run(options, folder, _tell).run())
    verdict = judge(evidence)
    for line in lines(options, evidence, verdict, folder):
        _tell(line)
    return int(bool(verdict.violations) or evidence.unsettled)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    add, usual = parser.add_argument, Options()
    for name in ("conversations", "messages", "replicas", "kills", "redis_restarts", "freezes"):
        add(f"--{name.replace('_', '-')}", type=int, help=f"({getattr(usual, name)})")
    add("--seconds", type=float, help="how long it goes on (as long as the faults need)")
    add("--settle", type=float, help=f"seconds for the last answers ({usual.settle:g})")
    add("--seed", type=int, help="repeats the plan of an earlier run")
    add("--quick", action="store_true", help="a small run, of less than a minute")
    add("--folder", help="where its logs and its data go (a new one)")
    return parser


def _options(arguments: argparse.Namespace) -> Options:
    usual = QUICK if arguments.quick else Options()
    names = {name: getattr(usual, name) for name in Options.__struct_fields__}
    given = {name: getattr(arguments, name) for name in names}
    chosen = names | {name: value for name, value in given.items() if value is not None}
    if given["seed"] is None:
        chosen["seed"] = int(time.time()) % 1_000_000
    if given["seconds"] is None:
        faults = max(chosen["kills"], 2 * chosen["freezes"])
        chosen["seconds"] = max(usual.seconds, SECONDS_PER_FAULT * faults)
    return Options(**chosen)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
