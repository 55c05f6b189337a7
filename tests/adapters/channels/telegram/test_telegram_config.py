"""The configuration of one Telegram bot: what is refused, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from support.servers import write_config

from adapters.channels.telegram import Config
from gateway.config import ConfigError, load

TOKEN = "1234567:hunter2_AAtheTokenOfTheTestBot-0123"


def mistakes(**keys: Any) -> dict[str, str]:
    """What is said of a configuration, by key."""
    with pytest.raises(ValidationError) as caught:
        Config(kind="telegram", **keys)
    assert "hunter2" not in str(caught.value)
    return {str(error["loc"][0]): error["msg"] for error in caught.value.errors()}


def test_a_token_is_enough() -> None:
    config = Config(kind="telegram", token=f" {TOKEN}\n")
    assert config.token.get_secret_value() == TOKEN
    assert config.bot_id == 1234567
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("keys", "key", "fix"),
    [
        ({"token": ""}, "token", "as @BotFather gives it"),
        ({"token": "hunter2"}, "token", "as @BotFather gives it"),
        ({"token": f"{TOKEN}/x"}, "token", "as @BotFather gives it"),
        ({"token": TOKEN, "api_url": "api.telegram.org"}, "api_url", "https://api.telegram.org"),
        ({"token": TOKEN, "api_url": "https://a:b@c.test"}, "api_url", "https://api.telegram.org"),
        ({"token": TOKEN, "allow_bots": ["my bot"]}, "allow_bots", "@other_bot"),
        ({"token": TOKEN, "max_file_mb": 21}, "max_file_mb", "set local_mode"),
        ({"token": TOKEN, "max_file_mb": 200, "local_mode": True}, "max_file_mb", "100"),
        ({"token": TOKEN, "streaming": "draft"}, "streaming", "'auto', 'edit' or 'off'"),
        ({"token": TOKEN, "webhook_secret": "x"}, "webhook_secret", "not permitted"),
    ],
)
def test_a_mistake_says_what_to_write(keys: dict[str, Any], key: str, fix: str) -> None:
    said = mistakes(**keys)
    assert set(said) == {key}
    assert fix in said[key]


def test_a_server_of_ones_own_gives_larger_files() -> None:
    assert Config(kind="telegram", token=TOKEN, max_file_mb=100, local_mode=True).max_file_mb == 100


def test_values_are_brought_into_one_form() -> None:
    config = Config(
        kind="telegram", token=TOKEN, api_url="http://bots.test/", allow_bots=["@Other_Bot", "77"]
    )
    assert (config.api_url, config.allow_bots) == ("http://bots.test", ("other_bot", "77"))


def test_the_file_s_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    section = {"kind": "telegram", "token": "hunter2 is none"}
    route = {"channel": "bot", "bot": "help"}
    file = write_config(
        tmp_path,
        {
            "channels": {"bot": section},
            "bots": {"help": {"kind": "clickai", "base_url": "https://a.test/v1", "api_key": "k"}},
            "routes": [route],
        },
    )
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert "channels.bot.token" in str(caught.value)
    assert "@BotFather" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_example_names_every_key_with_its_default() -> None:
    text = (Path(__file__).parents[4] / "config.example.yaml").read_text("utf-8")
    lines = iter(text.split("  # A Telegram bot;")[1].split("\n\n")[0].splitlines()[1:])
    section = yaml.safe_load("\n".join(line.removeprefix("  # ") for line in lines))
    (given,) = section.values()
    assert set(given) == set(Config.model_fields)
    config = Config(**given | {"token": TOKEN})
    assert config == Config(kind="telegram", token=TOKEN)
