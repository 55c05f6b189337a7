"""``chat-gateway check --live``: whether each channel's platform would have it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.servers import web_config, write_config

import adapters.channels
from gateway.cli import main

PACKAGE = "adapters.channels.pigeon"
CHANNEL = '''
from typing import Literal

from pydantic import BaseModel

from gateway.ports import Description


class Config(BaseModel):
    kind: Literal["pigeon"]
    birds: int


class Channel:
    def __init__(self, name, config):
        self.name, self.config = name, config

    async def check(self, http, public_url):
        """As wide as the sky."""
        assert not http.closed
        if not self.config.birds:
            return Description(problem="there is no bird")
        return Description({"birds": str(self.config.birds), "from": public_url})
'''


@pytest.fixture(autouse=True)
def pigeon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (folder / "pigeon").mkdir()
    (folder / "pigeon" / "__init__.py").write_text(CHANNEL)
    monkeypatch.setattr(adapters.channels, "__path__", [*adapters.channels.__path__, str(folder)])
    yield
    sys.modules.pop(PACKAGE, None)


def check(sandbox: str, folder: Path, **birds: int) -> Result:
    config = web_config(sandbox)
    config["server"]["public_url"] = "https://chat.example.com"
    config["channels"] |= {
        name: {"kind": "pigeon", "birds": number} for name, number in birds.items()
    }
    config["routes"] += [{"channel": name, "bot": "bot"} for name in birds]
    file = write_config(folder, config)
    return CliRunner().invoke(main, ["check", "--live", "--config", str(file)])


# Nothing answers at the bot's address: what is said of it comes first, and is not looked at here.
AWAY = "http://127.0.0.1:1/v1"


def test_channels_that_can_be_asked_are(folder: Path) -> None:
    done = check(AWAY, folder, loft=7)
    assert done.stdout.splitlines()[-1] == (
        "channel loft is ready: birds 7, from https://chat.example.com"
    )
    assert "channel site" not in done.stdout


def test_a_channel_that_is_not_well_is_an_exit_code(folder: Path) -> None:
    done = check(AWAY, folder, loft=7, shed=0)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "channel shed: there is no bird"
