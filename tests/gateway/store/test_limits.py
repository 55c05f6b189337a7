"""Token buckets."""

from collections.abc import AsyncIterator

import pytest

from gateway.config import RedisConfig
from gateway.store.connection import Connection, connect
from gateway.store.limits import Limiter


@pytest.fixture
async def limiter(redis_url: str) -> AsyncIterator[Limiter]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield Limiter(connection)
    await connection.close()


async def test_a_bucket_holds_a_minute_s_worth(limiter: Limiter) -> None:
    assert [await limiter.take("a", 3) for _ in range(3)] == [0, 0, 0]
    wait = await limiter.take("a", 3)
    assert 0 < wait <= 20


async def test_buckets_are_independent(limiter: Limiter) -> None:
    assert await limiter.take("a", 1) == 0
    assert await limiter.take("b", 1) == 0
    assert await limiter.take("a", 1) > 0


async def test_a_bucket_refills(limiter: Limiter, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("gateway.store.limits.time.time", lambda: now)
    assert await limiter.take("a", 60) == 0
    for _ in range(59):
        await limiter.take("a", 60)
    assert await limiter.take("a", 60) == pytest.approx(1, abs=0.01)
    now += 1.01
    assert await limiter.take("a", 60) == 0
