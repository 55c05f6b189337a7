"""``chat-gateway check --live``: what each bot can do, and what is wrong with it."""

import asyncio
import subprocess
import sys
from pathlib import Path

from support.servers import free_port, web_config, write_config

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving

SIZES = "files 3 at a time (image 10 MB / document 15 MB / audio 50 MB / video 100 MB)"


async def check(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "check", "--live", "--config", str(file)]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )


async def test_bots_that_are_well_are_described(sandbox: str, folder: Path) -> None:
    config = web_config(sandbox)
    async with serving(CiniterFlow(Answers("# X\n").answer).application(), "127.0.0.1", 0) as port:
        config["bots"] |= {
            "flow": {
                "kind": "ciniterflow",
                "base_url": f"http://127.0.0.1:{port}",
                "flow_id": flows.CHAT.id,
            },
            "work": {"kind": "clickai", "base_url": sandbox, "api_key": "app-workflow"},
        }
        done = await check(write_config(folder, config))
    assert done.returncode == 0
    lines = done.stdout.splitlines()[1:]
    assert lines == [
        f"bot bot answers: as chat, {SIZES}, speech to text, suggests questions",
        "bot flow answers: streams yes, images gif, jpeg, png, webp up to 5 MB, speech no, "
        "documents plain text",
        f"bot work answers: as workflow, message in input_text, {SIZES}",
    ]


async def test_bots_that_are_not_well_are_an_exit_code(sandbox: str, folder: Path) -> None:
    config = web_config(sandbox)
    away = f"http://127.0.0.1:{free_port()}"
    config["bots"] |= {
        "refused": {"kind": "clickai", "base_url": sandbox, "api_key": "bad-key"},
        "away": {"kind": "clickai", "base_url": f"{away}/v1", "api_key": "k"},
        "flow": {"kind": "ciniterflow", "base_url": away, "flow_id": flows.CHAT.id},
    }
    done = await check(write_config(folder, config))
    assert done.returncode == 1
    said = dict(line.removeprefix("bot ").split(": ", 1) for line in done.stdout.splitlines()[1:])
    assert "401" in said["refused"]
    assert "bad-key" not in done.stdout + done.stderr
    assert said["away"].startswith("no connection")
    assert said["flow"].startswith("no connection")
    assert "Traceback" not in done.stderr
