"""``chat-gateway check``: everything that is wrong with a configuration, or that it is fine."""

import asyncio
import os
from pathlib import Path

import click

from gateway.config import Config, ConfigError, load
from gateway.ports import Description

MISTAKEN = 2
"""The exit code for a configuration that cannot be used."""
UNWELL = 1
"""The exit code for one that is right, but whose bots or platforms are not."""

config_option = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default="config.yaml",
    show_default=True,
    help="The configuration file.",
)


def load_or_exit(file: Path) -> Config:
    """Load a configuration; print its mistakes and exit when there are any."""
    try:
        return load(file, os.environ)
    except ConfigError as error:
        click.echo(f"{file} cannot be used:\n\n{error}", err=True)
        raise SystemExit(MISTAKEN) from None


@click.command()
@config_option
@click.option("--live", is_flag=True, help="Also ask bots and platforms how they are.")
def check(file: Path, live: bool) -> None:
    """Check a configuration file without starting anything."""
    config = load_or_exit(file)
    parts = {"channel": config.channels, "bot": config.bots, "route": config.routes}
    counts = ", ".join(_count(len(items), noun) for noun, items in parts.items())
    click.echo(f"{file} is fine: {counts}")
    if live and not _all_are_well(config):
        raise SystemExit(UNWELL)


def _all_are_well(config: Config) -> bool:
    # Only this needs the adapters themselves.
    from gateway.live import check_channels, describe

    bots, channels = asyncio.run(describe(config)), asyncio.run(check_channels(config))
    for name, description in bots.items():
        click.echo(_line(f"bot {name}", "answers", description))
    for name, description in channels.items():
        click.echo(_line(f"channel {name}", "is ready", description))
    return not any(each.problem for each in (*bots.values(), *channels.values()))


def _line(who: str, does: str, description: Description) -> str:
    if description.problem:
        return f"{who}: {description.problem}"
    abilities = ", ".join(f"{word} {value}" for word, value in description.abilities.items())
    return f"{who} {does}{': ' if abilities else ''}{abilities}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
