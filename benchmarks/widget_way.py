"""The way of a message through the widget: what the gateway adds to it, beside a floor.

``python -m benchmarks.widget_way [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks import idle
from benchmarks.child import Child, Failed, cpu_ms
from benchmarks.load import Plan, Samples, ask_all, by_replica, samples
from benchmarks.machine import Watch
from benchmarks.stage import Stage
from benchmarks.table import Row, render
from benchmarks.visitors import FloorVisitor, GatewayVisitor, Visitor

MOST_SECONDS = 180.0
REPLICAS = ("one", "other")


@dataclass(frozen=True)
class Size:
    """How much is measured: visitors at a time with what each does, and idle streams."""

    crowds: tuple[tuple[int, Plan], ...]
    replicated: tuple[int, Plan]
    streams: int


FULL = Size(
    ((1, Plan(6, 60)), (20, Plan(3, 60)), (100, Plan(3, 60))),
    (20, Plan(3, 60)),
    1000,
)
QUICK = Size(((1, Plan(2, 40)), (20, Plan(2, 40))), (10, Plan(2, 40)), 300)


@dataclass
class Costs:
    """What a load was like, and what it cost its servers in ms per message."""

    samples: Samples
    cpu: float
    store_cpu: float = 0


@dataclass
class Server:
    """One of the two that are compared, and how visitors come to it."""

    child: Child
    arrive: Callable[[], "asyncio.Future[Visitor]"]
    resting: list[float] = field(default_factory=list)
    """CPU in ms per second without any load, of the server and of its store."""

    def cpu(self) -> list[float]:
        """CPU so far, of the server and of its store."""
        return [cpu_ms(pid) for pid in (self.child.pid, *self.child.children)]

    async def rest(self, seconds: float) -> None:
        """Find out what doing nothing costs."""
        before = self.cpu()
        await asyncio.sleep(seconds)
        self.resting = [
            (now - then) / seconds for now, then in zip(self.cpu(), before, strict=True)
        ]

    async def bear(self, crowd: int, plan: Plan) -> Costs:
        """Measure a load."""
        visitors = [await self.arrive() for _ in range(crowd)]
        before, began = self.cpu(), time.monotonic()
        heard = await ask_all(visitors, plan)
        seconds, after = time.monotonic() - began, self.cpu()
        for visitor in visitors:
            visitor.leave()
        costs = [
            (now - then - resting * seconds) / len(heard)
            for now, then, resting in zip(after, before, self.resting, strict=True)
        ]
        return Costs(samples(heard, plan), *costs)


async def measure(size: Size) -> list[Row]:
    """Everything, in one run on one machine."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="widget-way-")))
        stage = Stage(folder, stack)
        await stage.stand_in()
        rows: list[Row] = []
        for part in (_alone, _idle, _replicated):
            rows += await part(stage, size)
    return rows


async def _alone(stage: Stage, size: Size) -> list[Row]:
    floor, gateway = await stage.floor(), await stage.gateway("local")
    servers = (
        Server(floor, lambda: FloorVisitor.arrive(floor.address)),
        Server(gateway, lambda: GatewayVisitor.arrive(gateway.address)),
    )
    _say("warming up, then doing nothing")
    for server in servers:
        await ask_all([await server.arrive()], Plan(2, 5, 10))
    await asyncio.gather(*(server.rest(2) for server in servers))
    rows = []
    for crowd, plan in size.crowds:
        _say(f"{crowd} at a time: {plan.rounds} answers each of {plan.tokens} tokens")
        rows += _rows(crowd, *[await server.bear(crowd, plan) for server in servers])
    return rows + _resting(*servers)


async def _idle(stage: Stage, size: Size) -> list[Row]:
    _say(f"{size.streams} idle streams")
    # Fresh processes: what a load has left free would be taken for the streams.
    floor, gateway = await stage.floor(), await stage.gateway("idle")
    return idle.rows(
        await idle.of_floor(floor, size.streams), await idle.of_gateway(gateway, size.streams)
    )


async def _replicated(stage: Stage, size: Size) -> list[Row]:
    crowd, plan = size.replicated
    _say(f"two replicas, {crowd} at a time")
    redis = await stage.store()
    addresses = [(await stage.gateway(name, redis)).address for name in REPLICAS]
    visitors = [await GatewayVisitor.arrive(*addresses) for _ in range(crowd)]
    await ask_all(visitors[:2], Plan(2, 5, 10))
    here, there = by_replica(await ask_all(visitors, plan), REPLICAS, plan)
    who = f"two replicas, {crowd} at a time"
    return [
        Row(f"token → stream, replica that runs the turn ({who}), ms", (), here.token, "≤ 5"),
        Row("token → stream, the other replica, ms", (), there.token, "≤ 30"),
        Row("first token → stream, the other replica, ms", (), there.first),
        Row("last token → end, the other replica, ms", (), there.end),
        Row("tokens only in the end", (), [here.missing + there.missing]),
    ]


def _rows(crowd: int, floor: Costs, gateway: Costs) -> list[Row]:
    f, g = floor.samples, gateway.samples
    who = f"{crowd} at a time"
    rows = [
        Row(f"message → bot, {who}, ms", f.to_bot, g.to_bot),
        Row(f"first token → stream, {who}, ms", f.first, g.first),
        Row(f"token → stream, {who}, ms", f.token, g.token, "≤ 5"),
        Row(f"last token → end, {who}, ms", f.end, g.end),
        Row(f"CPU per message, {who}, ms", [floor.cpu], [gateway.cpu]),
        Row(f"CPU of its store per message, {who}, ms", (), [gateway.store_cpu]),
    ]
    if f.missing or g.missing:
        rows.append(Row(f"tokens only in the end, {who}", [f.missing], [g.missing]))
    return rows


def _resting(floor: Server, gateway: Server) -> list[Row]:
    # ms per second are tenths of a percent.
    floors, gateways = [x / 10 for x in floor.resting], [x / 10 for x in gateway.resting]
    return [
        Row("CPU doing nothing, % of a core", floors, gateways[:1]),
        Row("CPU of its store doing nothing, %", (), gateways[1:]),
    ]


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


async def _bounded(size: Size) -> list[Row]:
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with asyncio.timeout(MOST_SECONDS):
        return await measure(size)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.widget_way", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: 40 s at most")
    size = QUICK if parser.parse_args(arguments).quick else FULL
    watch = Watch()
    try:
        rows = uvloop.run(_bounded(size))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    except (Failed, TimeoutError, ExceptionGroup) as error:
        print(f"widget_way: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    print(f"\n{watch}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
