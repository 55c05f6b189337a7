"""The command line, as a process: exit codes, and what it says when it cannot start."""

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.servers import web_config, write_config

from gateway import __version__


def gateway(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_it_says_its_version() -> None:
    done = gateway("--version")
    assert done.returncode == 0
    assert __version__ in done.stdout


def test_the_installed_command_is_the_same() -> None:
    command = Path(sys.executable).parent / "chat-gateway"
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout == gateway("--help").stdout
    for name in ("run", "demo", "init", "check"):
        assert f"\n  {name}" in done.stdout


def test_a_missing_configuration_is_a_mistake(folder: Path) -> None:
    done = gateway("run", "--config", folder / "nothing.yaml")
    assert done.returncode == 2
    assert "chat-gateway init" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"redis": {"url": "redis://127.0.0.1:1/0"}}, "cannot start: Redis"),
        ({"redis": {"server_binary": "no-such-server"}}, "redis.server_binary"),
        ({"server": {"host": "203.0.113.1", "port": 0}}, "cannot start"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    folder: Path, sections: dict[str, Any], words: str
) -> None:
    config = web_config("http://127.0.0.1:1/v1", **sections)
    done = gateway("run", "--config", write_config(folder, config))
    assert done.returncode == 1
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_one_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = web_config("http://127.0.0.1:1/v1", server={"port": port})
        done = gateway("run", "--config", write_config(folder, config))
    assert done.returncode == 1
    assert str(port) in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
