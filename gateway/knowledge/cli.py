"""``chat-gateway knowledge``: index what is configured, search it, and see what there is."""

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from gateway.check import MISTAKEN, UNWELL, config_option, load_or_exit
from gateway.config import Config
from gateway.knowledge.builder import BuildFailed
from gateway.knowledge.building import Progress
from gateway.knowledge.conditions import Condition, Filter, InvalidCondition, Operator
from gateway.knowledge.library import Library, folder_of
from gateway.knowledge.model import NotReady, Query, Record, Stats
from gateway.telemetry import configure_logging

Result = TypeVar("Result")

SHOWN = 300
"""Characters of a chunk in a listing."""

_OPERATORS = "|".join(map(re.escape, sorted(Operator, key=len, reverse=True)))
_CONDITION = re.compile(rf"(?P<name>.+?)\s+(?P<operator>{_OPERATORS})(?:\s+(?P<value>.+))?")
_NAME = "Name of a knowledge; not needed where there is one only."


@click.group()
def knowledge() -> None:
    """Documents that bots look things up in."""


@knowledge.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@config_option
def index(file: Path, names: tuple[str, ...]) -> None:
    """Index what has changed, and say what was skipped.

    A gateway that runs does so by itself; one that runs in the same folder takes over what is
    built here.
    """
    config = _loaded(file)
    for name in names or config.knowledge:
        try:
            stats = _with(config, name, _indexed(name))
        except (BuildFailed, OSError) as error:
            click.echo(f"{name}: {getattr(error, 'strerror', None) or error}", err=True)
            sys.exit(UNWELL)
        click.echo(f"{name}: {_counts(stats)}")
        for skipped in stats.skipped:
            click.echo(f"  skipped {skipped.path}: {skipped.reason}", err=True)


def _indexed(name: str) -> Callable[[Library], Coroutine[Any, Any, Stats]]:
    async def work(library: Library) -> Stats:
        with click.progressbar(length=1, label=name, file=sys.stderr) as bar:

            def told(progress: Progress) -> None:
                bar.length = max(1, progress.files)
                bar.update(progress.done - bar.pos)

            await library.refresh(told)
            bar.update(bar.length - bar.pos if bar.length else 0)
        return library.stats()

    return work


class FilterType(click.ParamType[Condition]):
    """``NAME OPERATOR VALUE``, with the operators of the API."""

    name = "condition"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Condition:
        """The condition."""
        found = _CONDITION.fullmatch(value.strip())
        if not found:
            known = ", ".join(Operator)
            self.fail(f"Write 'NAME OPERATOR VALUE'; the operators are {known}.", param, ctx)
        try:
            return Condition(found["name"], found["operator"], found["value"])
        except InvalidCondition as error:
            self.fail(str(error), param, ctx)


@knowledge.command()
@click.argument("words")
@click.option("--knowledge", "name", default="", help=_NAME)
@click.option("--top-k", default=5, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--score-threshold",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The least score.",
)
@click.option(
    "--filter",
    "conditions",
    multiple=True,
    type=FilterType(),
    metavar="'NAME OPERATOR VALUE'",
    help="What metadata must be; all of several.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def search(
    file: Path,
    words: str,
    name: str,
    top_k: int,
    score_threshold: float,
    conditions: tuple[Condition, ...],
    as_json: bool,
) -> None:
    """Search what is indexed, as a bot would."""
    config = _loaded(file)
    query = Query(words, top_k, score_threshold, Filter(True, conditions) if conditions else None)

    async def work(library: Library) -> list[Record]:
        await library.adopt()
        return await library.search(query)

    try:
        records = _with(config, name or _only(config), work)
    except NotReady:
        click.echo("Nothing is indexed yet: run chat-gateway knowledge index.", err=True)
        sys.exit(UNWELL)
    click.echo(_json(records) if as_json else _listing(records))


@knowledge.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def stats(file: Path, as_json: bool) -> None:
    """Say what is indexed, which fields it can be filtered by, and what was skipped."""
    config = _loaded(file)

    async def work(library: Library) -> Stats:
        await library.adopt()
        return library.stats()

    found = {name: _with(config, name, work) for name in config.knowledge}
    if as_json:
        click.echo(_json(found))
    else:
        click.echo("\n".join(line for name in found for line in _lines(name, found[name])))


def _loaded(file: Path) -> Config:
    config = load_or_exit(file)
    configure_logging("error", config.logging.format, config.secrets())
    if not config.knowledge:
        click.echo(f"There is no knowledge in {file}: see config.example.yaml.", err=True)
        sys.exit(MISTAKEN)
    return config


def _only(config: Config) -> str:
    if len(config.knowledge) > 1:
        raise click.UsageError(f"Say --knowledge, one of {', '.join(config.knowledge)}.")
    return next(iter(config.knowledge))


def _with(
    config: Config, name: str, work: Callable[[Library], Coroutine[Any, Any, Result]]
) -> Result:
    if name not in config.knowledge:
        known = ", ".join(config.knowledge)
        raise click.UsageError(f"There is no knowledge {name!r}: name one of {known}.")

    async def run() -> Result:
        library = Library(config.knowledge[name], folder_of(config.redis.data_dir, name))
        try:
            return await work(library)
        finally:
            await library.stop()

    return asyncio.run(run())


def _json(shown: object) -> str:
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _listing(records: list[Record]) -> str:
    if not records:
        return "Nothing is found."
    return "\n\n".join(_entry(number, record) for number, record in enumerate(records, 1))


def _entry(number: int, record: Record) -> str:
    place = " > ".join(filter(None, (record.title, str(record.metadata.get("heading", "")))))
    text = " ".join(record.content.split())
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"{number}. {record.score:.2f}  {place}  ({record.metadata['path']})\n   {cut}"


def _lines(name: str, stats: Stats) -> list[str]:
    if not stats.generation:
        return [f"{name}: nothing is indexed yet"]
    built = datetime.fromtimestamp(stats.built, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    fields = ", ".join(f"{field} ({count})" for field, count in sorted(stats.fields.items()))
    skipped = [f"  skipped {each.path}: {each.reason}" for each in stats.skipped]
    size = f"{stats.bytes / 1e6:.1f} MB, built {built}"
    return [f"{name}: {_counts(stats)}, {size}", f"  fields (documents): {fields}", *skipped]


def _counts(stats: Stats) -> str:
    return f"{stats.documents} documents, {stats.chunks} chunks, {len(stats.skipped)} skipped"
