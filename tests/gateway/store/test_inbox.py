"""The inbox on a real Valkey server."""

import time

import pytest
from contracts.store import StoreContract, item
from support.adapters import inbound

from gateway.config import Limits, RedisConfig
from gateway.ports import StoreUnavailable
from gateway.store.connection import HOLD_SECONDS, Connection, connect
from gateway.store.inbox import Inbox


class TestInbox(StoreContract):
    """The contract, on one server."""

    @pytest.fixture
    def redis(self, redis_url: str) -> RedisConfig:
        return RedisConfig(url=redis_url)


class TestInboxOnACluster(StoreContract):
    """The contract, on a cluster of three."""

    @pytest.fixture
    async def redis(self, cluster_url: str) -> RedisConfig:
        config = RedisConfig(url=cluster_url, cluster=True)
        connection = Connection(connect(config))
        await connection.client.flushall()
        await connection.close()
        return config


async def test_admission_without_a_server_is_refused_in_time() -> None:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    inbox = Inbox(connection, "a", Limits())
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await inbox.admit("l", item(inbound("x")))
    assert time.monotonic() - began < HOLD_SECONDS + 2
    await connection.close()
