"""``chat-gateway init``: a few questions, and a configuration that works."""

import json
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from string import Template
from typing import Protocol, TypeVar

import click

from gateway.check import config_option
from gateway.config.schema import origin

Value = TypeVar("Value")

API_KEY = "CLICKAI_API_KEY"
DEFAULT_BASE_URL = "https://api.clickai.io/v1"

CONFIG = Template("""\
# Chat Gateway. Every key there is: config.example.yaml.
# Secrets are in the environment, or in the file .env beside this one.

server:
  port: $port
  # Where browsers reach the gateway. Needed behind a proxy.
  public_url: $public_url

channels:
  site:
    kind: web
    # The public name of this site, not a secret.
    key: $key
    title: $title
    # The pages that may show the widget; the gateway's own page always may.
    origins: $origins

bots:
  help:
    kind: clickai
    base_url: $base_url
    api_key: $${$variable}

routes:
  - {channel: site, bot: help}
""")

NEXT = Template("""\
Written: $config, and $dotenv with the key. Keep $dotenv out of version control.

Check it:  chat-gateway check$option
Run it:    chat-gateway run$option
See it:    $url/w/$key
Embed it:  <script src="$url/widget/w.js" data-key="$key" defer></script>
""")


@dataclass(frozen=True)
class Answers:
    """What the person answered, each value already checked."""

    base_url: str
    api_key: str = field(repr=False)
    title: str
    origins: tuple[str, ...]
    port: int
    public_url: str


class Ask(Protocol):
    """Asks until ``check`` takes the answer; it raises ValueError saying what to write."""

    def __call__(self, question: str, default: str, check: Callable[[str], Value]) -> Value:
        """The answer as ``check`` returns it."""
        ...


def questions(ask: Ask, secret: Ask) -> Answers:
    """Ask everything; ``secret`` must not show what is typed."""
    return Answers(
        base_url=ask("Address of the ClickAI API", DEFAULT_BASE_URL, _base_url),
        api_key=secret("Key of the ClickAI app", "", _api_key),
        title=ask("What the chat is called", "Chat", _title),
        origins=ask("Sites that embed it, such as https://www.example.com", "", _origins),
        port=ask("Port to listen on", "8080", _port),
        public_url=ask("Public address of the gateway, if there is one", "", _public_url),
    )


def write(answers: Answers, file: Path) -> str:
    """Write the configuration and the ``.env`` beside it; returns what to do next."""
    dotenv, key = file.parent / ".env", f"pk_{token_hex(8)}"
    file.parent.mkdir(parents=True, exist_ok=True)
    _write_private(dotenv, f"{API_KEY}={answers.api_key}\n")
    file.write_text(_config(answers, key), encoding="utf-8")
    return NEXT.substitute(
        config=file,
        dotenv=dotenv,
        option="" if file == Path("config.yaml") else f" --config {shlex.quote(str(file))}",
        url=answers.public_url or f"http://127.0.0.1:{answers.port}",
        key=key,
    )


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Write the files anew when they exist.")
def init(file: Path, force: bool) -> None:
    """Answer a few questions and get a configuration that works."""
    existing = [str(path) for path in (file, file.parent / ".env") if path.exists()]
    if existing and not force:
        names = ", ".join(existing)
        raise click.ClickException(f"Already there: {names}. Write them anew with --force.")
    try:
        click.echo(f"\n{write(questions(_prompt, _hidden_prompt), file)}", nl=False)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def _config(answers: Answers, key: str) -> str:
    return CONFIG.substitute(
        port=answers.port,
        public_url=_quoted(answers.public_url),
        key=key,
        title=_quoted(answers.title),
        origins=_quoted(answers.origins),
        base_url=_quoted(answers.base_url),
        variable=API_KEY,
    )


def _quoted(value: object) -> str:
    # JSON is YAML; only our own ${…} must not be taken for a variable.
    return json.dumps(value, ensure_ascii=False).replace("${", "$${")


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # A file that was already there has kept its mode.
        path.chmod(0o600)
        file.write(text)


def _prompt(question: str, default: str, check: Callable[[str], Value]) -> Value:
    convert = _asking_again(check)
    return click.prompt(question, default=default, value_proc=convert, show_default=bool(default))


def _hidden_prompt(question: str, default: str, check: Callable[[str], Value]) -> Value:
    convert = _asking_again(check)
    return click.prompt(
        question, default=default, value_proc=convert, show_default=False, hide_input=True
    )


def _asking_again(check: Callable[[str], Value]) -> Callable[[str], Value]:
    def convert(text: str) -> Value:
        try:
            return check(text.strip())
        except ValueError as error:
            # click prints this and asks once more.
            raise click.UsageError(str(error)) from None

    return convert


def _base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise ValueError(f"Write an address such as {DEFAULT_BASE_URL}.")
    return text.rstrip("/")


def _api_key(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text) or text[0] in "'\"":
        raise ValueError("Write the key alone: no spaces, no quotes.")
    return text


def _title(text: str) -> str:
    if not text.isprintable() or not 1 <= len(text) <= 80:
        raise ValueError("Write a name of at most 80 characters.")
    return text


def _origins(text: str) -> tuple[str, ...]:
    return tuple(origin(word) for word in re.split(r"[,\s]+", text) if word)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError("Write a number from 1 to 65535.")
    return int(text)


def _public_url(text: str) -> str:
    return origin(text) if text else ""
