"""The embedded server: found, started, used again, watched, stopped."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from support.servers import eventually

from gateway.store import embedded as module
from gateway.store.embedded import Embedded, EmbeddedError, find_binary


@asynccontextmanager
async def started(data_dir: Path) -> AsyncIterator[Embedded]:
    server = Embedded(data_dir)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def get(server: Embedded, key: str) -> bytes | None:
    async with Redis.from_url(server.url) as client:
        return await client.get(key)


async def put(server: Embedded, key: str, value: str) -> int:
    """Write; the server's process id."""
    async with Redis.from_url(server.url) as client:
        await client.set(key, value)
        return int((await client.info("server"))["process_id"])


async def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    async with started(folder / "data") as server:
        await put(server, "k", "v")
    async with started(folder / "data") as server:
        assert await get(server, "k") == b"v"


async def test_it_is_private(folder: Path) -> None:
    async with started(folder / "data") as server:
        async with Redis.from_url(server.url) as client:
            assert (await client.config_get("port"))["port"] == "0"
        assert (folder / "data").stat().st_mode & 0o077 == 0
        assert (folder / "data" / "redis.sock").stat().st_mode & 0o077 == 0


async def test_stopping_leaves_no_process(folder: Path) -> None:
    async with started(folder / "data") as server:
        process = await put(server, "k", "v")
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_a_server_that_outlived_its_gateway_is_used_again(folder: Path) -> None:
    first = Embedded(folder / "data")
    await first.start()
    process = await put(first, "k", "v")
    # What kill -9 of the gateway would leave: a server, and a lock that is free.
    assert first._watcher
    assert first._lock
    first._watcher.cancel()
    first._lock.close()
    async with started(folder / "data") as second:
        assert await put(second, "k2", "v") == process
        assert await get(second, "k") == b"v"
    assert first._process
    await first._process.wait()


async def test_a_server_that_dies_is_started_again_with_its_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.05)
    async with started(folder / "data") as server:
        process = await put(server, "k", "v")
        os.kill(process, signal.SIGKILL)

        async def back() -> bool:
            try:
                return await get(server, "k") == b"v"
            except (RedisError, OSError):
                return False

        await eventually(back)


async def test_two_gateways_do_not_share_a_data_directory(folder: Path) -> None:
    async with started(folder / "data"):
        with pytest.raises(EmbeddedError, match=r"in use by another gateway.*redis\.url"):
            await Embedded(folder / "data").start()


async def test_a_long_path_still_has_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    async with started(deep) as server:
        await put(server, "k", "v")
        assert await get(server, "k") == b"v"


async def test_a_directory_that_cannot_be_made_is_explained(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"redis\.data_dir"):
        await Embedded(folder / "file" / "data").start()


async def test_a_server_that_does_not_start_points_to_its_log(folder: Path) -> None:
    server = Embedded(folder / "data", "false")
    with pytest.raises(EmbeddedError, match=r"redis\.log"):
        await server.start()
    await server.stop()


def test_the_configured_binary_comes_first(folder: Path) -> None:
    assert find_binary("sh").endswith("/sh")
    assert "valkey-server" in find_binary()
    with pytest.raises(EmbeddedError, match=r"redis\.server_binary"):
        find_binary(str(folder / "nothing"))
