"""Token buckets."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from gateway.config import RedisConfig
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.limits import Limiter, Tokens, bucket_name


@pytest.fixture(params=["server", "cluster"])
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    clustered = request.param == "cluster"
    url = request.getfixturevalue("cluster_url" if clustered else "valkey_url")
    connection = Connection(connect(RedisConfig(url=url, cluster=clustered)))
    await connection.open()
    await connection.client.flushall()
    await connection.client.script_flush()
    yield connection
    await connection.close()


@pytest.fixture
def limiter(connection: Connection) -> Limiter:
    return Limiter(connection)


@pytest.fixture
async def stopped() -> AsyncIterator[Limiter]:
    """One whose store is not there."""
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    yield Limiter(connection)
    await connection.close()


async def take(limiter: Limiter, bucket: str, most: int) -> float:
    return (await limiter.take_all({bucket: most})).wait


async def test_a_bucket_holds_a_minute_s_worth(limiter: Limiter) -> None:
    assert [await take(limiter, "a", 3) for _ in range(3)] == [0, 0, 0]
    wait = await take(limiter, "a", 3)
    assert 0 < wait <= 20


async def test_buckets_are_independent(limiter: Limiter) -> None:
    assert await take(limiter, "a", 1) == 0
    assert await take(limiter, "b", 1) == 0
    assert await take(limiter, "a", 1) > 0


async def test_a_bucket_refills(limiter: Limiter, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("gateway.store.limits.time.time", lambda: now)
    assert await take(limiter, "a", 60) == 0
    for _ in range(59):
        await take(limiter, "a", 60)
    assert await take(limiter, "a", 60) == pytest.approx(1, abs=0.01)
    now += 1.01
    assert await take(limiter, "a", 60) == 0


async def test_many_buckets_are_asked_together(limiter: Limiter) -> None:
    buckets = {f"b{number}": number for number in range(1, 9)}
    assert await limiter.take_all(buckets) == Tokens(buckets, 0)
    tokens = await limiter.take_all(buckets)
    assert tokens.taken == {name: most for name, most in buckets.items() if name != "b1"}
    assert 0 < tokens.wait <= 60


async def test_one_waits_for_the_emptiest(
    limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.limits.time.time", lambda: 1000.0)
    buckets = {"slow": 1, "quick": 2}
    await take(limiter, "quick", 2)
    await limiter.take_all(buckets)
    assert await limiter.take_all(buckets) == Tokens({}, 60)


async def test_what_was_taken_can_be_given_back(limiter: Limiter) -> None:
    buckets = {"a": 2, "b": 1}
    tokens = await limiter.take_all(buckets)
    await limiter.give_back(tokens)
    assert await limiter.take_all(buckets) == tokens


async def test_a_bucket_never_holds_more_than_its_limit(limiter: Limiter) -> None:
    for _ in range(3):
        await limiter.give_back(Tokens({"a": 2}))
    assert [await take(limiter, "a", 2) > 0 for _ in range(3)] == [False, False, True]


async def test_no_limit_is_asked_for_nothing(limiter: Limiter, connection: Connection) -> None:
    assert await limiter.take_all({"a": 0, "b": 0}) == Tokens()
    assert not await connection.client.exists(keys.bucket("a"))


async def test_a_bucket_that_would_be_full_is_gone(
    limiter: Limiter, connection: Connection
) -> None:
    await take(limiter, "a", 60)
    assert 0 < await connection.client.pttl(keys.bucket("a")) <= 2000


async def test_a_store_that_is_away_refuses_nobody(stopped: Limiter) -> None:
    assert await stopped.take_all({"a": 1, "b": 1}) == Tokens()
    await stopped.give_back(Tokens({"a": 1}))


async def test_a_store_that_hangs_refuses_nobody(redis_url: str) -> None:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    limiter = Limiter(connection)
    await take(limiter, "a", 1)
    async with Redis.from_url(redis_url) as operator:
        await operator.client_pause(10_000, all=False)
        assert await limiter.take_all({"a": 1}) == Tokens()
        await limiter.give_back(Tokens({"a": 1}))
        await operator.client_unpause()
    await connection.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("person", "a", "b"), ("person", "a:b")),
        (("person", "a/b"), ("person", "a", "b")),
        (("person", "a"), ("channel", "a")),
    ],
)
def test_names_are_unambiguous(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert bucket_name(*one) != bucket_name(*other)
    assert "/" in bucket_name(*one), "a channel's own buckets begin with its name, and a colon"
