"""Commands that channels add to the command line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import adapters.channels
from gateway.cli import main

PACKAGE = "adapters.channels.pigeon"
CLI = '''
import click


@click.group()
def cli():
    """Keep pigeons."""


@cli.command("count")
@click.argument("most", type=int)
@click.option("--loud", is_flag=True)
def count(draft, most, loud):
    """Count them."""
    click.echo(f"{draft.public_url} {sorted(draft.sections.items())} {most} {loud}")
'''
CONFIG = """
server: {public_url: "${PUBLIC_URL}/"}
channels:
  loft: {kind: pigeon, birds: "${BIRDS}", name: "${NOT_SET}"}
  site: {kind: web, key: pk_site}
"""


@pytest.fixture
def pigeon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A channel with a command, and one without; the folder of the first."""
    for name in ("pigeon", "raven"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
    (folder / "pigeon" / "cli.py").write_text(CLI)
    monkeypatch.setattr(adapters.channels, "__path__", [*adapters.channels.__path__, str(folder)])
    monkeypatch.setenv("PUBLIC_URL", "https://chat.example.com")
    monkeypatch.setenv("BIRDS", "7")
    yield folder / "pigeon"
    for module in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[module]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_channel_s_commands_are_listed_with_the_others(pigeon: Path) -> None:
    done = run("--help")
    assert done.exit_code == 0
    assert "pigeon        Keep pigeons." in done.stdout
    assert "\n  check " in done.stdout
    assert "raven" not in done.stdout
    assert "\n  web" not in done.stdout


def test_other_commands_do_not_load_a_channel(pigeon: Path, folder: Path) -> None:
    run("check", "--config", folder / "none.yaml")
    assert PACKAGE not in sys.modules


def test_a_command_is_handed_what_is_written(pigeon: Path, folder: Path) -> None:
    file = folder / "config.yaml"
    file.write_text(CONFIG)
    for _ in range(2):
        done = run("pigeon", "count", "3", "--loud", "--config", file)
        assert done.exit_code == 0, done.output
        section = {"kind": "pigeon", "birds": "7", "name": ""}
        assert done.stdout.splitlines()[-1] == (
            f"https://chat.example.com {[('loft', section)]} 3 True"
        )


@pytest.mark.parametrize("text", ["", "server: 5\nchannels: [a]", "channels: {a: 5}"])
def test_a_file_that_says_little_is_little(pigeon: Path, folder: Path, text: str) -> None:
    file = folder / "config.yaml"
    file.write_text(text)
    done = run("pigeon", "count", "3", "--config", file)
    if text:
        assert done.stdout.splitlines()[-1] == " [] 3 False"
    else:
        assert (done.exit_code, "an empty file" in done.stderr) == (2, True)


def test_a_file_that_is_not_there_is_a_mistake(pigeon: Path, folder: Path) -> None:
    done = run("pigeon", "count", "3", "--config", folder / "none.yaml")
    assert done.exit_code == 2
    assert "chat-gateway init" in done.stderr


def test_what_a_channel_has_not_is_no_command(pigeon: Path) -> None:
    for name in ("raven", "web", "nothing"):
        assert "No such command" in run(name, "count").stderr
    assert "No such command" in run("pigeon", "feed").stderr
