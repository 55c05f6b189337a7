"""``chat-gateway ask``: a configured bot, straight from the terminal, without a channel."""

import asyncio
import mimetypes
import sys
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import click

from gateway.check import config_option, load_or_exit
from gateway.config import Config
from gateway.live import Handed, started
from gateway.model import (
    Ask,
    Attachment,
    Awaiting,
    Choices,
    Conversation,
    Done,
    Failed,
    File,
    Forgotten,
    Notice,
    Reference,
    ReplyEvent,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)
from gateway.telemetry import configure_logging

USER = "terminal"
READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)


class Printer:
    """Shows an answer as it comes: the text on stdout, everything else on stderr."""

    def __init__(self) -> None:
        self.reference = ""
        self.failed = False

    def show(self, event: ReplyEvent) -> None:
        """One event."""
        match event:
            case TextDelta(text):
                click.echo(text, nl=False)
            case TextReplace(text):
                self._aside("the answer was replaced:")
                click.echo(text, nl=False)
            case Thought(text) | Status(text):
                self._aside(text)
            case ToolUse(name, finished):
                self._aside(f"{name}{' has answered' if finished else ' …'}")
            case Sources(items):
                self._aside("sources: " + ", ".join(item.title for item in items))
            case Suggestions(items):
                self._aside("suggestions: " + " | ".join(items))
            case Choices(prompt, items, words=words):
                self._aside(f"{words} {prompt} " + " | ".join(item.label for item in items))
            case Forgotten():
                self._aside("the bot no longer knew the conversation; this is a new one")
            case _:
                self._note(event)

    def _note(self, event: ReplyEvent) -> None:
        match event:
            case Reference(conversation) if conversation:
                self.reference = conversation
            case File(attachment) if attachment.content:
                self._aside(f"file: {attachment.name}, {attachment.size} bytes")
            case File(attachment):
                self._aside(f"a file could not be fetched: {attachment.name}")
            case Notice(text):
                self._aside(text)
            case Done():
                click.echo()
            case Awaiting():
                self._aside("the bot will answer by itself, in its own time; not here")
            case Failed(failure, detail):
                self.failed = True
                self._aside(f"failed: {failure.value} {detail}".rstrip())

    def _aside(self, text: str) -> None:
        click.secho(f"\n[{text}]", err=True, dim=True)


class Question(NamedTuple):
    """What is asked, and what is done with the answer."""

    bot: str
    text: str
    conversation: str
    files: tuple[tuple[str, bytes], ...]
    save_to: Path | None


@click.command()
@click.argument("bot")
@click.argument("question")
@click.option("--conversation", default="", help="Go on with one: what an earlier answer named.")
@click.option("--file", "files", type=READABLE, multiple=True, help="Send a file along.")
@click.option("--save-to", type=FOLDER, help="Where to put files of the answer.")
@config_option
def ask(
    bot: str,
    question: str,
    conversation: str,
    files: tuple[Path, ...],
    save_to: Path | None,
    file: Path,
) -> None:
    """Ask a configured BOT a QUESTION and print its answer as it comes."""
    config = load_or_exit(file)
    configure_logging("warning", config.logging.format, config.secrets())
    if bot not in config.bots:
        raise click.BadParameter(f"there is {', '.join(config.bots)}", param_hint="BOT")
    printer = Printer()
    read = tuple((path.name, path.read_bytes()) for path in files)
    asked = Question(bot, question, conversation, read, save_to)
    asyncio.run(_ask(config, asked, printer))
    if printer.reference:
        click.secho(f"[to go on: --conversation '{printer.reference}']", err=True, dim=True)
    sys.exit(1 if printer.failed else 0)


async def _ask(config: Config, question: Question, printer: Printer) -> None:
    async with started(config, question.bot) as (bot, handed):
        asked = Ask(
            turn="1",
            text=question.text,
            user=USER,
            conversation=Conversation(question.conversation),
            attachments=tuple([await _kept(handed, *file) for file in question.files]),
        )
        async with aclosing(bot.answer(asked)) as events:
            async for event in events:
                printer.show(event)
                if isinstance(event, File) and event.attachment.content and question.save_to:
                    data = await handed.read(event.attachment)
                    _save(question.save_to, event.attachment, data)


async def _kept(handed: Handed, name: str, data: bytes) -> Attachment:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return await handed.keep(name, media_type, data)


def _save(folder: Path, attachment: Attachment, data: bytes) -> None:
    # A name is the bot's word: it may not lead out of the folder, nor over what is there.
    name = Path(attachment.name.replace("\\", "/")).name or "file"
    path = folder / name
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    path.write_bytes(data)
    click.secho(f"[saved {path}]", err=True, dim=True)
