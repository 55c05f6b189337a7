"""``chat-gateway forget`` and ``export``: what a person may ask of whoever runs the gateway."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Raw

from gateway.check import config_option
from gateway.config import Config
from gateway.forgetting import AtBot, Forgetting, Forgotten, Lanes
from gateway.store.connection import Connection
from gateway.store.dead import DeadLetter
from gateway.store.erasure import Erasure, RewriteFailed
from gateway.store.holdings import Holding
from gateway.visit import visiting

_UNKNOWN = "{person} is not known in channel {channel}: nothing is kept of anybody by that id."
_EXTERNAL = (
    "Your Redis server's append-only file has it until BGREWRITEAOF, and your backups for as long"
    " as you keep them."
)
_EMBEDDED = "Copies of the data directory that you made still have it."

_shared = click.option(
    "--shared", is_flag=True, help="Also conversations in which other people wrote."
)


@click.command()
@click.argument("channel")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_shared
@config_option
def forget(file: Path, channel: str, person: str, yes: bool, shared: bool) -> None:
    """Remove everything about a PERSON who wrote in a CHANNEL, here and at the bots."""

    async def work(config: Config, connection: Connection) -> bool:
        forgetting = Forgetting(config, connection)
        lanes = _known(await forgetting.find(channel, person), channel, person)
        chosen = _chosen(lanes, shared)
        _say(_plan(await forgetting.read(chosen), {} if shared else lanes.shared))
        if not chosen:
            return True
        if not yes:
            click.confirm("Remove this for ever?", abort=True)
        done = await forgetting.forget(channel, person, chosen)
        _say(_report(done))
        return await _remove_bytes(config, connection) and _is_whole(done)

    if not visiting(file, work):
        sys.exit(1)


def _known(lanes: Lanes, channel: str, person: str) -> Lanes:
    if not lanes.known:
        click.echo(_UNKNOWN.format(person=person, channel=channel), err=True)
        sys.exit(1)
    return lanes


def _chosen(lanes: Lanes, shared: bool) -> list[str]:
    return [*lanes.own, *(lanes.shared if shared else ())]


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _plan(holdings: list[Holding], stays: dict[str, int]) -> Iterator[str]:
    for holding in holdings:
        yield f"{holding.lane}: {_contents(holding)}"
    for lane, others in stays.items():
        yield f"{lane}: {_count(others, 'other person', 'other people')} wrote there too: it stays"
    if stays:
        yield "--shared removes what is shared, for everybody."


def _contents(holding: Holding) -> str:
    parts = (
        _count(len(holding.transcript), "message and answer", "messages and answers"),
        _count(len(holding.waiting), "waiting message"),
        _count(len(holding.dead_letters), "dead letter"),
        _count(len(holding.files), "file"),
        _count(len(holding.conversations), "conversation with a bot", "conversations with bots"),
        _count(len(holding.keys) + len(holding.elsewhere), "key"),
    )
    return ", ".join(part for part in parts if not part.startswith("0 "))


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or f'{one}s'}"


def _report(done: Forgotten) -> Iterator[str]:
    for holding in done.removed:
        if holding.lane in done.left:
            yield f"{holding.lane}: something was written there meanwhile: run this again"
        else:
            yield f"{holding.lane}: removed here"
        yield from (_at_bot(each) for each in done.at_bots if each.lane == holding.lane)


def _at_bot(each: AtBot) -> str:
    what = f"  bot {each.bot}, conversation {each.conversation}"
    return f"{what}: stays there: {each.problem}" if each.problem else f"{what}: removed there"


def _is_whole(done: Forgotten) -> bool:
    return not done.left and not any(each.problem for each in done.at_bots)


async def _remove_bytes(config: Config, connection: Connection) -> bool:
    """Have what was removed leave the disk too, or say where it still is."""
    if not config.redis.embedded:
        click.echo(_EXTERNAL)
        return True
    try:
        await Erasure(connection).rewrite()
    except RewriteFailed as failure:
        click.echo(f"The append-only file was not written anew: {failure}.", err=True)
        return False
    click.echo(_EMBEDDED)
    return True


@click.command()
@click.argument("channel")
@click.argument("person")
@_shared
@config_option
def export(file: Path, channel: str, person: str, shared: bool) -> None:
    """Print everything about a PERSON who wrote in a CHANNEL, as JSON."""

    async def work(config: Config, connection: Connection) -> dict[str, Any]:
        forgetting = Forgetting(config, connection)
        lanes = _known(await forgetting.find(channel, person), channel, person)
        holdings = await forgetting.read(_chosen(lanes, shared))
        return {
            "channel": channel,
            "person": person,
            "conversations": [_exported(holding) for holding in holdings],
            "kept_by_the_channel": [
                _as_json(value) for value in (await forgetting.remembered(channel, person)).values()
            ],
            "left_out_because_shared": [] if shared else list(lanes.shared),
        }

    click.echo(msgspec.json.format(msgspec.json.encode(visiting(file, work))))


def _exported(holding: Holding) -> dict[str, Any]:
    return {
        "lane": holding.lane,
        "transcript": [Raw(entry) for entry in holding.transcript],
        "waiting": [Raw(message) for message in holding.waiting],
        "dead_letters": [_letter(letter) for letter in holding.dead_letters],
        "bots": holding.conversations,
        "files": [
            {"name": file.name, "media_type": file.media_type, "size": file.size}
            for file in holding.files
        ],
    }


def _as_json(value: bytes) -> Raw | str:
    try:
        msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value.decode("utf-8", "replace")
    return Raw(value)


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {"id": letter.id, "reason": letter.reason, "message": letter.content}
