"""The demo: a gateway with a widget page, and the sandbox bot beside it as a server of its own."""

import asyncio
import os
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import as_file, files
from pathlib import Path

from gateway.config import load
from gateway.sandbox import readme
from gateway.service import run

START_SECONDS = 15.0


class SandboxError(Exception):
    """The sandbox bot does not start; the text says why."""


class Demo:
    """A gateway that needs no account, no key and no server. Raises OSError when nothing can be
    written to ``data_dir``."""

    def __init__(self, port: int, sandbox_port: int, data_dir: Path) -> None:
        self._sandbox_port = sandbox_port
        self._memory = data_dir / "sandbox.jsonl"
        self._knowledge_url = f"http://127.0.0.1:{port}"
        self._knowledge_key = secrets.token_urlsafe(24)
        with as_file(files("gateway") / "demo.yaml") as file:
            self.config = load(
                file,
                {
                    "DEMO_PORT": str(port),
                    "DEMO_DATA": str(data_dir),
                    "DEMO_BOT": f"http://127.0.0.1:{sandbox_port}/v1",
                    "DEMO_DOCS": str(readme.checkout() or _installed(data_dir / "documents")),
                    "DEMO_KEY": self._knowledge_key,
                },
            )

    async def run(self, started: Callable[[str], None]) -> None:
        """Run until SIGTERM or SIGINT. Raises SandboxError and what a gateway raises."""
        sandbox = await self._start_sandbox()
        try:
            await run(self.config, started)
        finally:
            with suppress(ProcessLookupError):
                sandbox.terminate()
            await sandbox.wait()

    async def _start_sandbox(self) -> asyncio.subprocess.Process:
        self._memory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        arguments = ["--port", str(self._sandbox_port), "--memory", str(self._memory)]
        arguments += ["--knowledge-url", self._knowledge_url]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.sandbox", *arguments, "--exit-with-parent"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "KNOWLEDGE_KEY": self._knowledge_key},
            # The terminal's Ctrl-C is for the gateway, which ends the sandbox last.
            start_new_session=True,
        )
        assert process.stdout  # noqa: S101
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        except TimeoutError:
            line = b""
        if b"listening" not in line:
            raise SandboxError(
                f"the sandbox bot does not start on port {self._sandbox_port}:"
                " choose another with --sandbox-port"
            )
        return process


def _installed(folder: Path) -> Path:
    """What an installed package has of the documents, laid out as in a checkout."""
    (folder / "docs").mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "README.md").write_text(readme.find(), encoding="utf-8")
    return folder
