"""The report of a run: its seed, its counts, its waits and what must not have been."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from torture.checks import Verdict
from torture.plan import Options
from torture.run import Evidence
from torture.takeover import Takeover, takeovers

DETAILS_MOST = 40
LINES_MOST = 40
LANES_MOST = 6
WIDTH = 220


def lines(options: Options, evidence: Evidence, verdict: Verdict, folder: Path) -> Iterator[str]:
    """The whole report. ``folder`` is where the logs are."""
    yield f"seed {options.seed}"
    yield ""
    for name, value in rows(options, evidence, verdict):
        yield f"{name:<48} {value:>8}"
    yield ""
    yield from _takeovers(list(takeovers(evidence)))
    if evidence.unsettled:
        yield f"not settled within {options.settle:g} s"
    for violation in verdict.violations[:DETAILS_MOST]:
        yield f"{violation.kind}: {violation.detail} {violation.lane}"[:WIDTH]
    for lane in sorted({each.lane for each in verdict.violations if each.lane})[:LANES_MOST]:
        yield f"log of {lane}"
        yield from _log_lines(folder, lane)
    yield f"{len(verdict.violations)} violations" if verdict.violations else "no violations"


def rows(options: Options, evidence: Evidence, verdict: Verdict) -> Iterator[tuple[str, object]]:
    """The table of counts."""
    yield "conversations", options.conversations
    yield "replicas", options.replicas
    for kind in ("kill", "freeze"):
        yield f"{kind}s", sum(event.kind == kind for event in evidence.interrupted)
    yield (
        "answers running on what was killed or frozen",
        sum(len(event.tokens) for event in evidence.interrupted),
    )
    yield "restarts of Redis", len(evidence.store.outages)
    yield "sends cut by the platform", evidence.platform.troubles["cut"]
    yield "unknown sends, by the metrics that are left", evidence.unknown_sends
    yield from verdict.counts.items()


def _takeovers(found: Sequence[Takeover]) -> Iterator[str]:
    for kind in ("kill", "freeze"):
        some = [each for each in found if each.kind == kind]
        alone = [each.seconds for each in some if each.alone]
        yield from _spread(f"{kind} to takeover", [each.seconds for each in some])
        yield from _spread("  while a replica and Redis were there", [each.there for each in some])
        yield from _spread("  with nothing else wrong", alone)
    for slowest in sorted(found, key=lambda each: each.there)[-3:]:
        yield f"slow: {slowest.turn} after a {slowest.kind}, {slowest.there:.1f} s"


def _spread(label: str, seconds: Sequence[float]) -> Iterator[str]:
    if seconds:
        found = sorted(seconds)
        p50, p99 = (found[int(len(found) * share)] for share in (0.5, 0.99))
        yield f"{label:<40} p50 {p50:6.2f}  p99 {p99:6.2f}  max {found[-1]:6.2f} s of {len(found)}"


def _log_lines(folder: Path, lane: str) -> Iterator[str]:
    found = []
    for file in folder.glob("r*.log"):
        for line in file.read_text().splitlines():
            if lane in line and line.startswith("{"):
                entry = json.loads(line)
                found.append((entry.pop("timestamp"), file.stem, entry))
    for at, replica, entry in sorted(found, key=lambda each: each[0])[-LINES_MOST:]:
        yield f"  {at[11:23]} {replica} {json.dumps(entry)}"[:WIDTH]
