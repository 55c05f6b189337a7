"""The app manifest: right for its configuration, and within what Slack takes."""

import json
import re
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.slack.cli import cli
from adapters.channels.slack.config import Config
from adapters.channels.slack.manifest import events, manifest, scopes
from gateway.ports import Draft

FOLDER = Path(manifest.__code__.co_filename).parent
URL = "https://chat.example.com"
HTTP = {"bot_token": "xoxb-1", "signing_secret": "s"}
SOCKET = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
OAUTH = {"client_id": "1.1", "client_secret": "c", "signing_secret": "s"}

SCOPES = {
    "app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands",
    "files:read", "files:write", "groups:history", "im:history", "im:write", "mpim:history",
    "reactions:read",
    "users:read",
}  # fmt: skip
NEEDS = {
    "agent_session_stopped": "assistant:write",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "tokens_revoked": "",
}
"""Every event that the app may want, and the scope without which Slack refuses it."""

ALLOWS = {
    "agents.sessions.setStatus": "assistant:write",
    "assistant.threads.setStatus": "chat:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "chat.": "chat:write",
    "conversations.history": "im:history",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "apps.connections.open": "",
    "auth.test": "",
    "users.info": "users:read",
    "views.": "",
}
"""Methods, or the beginnings of their names, and the scope that allows them."""

LENGTHS = {
    ("display_information", "name"): 35,
    ("display_information", "description"): 140,
    ("features", "bot_user", "display_name"): 80,
    ("features", "agent_view", "agent_description"): 300,
    ("features", "agent_view", "suggested_prompts"): 4,
    ("features", "slash_commands"): 50,
    ("features", "slash_commands", 0, "command"): 32,
    ("features", "slash_commands", 0, "description"): 2000,
    ("features", "slash_commands", 0, "usage_hint"): 1000,
    ("features", "slash_commands", 0, "url"): 3000,
    ("features", "shortcuts", 0, "name"): 24,
    ("features", "shortcuts", 0, "callback_id"): 255,
    ("features", "shortcuts", 0, "description"): 150,
    ("settings", "event_subscriptions", "bot_events"): 100,
    ("settings", "event_subscriptions", "request_url"): 3500,
    ("settings", "interactivity", "request_url"): 3500,
    ("oauth_config", "redirect_urls", 0): 2500,
}
"""The most characters, or items, of what may be there."""

KEYS: dict[tuple[str | int, ...], set[str]] = {
    (): {"_metadata", "display_information", "features", "oauth_config", "settings"},
    ("display_information",): {"name", "description"},
    ("features",): {"app_home", "bot_user", "shortcuts", "agent_view", "slash_commands"},
    ("features", "agent_view"): {"agent_description", "suggested_prompts"},
    ("features", "shortcuts", 0): {"name", "type", "callback_id", "description"},
    ("features", "slash_commands", 0): {
        "command", "url", "description", "usage_hint", "should_escape",
    },
    ("oauth_config",): {"redirect_urls", "scopes"},
    ("settings",): {
        "event_subscriptions", "interactivity", "org_deploy_enabled", "socket_mode_enabled",
        "token_rotation_enabled",
    },
    ("settings", "event_subscriptions"): {"request_url", "bot_events"},
    ("settings", "interactivity"): {"is_enabled", "request_url"},
}  # fmt: skip
"""Slack refuses a manifest with keys that it does not know."""


def at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        try:
            tree = tree[part]
        except (KeyError, IndexError):
            return None
    return tree


def assert_taken_by_slack(made: dict[str, Any]) -> None:
    for path, most in LENGTHS.items():
        value = at(made, path)
        assert value is None or 0 < len(value) <= most, path
    for path, known in KEYS.items():
        assert set(at(made, path) or {}) <= known, path
    for prompt in at(made, ("features", "agent_view", "suggested_prompts")) or []:
        assert set(prompt) == {"title", "message"}
        assert all(prompt.values())
    assert set(at(made, ("oauth_config", "scopes", "bot"))) <= SCOPES
    wanted = at(made, ("settings", "event_subscriptions", "bot_events"))
    granted = {*at(made, ("oauth_config", "scopes", "bot")), ""}
    assert len(set(wanted)) == len(wanted)
    assert {NEEDS[event] for event in wanted} <= granted


def config(**keys: Any) -> Config:
    return Config(kind="slack", **(HTTP | keys))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200)
configs = st.fixed_dictionaries(
    {},
    optional={
        "agent": st.booleans(),
        "follow_threads": st.booleans(),
        "edits": st.sampled_from(["ignore", "answer"]),
        "prompts": st.lists(texts, max_size=4),
        "max_file_mb": st.sampled_from([0, 20]),
        "command": st.sampled_from(["", "/ask", "/" + "x" * 31]),
        "name": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=35),
    },
)


@given(st.sampled_from([HTTP, SOCKET, OAUTH]), configs, st.sampled_from(["team", "x" * 200]))
def test_slack_takes_the_manifest_of_every_configuration(
    way: dict[str, Any], keys: dict[str, Any], name: str
) -> None:
    made = manifest(name, Config(kind="slack", **way, **keys), URL)
    assert_taken_by_slack(made)
    assert json.loads(json.dumps(made)) == made
    assert yaml.safe_load(yaml.safe_dump(made)) == made


def test_over_http_everything_comes_to_one_address() -> None:
    made = manifest("team", config(), URL)
    address = f"{URL}/slack/team/events"
    assert at(made, ("settings", "event_subscriptions", "request_url")) == address
    assert at(made, ("settings", "interactivity", "request_url")) == address
    assert at(made, ("features", "slash_commands", 0, "url")) == address
    assert at(made, ("settings", "socket_mode_enabled")) is False
    assert at(made, ("oauth_config", "redirect_urls")) is None
    assert at(made, ("settings", "token_rotation_enabled")) is False


def test_over_a_socket_there_is_no_address() -> None:
    made = manifest("team", Config(kind="slack", **SOCKET), "")
    assert "http" not in json.dumps(made)
    assert at(made, ("settings", "socket_mode_enabled")) is True
    assert at(made, ("settings", "interactivity", "is_enabled")) is True


def test_for_many_workspaces_tokens_rotate_and_leaving_is_heard_of() -> None:
    many = Config(kind="slack", **OAUTH)
    made = manifest("team", many, URL)
    assert at(made, ("oauth_config", "redirect_urls")) == [f"{URL}/slack/team/callback"]
    assert at(made, ("settings", "token_rotation_enabled")) is True
    assert at(made, ("settings", "org_deploy_enabled")) is True
    assert {"app_uninstalled", "tokens_revoked"} <= set(events(many))


def test_an_app_asks_for_no_more_than_it_needs() -> None:
    assert set(scopes(config())) == SCOPES
    assert set(scopes(config(agent=False))) == SCOPES - {"assistant:write"}
    assert set(scopes(config(max_file_mb=0))) == SCOPES - {"files:read"}
    assert "agent_session_stopped" not in events(config(agent=False))
    quiet = config(follow_threads=False)
    assert not {"message.channels", "message.groups", "message.mpim"} & set(events(quiet))
    assert "message.channels" in events(config(follow_threads=False, edits="answer"))
    assert at(manifest("t", config(agent=False), URL), ("features", "agent_view")) is None
    assert at(manifest("t", config(command=""), URL), ("features", "slash_commands")) is None


def test_every_method_that_is_called_is_allowed() -> None:
    families = "agents|apps|assistant|auth|bots|chat|conversations|files|reactions|users|views"
    method = re.compile(rf'"((?:{families})\.[A-Za-z]+(?:\.[A-Za-z]+)?)"')
    # The Api names methods that nobody may call.
    sources = [file for file in FOLDER.glob("*.py") if file.name != "api.py"]
    called = {name for file in sources for name in method.findall(file.read_text())}
    called.discard("files.slack.com")
    assert called > {"chat.startStream", "views.open"}
    granted = {*scopes(config()), ""}
    for name in called:
        allowing = [scope for start, scope in ALLOWS.items() if name.startswith(start)]
        assert allowing, name
        assert set(allowing) <= granted, name


@pytest.mark.parametrize("url", ["", "http://chat.example.com"])
@pytest.mark.parametrize("way", [HTTP, OAUTH, OAUTH | {"app_token": "xapp-1"}])
def test_slack_needs_an_https_address(url: str, way: dict[str, Any]) -> None:
    keys = {k: v for k, v in way.items() if "app_token" not in way or k != "signing_secret"}
    with pytest.raises(ValueError, match=r"^server\.public_url: found .*; write the https"):
        manifest("team", Config(kind="slack", **keys), url)


def run(draft: Draft, *arguments: str) -> Result:
    """The command, handed what is written in a file."""
    command = copy(cli.commands["manifest"])
    assert command.callback
    command.callback = partial(command.callback, draft=draft)
    return CliRunner().invoke(command, arguments)


def test_the_command_prints_nothing_but_the_manifest() -> None:
    done = run(Draft(URL, {"team": {"kind": "slack", "bot_token": "", "signing_secret": ""}}))
    assert done.exit_code == 0
    assert yaml.safe_load(done.stdout) == manifest("team", config(), URL)
    assert "Signing Secret" in done.stderr
    json_too = run(Draft(URL, {"team": {"kind": "slack"}}), "team", "--json")
    assert json.loads(json_too.stdout) == manifest("team", config(), URL)


def test_the_command_never_shows_a_secret() -> None:
    secret = {"bot_token": "xoxb-real", "app_token": "xapp-real", "prompts": 5}
    for section in (secret, secret | {"prompts": ["hi"]}, {"client_id": "real", "name": 3}):
        done = run(Draft(URL, {"team": {"kind": "slack", **section}}))
        assert "real" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"app_token": ""}, "App-Level Tokens"),
        ({"app_token_file": "/run/secrets/app"}, "App-Level Tokens"),
        ({"client_id": "", "client_secret": ""}, f"{URL}/slack/team/install"),
        ({"signing_secret": None, "bot_token": None}, "Signing Secret"),
    ],
)
def test_what_to_do_next_is_said_beside_it(section: dict[str, Any], words: str) -> None:
    done = run(Draft(URL, {"team": {"kind": "slack", **section}}))
    assert done.exit_code == 0
    assert words in done.stderr
    assert words not in done.stdout


@pytest.mark.parametrize(
    ("draft", "argument", "words"),
    [
        (Draft(URL, {}), "", "channels: found none of kind slack"),
        (Draft(URL, {"a": {"kind": "slack"}, "b": {"kind": "slack"}}), "", "one of: a, b"),
        (Draft(URL, {"a": {"kind": "slack"}}), "c", "no Slack channel c; name one of: a"),
        (Draft("", {"a": {"kind": "slack"}}), "", "server.public_url: found nothing"),
        (Draft(URL, {"a": {"kind": "slack", "dm_mode": "x"}}), "", "channels.a.dm_mode: "),
        (Draft(URL, {"a": {"kind": "slack", "wrong": 1}}), "", "channels.a.wrong: "),
        (Draft(URL, {"a": {"kind": "slack", "client_id": ""}}), "", "channels.a.client_secret"),
    ],
)
def test_what_keeps_it_from_being_made_is_said(draft: Draft, argument: str, words: str) -> None:
    done = run(draft, *filter(None, [argument]))
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
