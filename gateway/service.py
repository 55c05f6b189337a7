"""The composition root: builds the gateway from its configuration, starts it and stops it."""

import asyncio
import gc
import os
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

import aiohttp
import msgspec
import structlog
from aiohttp import web

from gateway.config import Adapter, Config, RedisConfig
from gateway.conversations import Conversations
from gateway.core import Core
from gateway.dispatcher import Dispatcher, Halt
from gateway.fetch import Fetcher
from gateway.files import FILES_PATH, Files
from gateway.for_bots import ForBots
from gateway.guard import Guard
from gateway.http import BODY_MOST, ClientAddress, Operations, anonymous, errors
from gateway.knowledge.api import PATHS, Retrieval, Shelf
from gateway.knowledge.library import Library, folder_of
from gateway.ports import CannotStart, StoreUnavailable
from gateway.routes import Routes
from gateway.services import Services
from gateway.store import keys, meta
from gateway.store.aliases import Aliases
from gateway.store.answers import Answers
from gateway.store.blobs import Blobs
from gateway.store.connection import Connection, connect, connect_listener, disconnect
from gateway.store.embedded import Embedded
from gateway.store.hub import Hub
from gateway.store.inbox import ADMIT, Inbox
from gateway.store.limits import Limiter
from gateway.store.memory import Memory
from gateway.store.people import People
from gateway.store.quotas import Quotas
from gateway.store.replies import Replies
from gateway.store.traces import Traces
from gateway.texts import Texts

MB = 1024 * 1024
CLOSE_SECONDS = 2.0
"""For open requests, once their streams have been told to reconnect."""
CONNECTIONS_PER_BOT_HOST = 0
"""No limit: the number of running turns is the limit."""

log = structlog.get_logger(__name__)


class Service:
    """One gateway process. ``start`` it, ``stop`` it once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._cleanup = AsyncExitStack()
        self._stopping = False
        self._connection: Connection
        self._hub: Hub
        self._dispatcher: Dispatcher
        self._runner: web.AppRunner

    async def start(self) -> None:
        """Come up. Raises EmbeddedError, StoreError, StoreUnavailable or OSError when it can not;
        what had been started is stopped again."""
        try:
            await self._start()
        except BaseException:
            await self._cleanup.aclose()
            raise

    async def _start(self) -> None:
        redis = await self._redis()
        routes = await self._build(redis)
        await self._serve(routes)
        await self._dispatcher.start(alone=self.config.redis.embedded)
        log.info("gateway is ready", address=self.url)

    async def stop(self) -> None:
        """Finish or give back running turns, tell open streams to reconnect, and go."""
        log.info("gateway is stopping")
        self._stopping = True
        await self._dispatcher.stop(self.config.server.shutdown_timeout)
        self._hub.farewell()
        await self._cleanup.aclose()
        log.info("gateway has stopped")

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def ready(self) -> str:
        """Why a message would not be taken now; empty when it would."""
        if self._stopping:
            return "stopping"
        if not self._dispatcher.alive:
            return "the dispatcher does not run"
        try:
            await meta.probe(self._connection)
        except (StoreUnavailable, aiohttp.ClientError) as error:
            return str(error)
        return ""

    async def _redis(self) -> RedisConfig:
        config = self.config.redis
        if not config.embedded:
            return config
        embedded = Embedded(config.data_dir, config.server_binary)
        self._cleanup.push_async_callback(embedded.stop)
        await embedded.start()
        return RedisConfig(url=embedded.url)

    async def _build(self, redis: RedisConfig) -> Routes:
        config = self.config
        self._connection = await self._connected(redis, blocking=False)
        claiming = await self._connected(redis, blocking=True)
        await self._check_store()
        listener = connect_listener(redis)
        self._cleanup.push_async_callback(disconnect, listener)
        self._hub = Hub(listener, self._heed)
        await self._hub.start()
        self._cleanup.push_async_callback(self._hub.close)
        services = self._services()
        await services.replies.start()
        self._cleanup.push_async_callback(services.replies.stop)
        self._dispatcher = Dispatcher(services, claiming, self._tell_replicas)
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_PER_BOT_HOST),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=True,
        )
        self._cleanup.push_async_callback(http.close)
        routes = Routes()
        routes.mount("GET", FILES_PATH, services.files.serve)
        core = Core(
            config,
            services,
            self._dispatcher,
            Limiter(self._connection),
            Quotas(self._connection),
            http,
            routes,
            Conversations(self._connection, services),
            await self._signing_keys(),
            ClientAddress(config.server.trusted_proxies),
        )
        bots = ForBots(services, http, routes, config.server.public_url)
        await self._start_adapters(core, bots, services)
        await self._start_knowledge(routes)
        return routes

    async def _connected(self, redis: RedisConfig, *, blocking: bool) -> Connection:
        replicated = (ADMIT,) if redis.durability == "wait" else ()
        connection = Connection(connect(redis, blocking=blocking), replicated)
        self._cleanup.push_async_callback(connection.close)
        await connection.open()
        return connection

    async def _check_store(self) -> None:
        await meta.check(self._connection)
        if not self.config.redis.embedded:
            await meta.warn_of_loss(self._connection, self.config.redis.durability)

    def _services(self) -> Services:
        limits, texts = self.config.limits, Texts()
        worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        return Services(
            inbox=Inbox(self._connection, worker, limits),
            replies=Replies(self._connection, self._hub),
            aliases=Aliases(self._connection, limits.conversation_days),
            answers=Answers(self._connection, limits.conversation_days),
            people=People(self._connection, limits.conversation_days),
            traces=Traces(self._connection, worker),
            memory=Memory(self._connection),
            files=self._files(),
            guard=Guard(Quotas(self._connection), texts, limits.bot_wait),
            channels=adapters("channels", "Channel", self.config.channels),
            bots=adapters("bots", "Bot", self.config.bots),
            texts=texts,
            limits=limits,
        )

    def _files(self) -> Files:
        limits = self.config.limits
        fetcher = Fetcher(limits.file_mb * MB)
        self._cleanup.push_async_callback(fetcher.close)
        return Files(
            Blobs(
                self._connection,
                most_bytes_each=limits.file_mb * MB,
                most_bytes_all=limits.files_mb * MB,
                days=limits.file_days,
            ),
            fetcher,
        )

    async def _signing_keys(self) -> list[bytes]:
        configured = [s.get_secret_value().encode() for s in self.config.server.signing_secrets]
        return configured or [await meta.generated_secret(self._connection)]

    async def _start_adapters(self, core: Core, bots: ForBots, services: Services) -> None:
        for bot in services.bots.values():
            await bot.start(bots)
            self._cleanup.push_async_callback(bot.stop)
        for channel in services.channels.values():
            try:
                await channel.start(core)
            except CannotStart as error:
                raise CannotStart(f"channel {channel.name}: {error}") from error
            self._cleanup.push_async_callback(channel.stop)

    async def _start_knowledge(self, routes: Routes) -> None:
        shelves = []
        for name, knowledge in self.config.knowledge.items():
            library = Library(knowledge, folder_of(self.config.redis.data_dir, name))
            await library.start()
            self._cleanup.push_async_callback(library.stop)
            shelves.append(Shelf(name, knowledge, library))
        retrieval = Retrieval(shelves, Quotas(self._connection))
        for path in PATHS if shelves else ():
            routes.mount("*", path, retrieval.serve)

    async def _serve(self, routes: Routes) -> None:
        server = self.config.server
        token = server.metrics_token.get_secret_value() if server.metrics_token else ""
        operations = Operations(self.ready, token)
        app = web.Application(middlewares=[errors], client_max_size=BODY_MOST)
        app.on_response_prepare.append(anonymous)
        app.add_routes(operations.routes())
        for (method, path), handler in routes.mounted.items():
            if method == "GET":
                app.router.add_get(path, handler)
            else:
                app.router.add_route(method, path, handler)
        self._runner = web.AppRunner(
            app,
            # A reader who leaves must not stay behind as a waiting handler.
            handler_cancellation=True,
            shutdown_timeout=CLOSE_SECONDS,
            access_log=None,
        )
        await self._runner.setup()
        self._cleanup.push_async_callback(self._runner.cleanup)
        await web.TCPSite(self._runner, server.host, server.port).start()

    async def _tell_replicas(self, message: bytes) -> None:
        await self._connection.execute("PUBLISH", keys.CONTROL, message)

    async def _heed(self, message: bytes) -> None:
        self._dispatcher.heed(msgspec.json.decode(message, type=Halt))


async def run(config: Config, started: Callable[[str], None] = lambda _: None) -> None:
    """Run a gateway until SIGTERM or SIGINT; ``started`` is told its address."""
    service = Service(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await service.start()
    _calm_garbage_collection()
    started(service.url)
    await stop.wait()
    await service.stop()


def _calm_garbage_collection() -> None:
    # What is there now stays for ever. With the defaults, looking at all of it again and again
    # stops the loop for 50 ms at a time under load.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def adapters(folder: str, name: str, configured: Mapping[str, Adapter]) -> dict[str, Any]:
    """The one place that knows how adapters are found: by their folder, each with one class."""
    return {
        key: getattr(import_module(f"adapters.{folder}.{adapter.kind}"), name)(key, adapter.config)
        for key, adapter in configured.items()
    }
