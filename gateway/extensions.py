"""Commands that channels add to the command line: one group for each that has any."""

import os
from copy import copy
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click

from gateway.check import MISTAKEN, config_option
from gateway.config import ConfigError, draft, kinds
from gateway.config.adapters import PACKAGE
from gateway.ports import Draft

FOLDER = "channels"


class Extensible(click.Group):
    """Its own commands, and those of the channels.

    A channel's folder may have a ``cli.py`` with a group ``cli``, which is called as the folder.
    Each command in it has ``--config`` without saying so, and is handed what is written there as
    ``draft`` (``gateway.ports.Draft``). A channel is loaded only when something asks for it.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all."""
        return sorted({*super().list_commands(ctx), *filter(_has_commands, kinds(FOLDER))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One by its name."""
        own = super().get_command(ctx, cmd_name)
        if own or cmd_name not in kinds(FOLDER) or not _has_commands(cmd_name):
            return own
        return _group(cmd_name)


def _has_commands(kind: str) -> bool:
    # Looking at the files: finding the module would load the whole channel.
    folders = import_module(f"{PACKAGE}.{FOLDER}").__path__
    return any(Path(folder, kind, "cli.py").is_file() for folder in folders)


def _group(kind: str) -> click.Group:
    group = copy(import_module(f"{PACKAGE}.{FOLDER}.{kind}.cli").cli)
    group.name = kind
    group.commands = {name: _handed(each, kind) for name, each in group.commands.items()}
    return cast("click.Group", group)


def _handed(command: click.Command, kind: str) -> click.Command:
    """The same command with ``--config``, handed the draft."""
    callback = command.callback

    def handed(file: Path, **options: Any) -> Any:
        return callback(draft=_draft(file, kind), **options) if callback else None

    command = copy(command)
    command.params = [*command.params]
    command.callback = handed
    return config_option(command)


def _draft(file: Path, kind: str) -> Draft:
    try:
        return draft(file, os.environ, FOLDER, kind)
    except ConfigError as error:
        click.echo(f"{file} cannot be used:\n\n{error}", err=True)
        raise SystemExit(MISTAKEN) from None
