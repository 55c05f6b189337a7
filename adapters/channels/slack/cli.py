"""``chat-gateway slack``: what helps with setting a Slack app up."""

import json
from collections.abc import Mapping
from typing import Any

import click
import yaml
from pydantic import ValidationError

from adapters.channels.slack.config import Config
from adapters.channels.slack.manifest import install_path, manifest
from gateway.ports import Draft

SHAPES = {
    "bot_token": "xoxb-0",
    "app_token": "xapp-0",
    "signing_secret": "0",
    "client_id": "0",
    "client_secret": "0",
}
"""Stand for secrets: the manifest says which there are, and needs none of them."""

CREATE = """
Next:
1. https://api.slack.com/apps?new_app=1: From a manifest. Choose the workspace, paste this.
   (Of an app that is there already: App Manifest, paste, Save Changes.)
"""
PROOF = "2. Basic Information, Signing Secret: that is signing_secret."
CONNECT = (
    "2. Basic Information, App-Level Tokens: make one with the scope connections:write. That is\n"
    "   app_token."
)
ONE = "3. Install App: install it; the Bot User OAuth Token is bot_token."
MANY = (
    "3. Basic Information: Client ID and Client Secret are client_id and client_secret. Once the\n"
    "   gateway runs, each workspace installs the app at {url}."
)
RUN = "4. chat-gateway check --live; chat-gateway run"
VERIFY = (
    "5. Once it runs: Event Subscriptions; if Slack says the Request URL is not verified, press\n"
    "   Retry."
)


class Mistake(click.ClickException):
    """Something in the configuration that has to be mended first."""

    exit_code = 2


@click.group()
def cli() -> None:
    """Set a Slack app up."""


@cli.command("manifest")
@click.argument("channel", default="")
@click.option("--yaml/--json", "as_yaml", default=True, help="How it is printed; YAML by default.")
def manifest_command(draft: Draft, channel: str, as_yaml: bool) -> None:
    """Print the manifest of the app that CHANNEL needs.

    Secrets need not be there yet. CHANNEL may be left out when there is only one Slack channel.
    """
    name = _chosen(draft, channel)
    config = _config(name, draft.sections[name])
    try:
        made = manifest(name, config, draft.public_url)
    except ValueError as error:
        raise Mistake(str(error)) from None
    click.echo(_yaml(made) if as_yaml else json.dumps(made, indent=2, ensure_ascii=False))
    click.echo(_next(name, config, draft.public_url), err=True)


def _chosen(draft: Draft, channel: str) -> str:
    names = sorted(draft.sections)
    if not names:
        raise Mistake("channels: found none of kind slack; write one, such as team: {kind: slack}")
    if channel in names or (not channel and len(names) == 1):
        return channel or names[0]
    found = f"no Slack channel {channel}" if channel else "several Slack channels"
    raise Mistake(f"{found}; name one of: {', '.join(names)}")


def _config(name: str, section: Mapping[str, Any]) -> Config:
    known = {key: value for key, value in section.items() if value is not None}
    secret = {key.removesuffix("_file") for key in known} & SHAPES.keys()
    if not secret & {"app_token", "signing_secret"}:
        secret.add("signing_secret")
    if not secret & {"bot_token", "client_id", "client_secret"}:
        secret.add("bot_token")
    plain = {key: known[key] for key in known if key.removesuffix("_file") not in SHAPES}
    try:
        return Config.model_validate(plain | {key: SHAPES[key] for key in secret})
    except ValidationError as error:
        raise Mistake("\n".join(_mistakes(name, error))) from None


def _mistakes(name: str, error: ValidationError) -> list[str]:
    return [
        ".".join(map(str, ("channels", name, *mistake["loc"]))) + f": {mistake['msg']}"
        for mistake in error.errors(include_input=False, include_url=False)
    ]


def _yaml(made: dict[str, Any]) -> str:
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True).rstrip()


def _next(name: str, config: Config, public_url: str) -> str:
    third = MANY.format(url=public_url + install_path(name)) if config.oauth else ONE
    steps = [CREATE.rstrip(), CONNECT if config.app_token else PROOF, third, RUN]
    return "\n".join(steps if config.app_token else [*steps, VERIFY])
