"""What is a command, and what only looks like one."""

import pytest

from gateway import commands


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/new", "new"),
        ("  /STOP\n", "stop"),
        ("/help", "help"),
        ("/start", "start"),
        ("new", ""),
        ("/newer", ""),
        ("/new please", ""),
        ("say /new", ""),
        ("/", ""),
        ("", ""),
        ("/etc/passwd", ""),
    ],
)
def test_parse(text: str, command: str) -> None:
    assert commands.parse(text) == command
