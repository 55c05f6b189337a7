"""The configuration of one Slack app: what is refused, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from support.servers import write_config

from adapters.channels.slack import Config
from gateway.config import ConfigError, load

HTTP = {"bot_token": "xoxb-1-hunter2", "signing_secret": "s-hunter2"}
SOCKET = {"bot_token": "xoxb-1-hunter2", "app_token": "xapp-1-hunter2"}
OAUTH = {"client_id": "1.2", "client_secret": "c-hunter2", "signing_secret": "s-hunter2"}


def mistakes(**keys: Any) -> dict[str, str]:
    """What is said of a configuration, by key."""
    with pytest.raises(ValidationError) as caught:
        Config(kind="slack", **keys)
    assert "hunter2" not in str(caught.value)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


@pytest.mark.parametrize("keys", [HTTP, SOCKET, OAUTH], ids=["http", "socket", "oauth"])
def test_there_are_three_ways(keys: dict[str, str]) -> None:
    config = Config(kind="slack", **keys)
    assert config.oauth == ("client_id" in keys)
    assert "hunter2" not in repr(config)


def test_nothing_at_all_is_two_mistakes() -> None:
    said = mistakes()
    assert set(said) == {"bot_token", "signing_secret"}
    assert "xoxb-" in said["bot_token"]
    assert "client_id" in said["bot_token"]
    assert "app_token" in said["signing_secret"]


@pytest.mark.parametrize(
    ("keys", "key", "fix"),
    [
        ({**HTTP, "app_token": "xapp-1"}, "signing_secret", "signing_secret for HTTP, or app_tok"),
        ({**OAUTH, "bot_token": "xoxb-1"}, "bot_token", "one workspace, or client_id"),
        ({**OAUTH, "client_secret": ""}, "client_secret", "both client_id and client_secret"),
        ({**HTTP, "client_secret": "c"}, "client_secret", "both client_id and client_secret"),
        ({**HTTP, "bot_token": "xoxp-hunter2"}, "bot_token", "begin with xoxb-"),
        ({**SOCKET, "app_token": "xoxb-hunter2"}, "app_token", "begin with xapp-"),
        ({**HTTP, "signing_secret": "a b"}, "signing_secret", "Basic Information"),
        ({**HTTP, "api_url": "slack.com"}, "api_url", "https://slack.com/api/"),
        ({**HTTP, "command": "ask"}, "command", "such as /ask"),
        ({**HTTP, "file_hosts": ["https://files.slack.com"]}, "file_hosts", "files.slack.com"),
        ({**HTTP, "allow_bots": ["my bot"]}, "allow_bots", "B0123456789"),
        ({**HTTP, "prompts": list("abcde")}, "prompts", "at most 4"),
        ({**HTTP, "name": "n" * 36}, "name", "at most 35"),
    ],
)
def test_a_mistake_says_what_to_write(keys: dict[str, Any], key: str, fix: str) -> None:
    said = mistakes(**keys)
    assert set(said) == {key}
    assert fix in said[key]


def test_an_address_ends_with_a_slash() -> None:
    assert Config(kind="slack", **HTTP, api_url="http://x/api").api_url == "http://x/api/"


def test_a_wrong_token_is_told_by_its_key_and_not_shown(tmp_path: Path) -> None:
    config = {
        "channels": {"team": {"kind": "slack", **HTTP, "bot_token": "hunter2"}},
        "bots": {"bot": {"kind": "clickai", "api_key": "app-1"}},
        "routes": [{"channel": "team", "bot": "bot"}],
    }
    with pytest.raises(ConfigError) as caught:
        load(write_config(tmp_path, config), {})
    assert [problem.path for problem in caught.value.problems] == ["channels.team.bot_token"]
    assert "hunter2" not in str(caught.value)


def test_the_example_shows_every_key_and_its_default() -> None:
    text = Path(__file__).parents[4].joinpath("config.example.yaml").read_text("utf-8")
    begin = text.index("  # team:\n")
    lines = text[begin : text.index("\n\n", begin)].splitlines()
    shown = yaml.safe_load("\n".join(line.replace("  # ", "  ", 1) for line in lines))["team"]
    left = {"app_token", "client_id", "client_secret"}
    assert set(shown) == set(Config.model_fields) - left
    assert all(f"{key}: ${{" in text for key in left)
    for key, field in Config.model_fields.items():
        if key in shown and key not in ("kind", "bot_token", "signing_secret"):
            assert (
                tuple(shown[key]) == field.default
                if isinstance(field.default, tuple)
                else shown[key] == field.default
            )
