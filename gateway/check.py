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
"""The exit code for one that is right, but whose bots are not."""

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
@click.option("--live", is_flag=True, help="Also ask each bot what it can do.")
def check(file: Path, live: bool) -> None:
    """Check a configuration file without starting anything."""
    config = load_or_exit(file)
    parts = {"channel": config.channels, "bot": config.bots, "route": config.routes}
    counts = ", ".join(_count(len(items), noun) for noun, items in parts.items())
    click.echo(f"{file} is fine: {counts}")
    if live and not _bots_are_well(config):
        raise SystemExit(UNWELL)


def _bots_are_well(config: Config) -> bool:
    # Only this needs the adapters themselves.
    from gateway.live import describe

    described = asyncio.run(describe(config))
    for name, description in described.items():
        click.echo(_line(name, description))
    return not any(description.problem for description in described.values())


def _line(name: str, description: Description) -> str:
    if description.problem:
        return f"bot {name}: {description.problem}"
    abilities = ", ".join(f"{word} {value}" for word, value in description.abilities.items())
    return f"bot {name} answers{': ' if abilities else ''}{abilities}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
