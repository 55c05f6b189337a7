"""The stage: starts what is measured, each a process of its own, on 127.0.0.1 only."""

import re
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import yaml

from benchmarks.child import Child
from benchmarks.visitors import KEY
from gateway.store.embedded import find_binary

_NO_LIMIT = 1_000_000
_STORE_READY = re.compile("Ready to accept connections")


class Stage:
    """Starts processes in one folder; ``stack`` ends them, the last one first."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._bot = ""

    async def stand_in(self) -> None:
        """The bot. Comes first: the others speak to it."""
        child = await Child.python(self._folder / "stand_in.log", "benchmarks.stand_in")
        self._bot = self._owned(child).address

    async def floor(self) -> Child:
        """The bare proxy."""
        output = self._folder / "floor.log"
        return self._owned(await Child.python(output, "benchmarks.proxy", f"{self._bot}/floor/v1"))

    async def gateway(self, name: str, redis: str = "") -> Child:
        """A gateway, with a store of its own or at a Redis; ``name`` is what the bot calls it."""
        config = {
            "server": {"port": 0},
            "redis": {"url": redis} if redis else {"data_dir": str(self._folder / name)},
            "channels": {
                "site": {
                    "kind": "web",
                    "key": KEY,
                    "sessions_per_minute": _NO_LIMIT,
                }
            },
            "bots": {
                "stand_in": {
                    "kind": "clickai",
                    "base_url": f"{self._bot}/{name}/v1",
                    "api_key": "app-benchmark",
                }
            },
            "routes": [{"channel": "site", "bot": "stand_in"}],
            "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
            "logging": {"format": "json"},
        }
        file = self._folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(config))
        output = self._folder / f"{name}.log"
        command = (sys.executable, "-m", "gateway", "run", "--config", str(file))
        return self._owned(await Child.start(output, *command))

    async def store(self) -> str:
        """A server that several gateways share; its address."""
        socket = self._folder / "store.sock"
        folder = self._folder / "store"
        folder.mkdir()
        options = ("--port", "0", "--unixsocket", str(socket), "--dir", str(folder))
        safety = ("--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
        output = self._folder / "store.log"
        self._owned(await Child.start(output, find_binary(), *options, *safety, ready=_STORE_READY))
        return f"unix://{socket}"

    def _owned(self, child: Child) -> Child:
        self._stack.push_async_callback(child.stop)
        return child
