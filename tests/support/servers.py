"""Real servers for tests: Valkey, the gateway in this process, the gateway as a process."""

import asyncio
import contextlib
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.config import Config, load
from gateway.service import Service
from gateway.store.embedded import find_binary

SLOTS = 16384


@contextlib.contextmanager
def program(*arguments: Any, port: int) -> Iterator[None]:
    """A Valkey program with its own arguments, once its port answers."""
    command = [find_binary(), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: _listens(port))
        yield
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A Valkey server without persistence; its URL."""
    path = folder / "test.sock"
    process = subprocess.Popen(
        [find_binary(), "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(path.exists)
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A cluster of three Valkey servers; the URL of one."""
    ports = [_cluster_port() for _ in range(3)]
    nodes = []
    for port in ports:
        (folder / str(port)).mkdir()
        options = ["--port", str(port), "--cluster-enabled", "yes", "--save", ""]
        command = [find_binary(), "--bind", "127.0.0.1", "--dir", folder / str(port), *options]
        nodes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    try:
        _join(ports)
        yield f"redis://127.0.0.1:{ports[0]}"
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait(10)


def _join(ports: list[int]) -> None:
    clients = [redis.Redis(port=port) for port in ports]
    share = SLOTS // len(ports) + 1
    for number, client in enumerate(clients):
        wait_for(lambda client=client: _answers(client))
        client.execute_command("CLUSTER MEET", "127.0.0.1", ports[0])
        last = min(SLOTS, (number + 1) * share) - 1
        client.execute_command("CLUSTER ADDSLOTSRANGE", number * share, last)
    for client in clients:
        wait_for(lambda client=client: _is_whole(client))
        client.close()


def _answers(client: redis.Redis) -> bool:
    with contextlib.suppress(redis.RedisError):
        return bool(client.ping())
    return False


def _is_whole(client: redis.Redis) -> bool:
    info = client.execute_command("CLUSTER INFO")
    return info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "3"


def _cluster_port() -> int:
    # The cluster's own port is 10,000 above, and must be one of those too.
    while (port := free_port()) > 22_000:
        pass
    return port


def wait_for(condition: Any, seconds: float = 10) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


async def eventually(condition: Any, seconds: float = 10) -> Any:
    """Wait until a condition, or what it awaits, is true; its value."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < until, "waited in vain"
        await asyncio.sleep(0.01)


def web_config(bot_url: str, redis_url: str = "", **sections: Any) -> dict[str, Any]:
    """A configuration with one site and one ClickAI bot, on any free port."""
    config: dict[str, Any] = {
        "server": {"port": 0, "shutdown_timeout": 3},
        "channels": {
            "site": {
                "kind": "web",
                "key": "pk_test",
                "origins": ["https://shop.example"],
                "title": "Test",
                "page": "/",
                "sessions_per_minute": 100_000,
            }
        },
        "bots": {"bot": {"kind": "clickai", "base_url": bot_url, "api_key": "app-test"}},
        "routes": [{"channel": "site", "bot": "bot"}],
        "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
    }
    if redis_url:
        config["redis"] = {"url": redis_url}
    return config | sections


def write_config(folder: Path, config: dict[str, Any]) -> Path:
    """A configuration as a file."""
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def loaded(folder: Path, config: dict[str, Any]) -> Config:
    """A configuration as the gateway reads it."""
    return load(write_config(folder, config), {})


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Service]:
    """A gateway in this process."""
    service = Service(config)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


class Process:
    """A gateway as a process of its own, that can be killed."""

    def __init__(self, folder: Path, config: dict[str, Any], port: int) -> None:
        config["server"] = {**config.get("server", {}), "port": port}
        self._file = write_config(folder, config)
        self._log = folder / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{port}"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it takes a millisecond
                [sys.executable, "-m", "gateway", "run", "--config", str(self._file)], stderr=log
            )
        await eventually(self._ready, 20)

    async def _ready(self) -> bool:
        assert self._process
        assert self._process.poll() is None, self.log
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    async def freeze(self, seconds: float) -> None:
        """Let it stand still for a while, as a suspended machine does."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self._process
        self._process.send_signal(number)
        return self._process.wait(30)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it logged."""
        return self._log.read_text()


def end_embedded(data_dir: Path) -> None:
    """End the embedded server that a killed gateway left behind."""
    path = data_dir / "redis.sock"
    if path.exists():
        with contextlib.suppress(redis.RedisError):
            # Tried again, it would end the server that is started in place of this one.
            client = redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))
            client.shutdown(nosave=True)


def free_port() -> int:
    """A port that nothing listens on, of those that the system gives nobody by itself."""
    while True:
        port = 11_000 + secrets.randbelow(20_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
