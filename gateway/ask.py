"""``chat-gateway ask``: a configured bot, straight from the terminal, without a channel."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

import click

from gateway.check import config_option, load_or_exit
from gateway.config import Config
from gateway.live import started
from gateway.model import (
    Ask,
    Awaiting,
    Choices,
    Conversation,
    Done,
    Failed,
    Forgotten,
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
            case Choices(prompt, items):
                self._aside(f"{prompt} " + " | ".join(item.label for item in items))
            case Forgotten():
                self._aside("the bot no longer knew the conversation; this is a new one")
            case _:
                self._note(event)

    def _note(self, event: ReplyEvent) -> None:
        match event:
            case Reference(conversation) if conversation:
                self.reference = conversation
            case Done():
                click.echo()
            case Awaiting():
                self._aside("the bot will answer by itself, in its own time; not here")
            case Failed(failure, detail):
                self.failed = True
                self._aside(f"failed: {failure.value} {detail}".rstrip())

    def _aside(self, text: str) -> None:
        click.secho(f"\n[{text}]", err=True, dim=True)


@click.command()
@click.argument("bot")
@click.argument("question")
@click.option("--conversation", default="", help="Go on with one: what an earlier answer named.")
@config_option
def ask(bot: str, question: str, conversation: str, file: Path) -> None:
    """Ask a configured BOT a QUESTION and print its answer as it comes."""
    config = load_or_exit(file)
    configure_logging("warning", config.logging.format, config.secrets())
    if bot not in config.bots:
        raise click.BadParameter(f"there is {', '.join(config.bots)}", param_hint="BOT")
    printer = Printer()
    asyncio.run(_ask(config, bot, question, conversation, printer))
    if printer.reference:
        click.secho(f"[to go on: --conversation '{printer.reference}']", err=True, dim=True)
    sys.exit(1 if printer.failed else 0)


async def _ask(config: Config, name: str, question: str, reference: str, printer: Printer) -> None:
    conversation = Conversation(reference)
    asked = Ask(turn="1", text=question, user=USER, conversation=conversation)
    async with started(config, name) as bot, aclosing(bot.answer(asked)) as events:
        async for event in events:
            printer.show(event)
