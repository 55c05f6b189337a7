"""``chat-gateway bots``: what other bots the vendors of the configured ones have."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from gateway.check import MISTAKEN, UNWELL, config_option, load_or_exit
from gateway.config import Config
from gateway.live import started
from gateway.ports import CanListBots, Listed
from gateway.telemetry import configure_logging

_NONE = (
    "No bot in {file} can list others. Where a vendor has a list of them, config.example.yaml "
    "names the keys that give a bot access to it."
)
_COLUMNS = ("ID", "NAME", "MODE")


class Listing(Struct, frozen=True):
    """What one configured bot's vendor has; ``problem`` is why it could not be seen."""

    bot: str
    found: tuple[Listed, ...] = ()
    problem: str = ""


@click.group()
def bots() -> None:
    """Look beyond the configured bots."""


@bots.command("list")
@click.option("--mode", default="", help="Only those of one kind, as the vendor calls it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def list_command(file: Path, mode: str, as_json: bool) -> None:
    """List the bots that the vendors of the configured bots have."""
    config = load_or_exit(file)
    configure_logging("warning", config.logging.format, config.secrets())
    listings = asyncio.run(_listings(config, mode))
    if not listings:
        click.echo(_NONE.format(file=file), err=True)
        sys.exit(MISTAKEN)
    for listing in listings:
        if listing.problem:
            click.echo(f"bot {listing.bot}: {listing.problem}", err=True)
    seen = [listing for listing in listings if not listing.problem]
    if seen:
        click.echo(_json(seen) if as_json else _tables(seen))
    sys.exit(UNWELL if len(seen) < len(listings) else 0)


async def _listings(config: Config, mode: str) -> list[Listing]:
    found: list[Listing] = []
    for name in config.bots:
        async with started(config, name) as (bot, _):
            if isinstance(bot, CanListBots):
                found.append(await _listing(name, bot, mode))
    return found


async def _listing(name: str, bot: CanListBots, mode: str) -> Listing:
    try:
        return Listing(name, tuple([each async for each in bot.list_bots(mode)]))
    except ValueError as error:
        return Listing(name, problem=str(error))


def _json(listings: Sequence[Listing]) -> str:
    shown = {listing.bot: listing.found for listing in listings}
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _tables(listings: Sequence[Listing]) -> str:
    return "\n\n".join(_table(listing) for listing in listings)


def _table(listing: Listing) -> str:
    rows = [(each.id, each.name, each.mode) for each in listing.found]
    if not rows:
        return f"bot {listing.bot}: there is none"
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in (_COLUMNS, *rows))
    return "\n".join((f"bot {listing.bot}:", *lines))
