"""Fixtures of all tests: a real Valkey server, emptied before each, and the sandbox bot."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import structlog
from hypothesis import settings
from redis.asyncio import Redis
from support.servers import cluster, loaded, running, valkey, web_config
from support.widget import Widget

from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving
from gateway.service import Service

# A machine may be slow: no test is about time.
settings.register_profile("timeless", deadline=None)
settings.load_profile("timeless")


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the whole run."""
    with valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of three nodes for the whole run."""
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture
async def redis_url(valkey_url: str) -> str:
    """The server, empty."""
    async with Redis.from_url(valkey_url) as client:
        await client.flushall()
        await client.script_flush()
    return valkey_url


@pytest.fixture
def own_logging() -> Iterator[None]:
    """For tests that configure logging: as it was, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A short path: unix sockets have little room."""
    return tmp_path


@pytest.fixture
async def sandbox() -> AsyncIterator[str]:
    """The sandbox bot, at a quick pace; its base URL."""
    api = ClickAI(Answers("# Chat Gateway\n").answer, Memory(), pace=0.002)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture
async def gateway(sandbox: str, redis_url: str, folder: Path) -> AsyncIterator[Service]:
    """A gateway with one site, in this process."""
    async with running(loaded(folder, web_config(sandbox, redis_url))) as service:
        yield service


@pytest.fixture
async def widget(gateway: Service, http: aiohttp.ClientSession) -> AsyncIterator[Widget]:
    """A visitor of that site, reading."""
    widget = Widget(http, gateway.url)
    await widget.open(lang="en")
    widget.read()
    yield widget
    await widget.leave()
