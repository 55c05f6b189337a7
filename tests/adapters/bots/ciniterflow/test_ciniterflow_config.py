"""What an operator may write about a CiniterFlow flow."""

import pytest
from pydantic import ValidationError

from adapters.bots.ciniterflow import Config

FLOW = "066d3c15-a19e-4f92-9f43-b910551a9232"
LEAST = {"kind": "ciniterflow", "base_url": "https://flow.ciniter.com", "flow_id": FLOW}


def test_the_least_there_must_be():
    config = Config.model_validate(LEAST)
    assert str(config.flow_id) == FLOW
    assert config.api_key is None
    assert config.override_config == {}
    assert config.streaming
    assert config.idle_timeout > 30


def test_the_key_is_not_shown():
    assert "key-1" not in repr(Config.model_validate({**LEAST, "api_key": "key-1"}))


@pytest.mark.parametrize(
    "address", ["http://localhost:3000/", "http://localhost:3000/api/v1", "http://localhost:3000"]
)
def test_the_api_s_own_path_makes_no_difference(address):
    config = Config.model_validate({**LEAST, "base_url": address})
    assert config.base_url == "http://localhost:3000"


@pytest.mark.parametrize("missing", ["base_url", "flow_id"])
def test_what_must_be_there(missing):
    with pytest.raises(ValidationError, match=missing):
        Config.model_validate({key: value for key, value in LEAST.items() if key != missing})


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "flow.ciniter.com"},
        {"base_url": "ftp://flow.ciniter.com"},
        {"base_url": "https://me:secret@flow.ciniter.com"},
        {"base_url": "https://flow.ciniter.com?key=secret"},
        {"flow_id": "your-flow-id"},
        {"api_key": ""},
        {"api_key": "secret\nline"},
        {"api_key": "Bearer secret"},
        {"idle_timeout": 0},
        {"content_timeout": float("inf")},
        {"override_config": {"sessionId": "secret"}},
        {"timeout": 3},
    ],
)
def test_what_is_refused_and_without_repeating_it(values):
    with pytest.raises(ValidationError) as refused:
        Config.model_validate({**LEAST, **values})
    assert next(iter(values)) in str(refused.value)
    assert "secret" not in str(refused.value)
