"""``chat-gateway telegram``: where a bot's updates go, shown and changed by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import click
from pydantic import ValidationError

from adapters.channels.telegram.api import Api, Limited, Refused, Unauthorized, Unreached, Unsure
from adapters.channels.telegram.config import Config
from adapters.channels.telegram.hooks import mode_of, problem_of, wanted
from adapters.channels.telegram.live import BOT_REFUSED, describe
from adapters.channels.telegram.webhook import secret_of
from gateway.ports import Draft

UNWELL = 1
"""The exit code when something is wrong with the bot, or with Telegram."""

NO_CHANNEL = "channels: found none of kind telegram; write one, such as chat: {kind: telegram}"
POLLS = (
    "channels.{name}.updates: found polling, so a gateway that runs would remove the webhook; "
    "write webhook or auto"
)
SET = "Telegram now sends updates of channel {name} to {url}"
DELETED = (
    "The webhook of channel {name} is removed. Telegram keeps what people write for 24 hours: it "
    "comes once the gateway polls (updates: polling), or starts and sets the webhook again."
)

Result = TypeVar("Result")


class Mistake(click.ClickException):
    """Something in the configuration that has to be mended first."""

    exit_code = 2


class Failure(click.ClickException):
    """Telegram did not do it."""

    exit_code = UNWELL


@click.group()
def cli() -> None:
    """Look at a Telegram bot, and set or remove its webhook.

    CHANNEL may be left out when there is only one Telegram channel. A gateway that runs sets the
    webhook by itself.
    """


@cli.command()
@click.argument("channel", default="")
def info(draft: Draft, channel: str) -> None:
    """Say who the bot is, and what is wrong."""
    name, config = _chosen(draft, channel)
    described = _asked(lambda http: describe(name, config, http, draft.public_url))
    for word, value in described.abilities.items():
        click.echo(f"{word}: {value}")
    if described.problem:
        raise Failure(described.problem)


@cli.command("set-webhook")
@click.argument("channel", default="")
def set_webhook(draft: Draft, channel: str) -> None:
    """Have Telegram call the gateway.

    It then sends updates to server.public_url, as it does once a gateway has started there.
    """
    name, config = _chosen(draft, channel)
    if config.updates == "polling":
        raise Mistake(POLLS.format(name=name))
    if problem := problem_of(draft.public_url, local=config.local_mode):
        raise Mistake(problem)
    settings = wanted(name, draft.public_url, secret_of(config.token.get_secret_value(), name))
    _done(config, "setWebhook", settings)
    click.echo(SET.format(name=name, url=settings["url"]))
    if mode_of(config, draft.public_url) == "polling":
        click.echo("Write `updates: webhook`: with auto the gateway polls here.", err=True)


@cli.command("delete-webhook")
@click.argument("channel", default="")
def delete_webhook(draft: Draft, channel: str) -> None:
    """Have Telegram call nobody.

    It keeps updates until they are asked for; none is thrown away.
    """
    name, config = _chosen(draft, channel)
    _done(config, "deleteWebhook", {"drop_pending_updates": False})
    click.echo(DELETED.format(name=name))


def _done(config: Config, method: str, arguments: Mapping[str, Any]) -> None:
    """Have Telegram do it; raises Failure with what to do instead."""
    token = config.token.get_secret_value()
    try:
        _asked(lambda http: Api(http, config.api_url, token).call(method, **arguments))
    except Unauthorized:
        raise Failure(BOT_REFUSED) from None
    except Limited as limited:
        wait = f"try again in {limited.retry_after:.0f} s"
        raise Failure(f"Telegram was asked too often: {wait}") from None
    except Refused as refused:
        # A token without its shape is not known at all.
        said = BOT_REFUSED if refused.code == 404 else f"Telegram refused: {refused.description}"
        raise Failure(said) from None
    except Unreached:
        raise Failure(f"no connection to {config.api_url}; nothing was changed") from None
    except Unsure as error:
        said = f"no usable answer from Telegram ({error}): look with `chat-gateway telegram info`"
        raise Failure(said) from None


def _asked(asking: Callable[[aiohttp.ClientSession], Awaitable[Result]]) -> Result:
    async def ask() -> Result:
        async with aiohttp.ClientSession() as http:
            return await asking(http)

    return asyncio.run(ask())


def _chosen(draft: Draft, channel: str) -> tuple[str, Config]:
    names = sorted(draft.sections)
    if not names:
        raise Mistake(NO_CHANNEL)
    if channel not in names and (channel or len(names) > 1):
        found = f"no Telegram channel {channel}" if channel else "several Telegram channels"
        raise Mistake(f"{found}; name one of: {', '.join(names)}")
    name = channel or names[0]
    return name, _config(name, draft.sections[name])


def _config(name: str, section: Mapping[str, Any]) -> Config:
    known = {key: value for key, value in section.items() if value is not None}
    if "token" not in known and (file := known.pop("token_file", "")):
        known["token"] = _secret(name, str(file))
    try:
        return Config.model_validate(known)
    except ValidationError as error:
        raise Mistake("\n".join(_mistakes(name, error))) from None


def _secret(name: str, file: str) -> str:
    # As everywhere in the configuration: beside the file it is written in.
    beside = click.get_current_context().params.get("file") or Path()
    try:
        return (Path(beside).parent / file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Mistake(f"channels.{name}.token_file: cannot read {file}") from None


def _mistakes(name: str, error: ValidationError) -> list[str]:
    return [
        ".".join(map(str, ("channels", name, *mistake["loc"]))) + f": {mistake['msg']}"
        for mistake in error.errors(include_input=False, include_url=False)
    ]
