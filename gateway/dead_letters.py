"""``chat-gateway dead-letters``: what could not be answered: look at it, try again, let it go."""

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from gateway.check import config_option
from gateway.config import Config
from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.dead import DeadLetter, DeadLetters
from gateway.store.inbox import Inbox
from gateway.store.people import People
from gateway.store.work import Item
from gateway.visit import visiting

_NONE = "There are no dead letters."

Command = Callable[..., Any]


class Refused(Exception):
    """A letter is not replayed; the text says what to do."""


@click.group()
def dead_letters() -> None:
    """Messages that could not be answered, kept with the reason."""


def _chosen(command: Command) -> Command:
    """Which letters a command is for: some by their ids, or all."""
    command = click.option("--all", "everything", is_flag=True, help="All that there are.")(command)
    return click.argument("ids", nargs=-1, metavar="[ID]…")(command)


class Row(Struct, frozen=True):
    """What the list says of one: when (UTC) and why it was given up on, never what was written."""

    id: str
    when: str
    channel: str
    bot: str
    turn: str
    bytes: int
    reason: str


@dead_letters.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def list_command(file: Path, as_json: bool) -> None:
    """List them, without what people wrote."""

    async def work(_: Config, connection: Connection) -> list[Row]:
        rows = [_row(letter) async for letter in DeadLetters(connection).all()]
        return sorted(rows, key=attrgetter("when", "id"))

    rows = visiting(file, work)
    click.echo(_json(rows) if as_json else _table(rows) if rows else _NONE)


def _row(letter: DeadLetter) -> Row:
    return Row(
        id=letter.id,
        when=_time(letter.at),
        channel=keys.channel_of(letter.lane),
        bot=letter.item.bot if letter.item else "?",
        turn=f"{letter.lane}#{letter.turn}",
        bytes=len(letter.message),
        reason=letter.reason,
    )


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _table(rows: Sequence[Row]) -> str:
    head = tuple(name.upper() for name in Row.__struct_fields__)
    cells = [head, *(tuple(map(str, msgspec.structs.astuple(row))) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


@dead_letters.command()
@click.argument("id")
@config_option
def show(file: Path, id: str) -> None:  # noqa: A002
    """Print all of one, with what was written."""

    async def find(_: Config, connection: Connection) -> DeadLetter | None:
        return await DeadLetters(connection).find(id)

    if letter := visiting(file, find):
        click.echo(_json({"when": _time(letter.at), **asdict(letter), "message": letter.content}))
    else:
        _exit_for([_unknown(id)])


@dead_letters.command()
@_chosen
@config_option
def replay(file: Path, ids: tuple[str, ...], everything: bool) -> None:
    """Have them answered after all.

    Each is put behind what waits in its conversation, and is no dead letter any more.
    """
    _check(ids, everything)

    async def work(config: Config, connection: Connection) -> list[str]:
        replaying = Replaying(config, connection)
        return [
            problem
            async for id_, letter in _letters(connection, ids, everything)
            if (problem := await _attempt(replaying, id_, letter))
        ]

    _exit_for(visiting(file, work))


async def _attempt(replaying: "Replaying", id_: str, letter: DeadLetter | None) -> str:
    """Replay one, and say so; what is wrong when it is not."""
    if letter is None:
        return _unknown(id_)
    try:
        click.echo(f"{id_}: waits as {await replaying.replay(letter)}")
    except Refused as refusal:
        return f"{id_}: {refusal}"
    return ""


class Replaying:
    """Admits dead letters again."""

    def __init__(self, config: Config, connection: Connection) -> None:
        self._config = config
        self._inbox = Inbox(connection, "operator", config.limits)
        self._people = People(connection, config.limits.conversation_days)
        self._letters = DeadLetters(connection)

    async def replay(self, letter: DeadLetter) -> str:
        """Admit a letter under a name of its own, so that it is one message however often it is
        replayed, and drop it; the turn it will be answered in.

        Raises Refused, and then the letter stays; StoreUnavailable, and then it may do both.
        """
        item = self._understood(letter)
        person = item.inbound.origin.person.id
        await self._people.note(keys.channel_of(letter.lane), person, letter.lane)
        again = replace(item, inbound=replace(item.inbound, id=f"dead-letter:{letter.id}"))
        admission = await self._inbox.admit(letter.lane, again)
        if admission.status not in ("accepted", "duplicate"):
            raise Refused("too much is waiting: replay it later")
        await self._letters.drop([letter.id])
        return f"{letter.lane}#{admission.turn}"

    def _understood(self, letter: DeadLetter) -> Item:
        item, channel = letter.item, keys.channel_of(letter.lane)
        if item is None:
            raise Refused("this version does not understand it: show it, then drop it")
        if channel not in self._config.channels:
            raise Refused(f"channel {channel} is not configured: add it again, or drop the letter")
        if item.bot not in self._config.bots:
            raise Refused(f"bot {item.bot} is not configured: add it again, or drop the letter")
        return item


@dead_letters.command()
@_chosen
@config_option
def drop(file: Path, ids: tuple[str, ...], everything: bool) -> None:
    """Remove them for ever."""
    _check(ids, everything)

    async def work(_: Config, connection: Connection) -> list[str]:
        chosen = [id_ async for id_, _ in _letters(connection, ids, everything)]
        dropped = await DeadLetters(connection).drop(chosen)
        for id_ in dropped:
            click.echo(f"{id_}: dropped")
        return [_unknown(id_) for id_ in chosen if id_ not in dropped]

    _exit_for(visiting(file, work))


async def _letters(
    connection: Connection, ids: tuple[str, ...], everything: bool
) -> AsyncIterator[tuple[str, DeadLetter | None]]:
    letters = DeadLetters(connection)
    if everything:
        async for letter in letters.all():
            yield letter.id, letter
    for id_ in ids:
        yield id_, await letters.find(id_)


def _check(ids: tuple[str, ...], everything: bool) -> None:
    if bool(ids) is everything:
        raise click.UsageError("Name dead letters by their ids, or say --all.")


def _json(shown: object) -> str:
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _unknown(id_: str) -> str:
    return f"{id_}: there is no such dead letter"


def _exit_for(problems: list[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
