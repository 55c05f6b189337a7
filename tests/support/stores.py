"""A Valkey server with an append-only file, as a process that can be made to fail."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from gateway.store.embedded import find_binary
from support.servers import free_port, wait_for


class Store:
    """One server. What it wrote outlives it; its port stays the same."""

    def __init__(self, folder: Path, *options: Any) -> None:
        folder.mkdir()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        own = ["--port", self.port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        # Else a kill in the moment of a sync loses what was acknowledged meanwhile.
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        quick = ["--repl-diskless-sync-delay", 0, "--repl-timeout", 5]
        self._command = [find_binary(), *map(str, [*own, *durable, *quick, *options])]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it has read its file."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for(self._answers)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self.send("PING"))
        return False

    def send(self, *command: Any) -> Any:
        """The reply to one command."""
        with redis.Redis(port=self.port, socket_timeout=2) as client:
            return client.execute_command(*command)

    def follow(self, primary: "Store") -> None:
        """Become its replica, and wait until all it has is here."""
        self.send("REPLICAOF", "127.0.0.1", primary.port)
        wait_for(lambda: self.send("INFO", "replication").get("master_link_status") == "up")

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM; a server that hangs goes on first."""
        if self._process and self._process.poll() is None:
            self.resume()
            self._end(signal.SIGTERM)

    def hang(self) -> None:
        """Do nothing, and keep every connection open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on where it hung."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)

    def _end(self, number: int) -> None:
        self._signal(number)
        assert self._process
        self._process.wait(10)


@contextlib.contextmanager
def store(folder: Path, *options: Any) -> Iterator[Store]:
    """A store that runs, and is stopped in the end."""
    server = Store(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
