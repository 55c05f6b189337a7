"""``chat-gateway check``: everything that is wrong with a configuration, or that it is fine."""

import os
from pathlib import Path

import click

from gateway.config import Config, ConfigError, load

MISTAKEN = 2
"""The exit code for a configuration that cannot be used."""

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
def check(file: Path) -> None:
    """Check a configuration file without starting anything."""
    config = load_or_exit(file)
    parts = {"channel": config.channels, "bot": config.bots, "route": config.routes}
    counts = ", ".join(_count(len(items), noun) for noun, items in parts.items())
    click.echo(f"{file} is fine: {counts}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
