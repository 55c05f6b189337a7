"""What an operator may write about a ClickAI app."""

import pytest
from pydantic import ValidationError

from adapters.bots.clickai import Config


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
