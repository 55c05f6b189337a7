"""Where the operator's tools are tested: a connection to an empty store, whatever it is.

A subclass provides ``redis``: the configuration of an empty server.
"""

from collections.abc import AsyncIterator

import pytest

from gateway.config import Limits, RedisConfig
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox


class OperatorContract:
    """A connection and a worker."""

    @pytest.fixture
    async def connection(self, redis: RedisConfig) -> AsyncIterator[Connection]:
        connection = Connection(connect(redis))
        await connection.open()
        yield connection
        await connection.close()

    @pytest.fixture
    async def inbox(self, connection: Connection) -> Inbox:
        inbox = Inbox(connection, "worker", Limits())
        await inbox.leases.prepare()
        return inbox


class OnOneServer:
    """The contract, on one server."""

    @pytest.fixture
    def redis(self, redis_url: str) -> RedisConfig:
        return RedisConfig(url=redis_url)


class OnACluster:
    """The contract, on a cluster of three."""

    @pytest.fixture
    async def redis(self, cluster_url: str) -> RedisConfig:
        config = RedisConfig(url=cluster_url, cluster=True)
        connection = Connection(connect(config))
        await connection.client.flushall()
        await connection.close()
        return config
