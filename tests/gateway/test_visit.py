"""Visits: to a server that is there, and to one that is only there for the visit."""

import os
from pathlib import Path

import pytest
from support.servers import free_port, web_config, write_config

from gateway.config import RedisConfig
from gateway.ports import StoreUnavailable
from gateway.store import keys
from gateway.store.embedded import Embedded, EmbeddedError
from gateway.store.meta import StoreError
from gateway.visit import visit, visiting


async def process(config: RedisConfig) -> int:
    """Write and read in a visit; the server's process."""
    async with visit(config) as connection:
        await connection.execute("SET", "k", "v")
        assert await connection.execute("GET", "k") == b"v"
        return int((await connection.execute("INFO", "server"))["process_id"])


async def test_the_operator_s_own_server(redis_url: str) -> None:
    os.kill(await process(RedisConfig(url=redis_url)), 0)


async def test_a_cluster(cluster_url: str) -> None:
    async with visit(RedisConfig(url=cluster_url, cluster=True)) as connection:
        await connection.execute("SET", "k", "v")
        assert await connection.execute("GET", "k") == b"v"


async def test_the_server_of_a_gateway_that_runs_goes_on(folder: Path) -> None:
    embedded = Embedded(folder / "data")
    await embedded.start()
    try:
        visited = await process(RedisConfig(data_dir=folder / "data"))
        os.kill(visited, 0)
        assert await process(RedisConfig(data_dir=folder / "data")) == visited
    finally:
        await embedded.stop()


async def test_where_none_runs_one_runs_for_the_visit(folder: Path) -> None:
    (folder / "data").mkdir()
    visited = await process(RedisConfig(data_dir=folder / "data"))
    with pytest.raises(ProcessLookupError):
        os.kill(visited, 0)
    async with visit(RedisConfig(data_dir=folder / "data")) as connection:
        assert await connection.execute("GET", "k") == b"v"


async def test_a_gateway_can_run_after_the_visit(folder: Path) -> None:
    (folder / "data").mkdir()
    await process(RedisConfig(data_dir=folder / "data"))
    embedded = Embedded(folder / "data")
    await embedded.start()
    await embedded.stop()


async def test_a_directory_no_gateway_has_written_to_is_not_made(folder: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"redis\.data_dir"):
        await process(RedisConfig(data_dir=folder / "elsewhere"))
    assert not (folder / "elsewhere").exists()


async def test_another_schema_is_left_alone(redis_url: str) -> None:
    async with visit(RedisConfig(url=redis_url)) as connection:
        await connection.execute("HSET", keys.META, "schema", "0")
    with pytest.raises(StoreError):
        await process(RedisConfig(url=redis_url))


async def test_no_server(folder: Path) -> None:
    with pytest.raises(StoreUnavailable):
        await process(RedisConfig(url=f"redis://127.0.0.1:{free_port()}"))


def test_a_command_says_what_is_wrong(
    folder: Path, own_logging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    file = write_config(folder, web_config("http://127.0.0.1:1/v1", url))

    async def work(*_: object) -> None:
        raise AssertionError

    with pytest.raises(SystemExit) as left:
        visiting(file, work)
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith("chat-gateway: Redis: ")
