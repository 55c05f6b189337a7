"""Asking a configured bot from the terminal."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from support.servers import web_config, write_config


async def ask(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "ask", "--config", str(file), *arguments]
    run = subprocess.run
    return await asyncio.to_thread(
        run, command, capture_output=True, text=True, timeout=30, check=False
    )


async def test_the_answer_is_printed_and_the_conversation_goes_on(
    sandbox: str, folder: Path
) -> None:
    file = write_config(folder, web_config(sandbox))
    first = await ask(file, "bot", "My name is Sarah")
    assert first.returncode == 0
    assert "Sarah" in first.stdout
    named = re.search(r"--conversation '([^']+)'", first.stderr)
    assert named
    second = await ask(file, "bot", "what is my name?", "--conversation", named[1])
    assert "Sarah" in second.stdout


async def test_a_failure_is_an_exit_code_and_what_was_said_is_printed(
    sandbox: str, folder: Path
) -> None:
    done = await ask(write_config(folder, web_config(sandbox)), "bot", "fail midway")
    assert done.returncode == 1
    assert done.stdout
    assert "failed: unavailable" in done.stderr


async def test_an_unknown_bot_is_a_mistake(sandbox: str, folder: Path) -> None:
    done = await ask(write_config(folder, web_config(sandbox)), "nobody", "x")
    assert done.returncode == 2
    assert "there is bot" in done.stderr
    assert "Traceback" not in done.stderr
