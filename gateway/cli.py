"""The command line: ``chat-gateway``, which is the same as ``python -m gateway``."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click

from gateway import __version__
from gateway.ask import ask
from gateway.bots import bots
from gateway.check import check, config_option, load_or_exit
from gateway.config import Config
from gateway.dead_letters import dead_letters
from gateway.demo import Demo, SandboxError
from gateway.extensions import Extensible
from gateway.init import init
from gateway.knowledge.cli import knowledge
from gateway.ports import CannotStart, StoreUnavailable
from gateway.privacy import export, forget
from gateway.service import run
from gateway.store.embedded import EmbeddedError
from gateway.store.meta import StoreError
from gateway.telemetry import configure_logging
from gateway.trace import trace


@click.group(cls=Extensible, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="chat-gateway")
def main() -> None:
    """Carries messages and streamed answers between chat channels and bots."""


@main.command("run")
@config_option
def run_command(file: Path) -> None:
    """Run the gateway of a configuration file."""
    config = load_or_exit(file)
    _logging(config)
    _run(run(config))


@main.command()
@click.option("--port", default=8080, show_default=True, help="Where the page is served.")
@click.option("--sandbox-port", default=8081, show_default=True, help="Where the bot listens.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=Path("data/demo"),
    show_default=True,
    help="What the demo remembers.",
)
def demo(port: int, sandbox_port: int, data_dir: Path) -> None:
    """Try the gateway: a page with the widget, and a sandbox bot that answers."""
    try:
        demo = Demo(port, sandbox_port, data_dir.absolute())
    except OSError as error:
        _cannot_start(error)
    _logging(demo.config)
    _run(demo.run(lambda url: click.echo(f"\n  Open {url}/ and write something.\n", err=True)))


main.add_command(ask)
main.add_command(bots)
main.add_command(check)
main.add_command(dead_letters)
main.add_command(export)
main.add_command(forget)
main.add_command(init)
main.add_command(knowledge)
main.add_command(trace)


def _logging(config: Config) -> None:
    configure_logging(config.logging.level, config.logging.format, config.secrets())


def _run(service: Coroutine[Any, Any, None]) -> None:
    try:
        _loop(service)
    except (EmbeddedError, StoreError, SandboxError, CannotStart) as error:
        click.echo(f"chat-gateway: {error}", err=True)
        sys.exit(1)
    except StoreUnavailable as error:
        click.echo(f"chat-gateway: cannot start: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        _cannot_start(error)


def _cannot_start(error: OSError) -> NoReturn:
    click.echo(f"chat-gateway: cannot start: {error.strerror or error}", err=True)
    sys.exit(1)


def _loop(service: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(service)
    else:
        uvloop.run(service)
