"""What an operator may say about a bot."""

import pytest
from pydantic import ValidationError

from adapters.bots.chataibot import Bot, Config

LEAST = {"kind": "chataibot", "token": "t", "bot_key": "k", "webhook_secret": "s" * 16}


def test_little_need_be_said():
    config = Config.model_validate(LEAST)
    assert config.base_url == "https://app.chataibot.io"
    assert (config.request_timeout, config.connect_timeout) == (15, 10)
    assert config.quiet_time == 60
    assert Bot("helper", config).webhook_path == "/hooks/chataibot/helper"


def test_the_path_may_be_another():
    config = Config.model_validate({**LEAST, "webhook_path": "/in/here"})
    assert Bot("helper", config).webhook_path == "/in/here"


@pytest.mark.parametrize("url", ["https://x.io/", "https://x.io/api/v1", " https://x.io "])
def test_the_address_may_be_written_in_several_ways(url):
    assert Config.model_validate({**LEAST, "base_url": url}).base_url == "https://x.io"


@pytest.mark.parametrize("missing", ["token", "bot_key", "webhook_secret"])
def test_these_must_be_said(missing):
    with pytest.raises(ValidationError):
        Config.model_validate({key: value for key, value in LEAST.items() if key != missing})


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_secret": "SHORT-SECRET"},
        {"webhook_secret": "SECRET with a space"},
        {"token": "SECRET\n"},
        {"webhook_path": "SECRET"},
        {"webhook_path": "/SECRET/{x}"},
        {"base_url": "ftp://SECRET"},
        {"base_url": "https://user:SECRET@x.io"},
        {"request_timeout": 0},
        {"quiet_time": -1},
        {"quiet_time": float("inf")},
        {"fields": {"body": []}},
        {"fields": {"body": ["SECRET path"]}},
        {"fields": {"unknown": ["SECRET"]}},
        {"SECRET_unknown": 1},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_without_being_repeated(wrong):
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({**LEAST, **wrong})
    assert "SECRET" not in str(caught.value).replace("SECRET_unknown", "")


def test_secrets_are_not_printed():
    config = Config.model_validate({**LEAST, "token": "TOP", "webhook_secret": "SECRET" * 3})
    assert "TOP" not in repr(config)
    assert "SECRET" not in repr(config)
