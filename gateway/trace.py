"""``chat-gateway trace``: what became of one message, checkpoint by checkpoint."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from gateway.check import config_option
from gateway.config import Config
from gateway.store.connection import Connection
from gateway.store.traces import Checkpoint, Fact, Traces
from gateway.store.whereabouts import State, Whereabouts, locate
from gateway.visit import visiting


class Traced(Struct, frozen=True):
    """All that is known of a turn."""

    turn: str
    now: Whereabouts
    checkpoints: list[Checkpoint]


class TurnName(click.ParamType[tuple[str, int]]):
    """``LANE#TURN``, as log lines have it."""

    name = "turn"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """The lane and the number of the turn."""
        lane, _, turn = value.rpartition("#")
        if not (lane and turn.isascii() and turn.isdigit() and len(turn) < 16):
            self.fail("Give it as log lines do, in quotes: 'site:visitor#3'.", param, ctx)
        return lane, int(turn)


@click.command()
@click.argument("turn", type=TurnName(), metavar="LANE#TURN")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def trace(file: Path, turn: tuple[str, int], as_json: bool) -> None:
    """Print what happened to a turn, and where it is now.

    LANE#TURN is what log lines call "turn". Checkpoints are kept for a day.
    """

    async def look(_: Config, connection: Connection) -> Traced:
        checkpoints = await Traces(connection).read(*turn)
        return Traced("{}#{}".format(*turn), await locate(connection, *turn), checkpoints)

    traced = visiting(file, look)
    click.echo(_json(traced) if as_json else "\n".join(lines(traced, time.time())))
    if traced.now.state is State.UNKNOWN and not traced.checkpoints:
        sys.exit(1)


def _json(traced: Traced) -> str:
    return msgspec.json.format(msgspec.json.encode(traced)).decode()


def lines(traced: Traced, now: float) -> list[str]:
    """A trace for people to read, with times from its first checkpoint."""
    head = f"{traced.turn}: {_sentence(traced.now, now)}"
    if not traced.checkpoints:
        return [head, "  no checkpoints: they are kept for a day"]
    begin = traced.checkpoints[0].at
    longest = max(len(checkpoint.what) for checkpoint in traced.checkpoints)
    rows = [_line(checkpoint, begin, longest) for checkpoint in traced.checkpoints]
    return [head, f"  {_time(begin)}", *rows]


def _line(checkpoint: Checkpoint, begin: float, longest: int) -> str:
    facts = " ".join(f"{name}={_plain(fact)}" for name, fact in checkpoint.facts.items())
    words = (f"{checkpoint.at - begin:+10.3f} s", checkpoint.what.ljust(longest), facts)
    return "  ".join((*words, f"[{checkpoint.worker}]" if checkpoint.worker else "")).rstrip()


def _plain(fact: Fact) -> str:
    return f"{fact:.3f}".rstrip("0").rstrip(".") if isinstance(fact, float) else str(fact)


def _sentence(now: Whereabouts, clock: float) -> str:
    match now.state:
        case State.RUNNING:
            return f"running, attempt {now.attempt}, on {now.worker} (seen {now.heard:.1f} s ago)"
        case State.PARKED:
            when = f"parked until {_time(now.due)}, in {max(0.0, now.due - clock):.1f} s"
            return f"{when}, after attempt {now.attempt}" if now.attempt else when
        case State.WAITING:
            return f"waiting, {now.place} of {now.waiting} in its conversation"
        case State.DEAD:
            return f"dead letter {now.dead_letter}: {now.reason}"
        case State.SEALED:
            return "sealed: answered, and removed from the inbox"
    return "unknown: its conversation has not come that far, or is forgotten"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "milliseconds").replace("+00:00", " UTC")
