"""The connection to Redis: how it is made, and how scripts are called through it.

Every script call of one tick of the event loop travels in one pipeline. That is what makes a
busy gateway cheap: calls share connections and round trips without any caller knowing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any, TypeVar

from redis.asyncio import Redis, Sentinel
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from gateway.config import RedisConfig
from gateway.config import Sentinel as SentinelConfig
from gateway.ports import StoreUnavailable
from gateway.store.batches import Batches
from gateway.store.keys import SHARDS

RETRY_SECONDS = 0.25
HOLD_SECONDS = 2.0
"""How long a platform is kept waiting for the store before it is asked to send again."""

IMPATIENT: dict[str, Any] = {
    # The client's own defaults retry for up to a minute; a platform waits three seconds.
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "retry": Retry(NoBackoff(), 0),
    "max_connections": 64,
}
PATIENT: dict[str, Any] = IMPATIENT | {"socket_timeout": None}
"""For readers that block until something comes, and limit that themselves."""

T = TypeVar("T")


def connect(config: RedisConfig, *, blocking: bool = False) -> Redis:
    """A client for the configured server. Does not connect yet, so it never raises."""
    options = PATIENT if blocking else IMPATIENT
    if config.sentinel:
        return _through_sentinels(config.sentinel, options)
    if config.cluster:
        return RedisCluster.from_url(config.url, **options)  # type: ignore[return-value]
    return Redis.from_url(config.url, **options)


def _through_sentinels(config: SentinelConfig, options: dict[str, Any]) -> Redis:
    nodes = [node.rsplit(":", 1) for node in config.nodes]
    addresses = [(host.strip("[]"), int(port)) for host, port in nodes]
    sentinel = Sentinel(addresses, sentinel_kwargs=IMPATIENT)  # type: ignore[no-untyped-call]
    password = config.password.get_secret_value() if config.password else None
    client: Redis = sentinel.master_for(config.master, password=password, **options)
    return client


def connect_listener(config: RedisConfig) -> Redis:
    """A client for publications. A cluster hands them to all of its nodes, so one will do."""
    if config.cluster:
        return Redis.from_url(config.url, **PATIENT)
    return connect(config, blocking=True)


class Script:
    """One Lua script, by the name of its file."""

    def __init__(self, name: str) -> None:
        folder = files("gateway.store") / "scripts"
        body = (folder / f"{name}.lua").read_text()
        self.source = (folder / "_owner.lua").read_text() + body if "owner(" in body else body
        self.sha = sha1(self.source.encode(), usedforsecurity=False).hexdigest()


class Connection:
    """Runs scripts and commands. Safe to share between tasks; raises StoreUnavailable.

    Calls of the ``replicated`` scripts succeed only when a replica has what they found or wrote.
    """

    def __init__(self, client: Redis, replicated: Collection[Script] = ()) -> None:
        self.client = client
        self._replicated = frozenset(script.sha for script in replicated)
        self.queue_groups = _queue_groups(client)
        """The queues that one read may wait for together: of a cluster, each alone."""
        self._batches = Batches(client)
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    async def open(self) -> None:
        """Reach the server once. Raises StoreUnavailable.

        A cluster's client learns of its nodes here, before many tasks would have it learn at once.
        """
        await self.execute("PING")

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[Any] = ()) -> Any:
        """Call a script, loading it when the server does not know it (yet, or any more)."""
        try:
            return await self.call(script, keys, args)
        except NoScriptError:
            await self.load(script)
            return await self.call(script, keys, args)

    def call(
        self, script: Script, keys: Sequence[str], args: Sequence[Any] = ()
    ) -> asyncio.Future[Any]:
        """Call a script without waiting. Fails with NoScriptError when it is not loaded."""
        command = ("EVALSHA", script.sha, len(keys), *keys, *args)
        return self.send(*command, replicated=script.sha in self._replicated)

    async def load(self, script: Script) -> None:
        """Make a script known to the server. Many that want the same one load it once."""
        if script.sha not in self._loading:
            loading = asyncio.create_task(self._load(script))
            self._loading[script.sha] = loading
            loading.add_done_callback(lambda _: self._loading.pop(script.sha))
        await asyncio.shield(self._loading[script.sha])

    async def _load(self, script: Script) -> None:
        try:
            await self.client.script_load(script.source)
        except (RedisError, RedisClusterException, OSError) as error:
            raise StoreUnavailable(f"Redis: {error}") from error

    async def execute(self, *command: Any) -> Any:
        """Send one command with all others of this tick. A server's error reply is raised."""
        return await self.send(*command)

    def send(self, *command: Any, replicated: bool = False) -> asyncio.Future[Any]:
        """The same for callers that do not wait: a future of the reply, or of the error.

        ``replicated`` asks of a command what is asked of the replicated scripts, if there are any.
        """
        if self._closed:
            reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            reply.set_exception(StoreUnavailable("the connection is closed"))
            return reply
        if replicated and self._replicated:
            return self._batches.add_replicated(command)
        return self._batches.add(command)

    async def close(self) -> None:
        """Wait for what is on its way, then disconnect."""
        self._closed = True
        await self._batches.settle()
        await disconnect(self.client)


async def patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Do a step in the store, waiting for as long as the store is away."""
    while True:
        try:
            return await step()
        except StoreUnavailable:
            await asyncio.sleep(RETRY_SECONDS)


async def briefly(step: Callable[[], Awaitable[T]]) -> T:
    """Do a step in the store, trying for HOLD_SECONDS. Raises StoreUnavailable."""
    deadline = time.monotonic() + HOLD_SECONDS
    pause = 0.05
    while True:
        try:
            return await step()
        except StoreUnavailable:
            if time.monotonic() + pause > deadline:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, RETRY_SECONDS)


async def disconnect(client: Redis) -> None:
    """Close a client, and the clients of the sentinels that led to it."""
    await client.aclose()
    pool = getattr(client, "connection_pool", None)
    if isinstance(pool, SentinelConnectionPool):
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _queue_groups(client: Redis) -> list[range]:
    if isinstance(client, RedisCluster):
        return [range(shard, shard + 1) for shard in range(SHARDS)]
    return [range(SHARDS)]
