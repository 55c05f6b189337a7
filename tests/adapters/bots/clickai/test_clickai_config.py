"""What an operator may write about a ClickAI app."""

import pytest
from pydantic import ValidationError

from adapters.bots.clickai import Bot, Config
from gateway.ports import HasQuota


def test_the_least_there_must_be():
    config = Config(kind="clickai", api_key="app-1")
    assert config.base_url == "https://api.clickai.io/v1"
    assert config.inputs == {}
    assert not config.auto_generate_name
    assert "app-1" not in repr(config)


def test_a_slash_at_the_end_makes_no_difference():
    config = Config(kind="clickai", api_key="k", base_url="http://localhost:8081/v1/")
    assert config.base_url == "http://localhost:8081/v1"


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "api.clickai.io/v1"},
        {"base_url": "ftp://api.clickai.io"},
        {"base_url": "https://me:secret@api.clickai.io/v1"},
        {"base_url": "https://api.clickai.io/v1?key=secret"},
        {"api_key": ""},
        {"api_key": "secret\nline"},
        {"api_key": "Bearer secret"},
        {"idle_timeout": 0},
        {"content_timeout": float("inf")},
        {"timeout": 3},
        {"plan": "gold"},
        {"requests_per_minute": -1},
        {"requests_per_day": -1},
        {"studio_url": "clickai.io"},
        {"studio_token": "secret token", "workspace_id": "w"},
    ],
)
def test_what_is_refused_and_without_repeating_it(values):
    with pytest.raises(ValidationError) as refused:
        Config.model_validate({"kind": "clickai", "api_key": "k", **values})
    assert next(iter(values)) in str(refused.value)
    assert "secret" not in str(refused.value)


def test_inputs_keep_their_types():
    inputs = {"a": "1", "b": 1, "c": 1.5, "d": True}
    found = Config(kind="clickai", api_key="k", inputs=inputs).inputs
    assert [(key, type(value)) for key, value in found.items()] == [
        ("a", str),
        ("b", int),
        ("c", float),
        ("d", bool),
    ]


def test_the_studio_needs_a_workspace():
    with pytest.raises(ValidationError, match="write workspace_id, too"):
        Config(kind="clickai", api_key="k", studio_token="t")


@pytest.mark.parametrize(
    ("keys", "per_minute", "per_day"),
    [
        ({}, 0, 0),
        ({"plan": "sandbox"}, 100, 10_000),
        ({"plan": "professional"}, 500, 100_000),
        ({"plan": "team"}, 1_000, 500_000),
        ({"plan": "enterprise"}, 0, 0),
        ({"plan": "enterprise", "requests_per_minute": 7}, 7, 0),
        ({"plan": "team", "requests_per_minute": 0, "requests_per_day": 3}, 0, 3),
    ],
)
def test_how_often_a_plan_may_be_asked(keys, per_minute, per_day):
    bot = Bot("a", Config(kind="clickai", api_key="k", **keys))
    assert isinstance(bot, HasQuota)
    assert (bot.quota.per_minute, bot.quota.per_day) == (per_minute, per_day)


def test_bots_that_share_a_key_share_its_quota():
    def key(name, **keys):
        told = {"kind": "clickai", "api_key": "app-secret", "app": name, **keys}
        return Bot(name, Config(**told)).quota.key

    assert key("a") == key("b", base_url="https://API.clickai.io/v1/")
    assert len({key("a"), key("a", api_key="k"), key("a", base_url="http://other/v1")}) == 3
    assert "secret" not in key("a")
