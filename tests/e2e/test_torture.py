"""The torture run in short: see tests/torture. scripts/torture runs the long one."""

from pathlib import Path

from torture.checks import judge
from torture.plan import Options
from torture.run import Run

OPTIONS = Options(
    conversations=18,
    messages=3,
    kills=3,
    redis_restarts=1,
    freezes=1,
    seconds=12,
    settle=60,
    seed=4,
)


async def test_nothing_is_lost_and_nothing_said_twice(folder: Path) -> None:
    evidence = await Run(OPTIONS, folder, lambda _: None).run()
    verdict = judge(evidence)
    assert verdict.violations == []
    assert not evidence.unsettled
    assert verdict.counts["messages"] == 54
    assert len(evidence.interrupted) == 4
    assert len(evidence.store.outages) == 1
