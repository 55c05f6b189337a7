"""Places in a vendor's quota, on one server and on a cluster."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import RedisConfig
from gateway.ports import Quota, StoreUnavailable
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.quotas import WINDOW_SECONDS, Exceeded, Quotas, Reserved

NOON = 20_000 * keys.DAY + keys.DAY // 2
PATIENCE = 10_000.0
_numbers = count(1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def __call__(self) -> float:
        return self.now


def quota(per_minute: int = 0, per_day: int = 0) -> Quota:
    """One that nobody has used yet, under a name that could upset a cluster."""
    return Quota(f"a}}b{{{next(_numbers)}/c", per_minute, per_day)


@pytest.fixture(params=["server", "cluster"])
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[Connection]:
    clustered = request.param == "cluster"
    url = request.getfixturevalue("cluster_url" if clustered else "valkey_url")
    connection = Connection(connect(RedisConfig(url=url, cluster=clustered)))
    await connection.open()
    await connection.client.flushall()
    yield connection
    await connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quotas(connection: Connection, clock: Clock) -> Quotas:
    return Quotas(connection, clock)


async def reserved(quotas: Quotas, quota: Quota) -> Reserved:
    """The next place, however far away."""
    place = await quotas.reserve(quota, PATIENCE)
    assert isinstance(place, Reserved)
    return place


async def test_a_minute_s_worth_is_there_at_once_and_the_next_one_follows(quotas: Quotas) -> None:
    three = quota(per_minute=3)
    waits = [(await reserved(quotas, three)).wait for _ in range(7)]
    assert waits == [0, 0, 0, WINDOW_SECONDS, WINDOW_SECONDS, WINDOW_SECONDS, 2 * WINDOW_SECONDS]


async def test_quotas_are_counted_apart(quotas: Quotas) -> None:
    one, other = quota(per_minute=1), quota(per_minute=1)
    assert [(await reserved(quotas, q)).wait for q in (one, other)] == [0, 0]


async def test_a_place_too_far_away_is_refused_and_not_taken(quotas: Quotas, clock: Clock) -> None:
    one = quota(per_minute=1)
    await reserved(quotas, one)
    clock.now += 21
    for _ in range(3):
        assert await quotas.reserve(one, 39.999) == Exceeded(WINDOW_SECONDS - 21)
    assert await quotas.reserve(one, 40) == Reserved(WINDOW_SECONDS - 21)


async def test_the_day_is_counted_to_its_end(quotas: Quotas, clock: Clock) -> None:
    two = quota(per_day=2)
    assert [(await reserved(quotas, two)).used for _ in range(2)] == [1, 2]
    clock.now += 3600
    assert await quotas.reserve(two, 30) == Exceeded(11 * 3600, daily=True)
    clock.now = NOON + keys.DAY / 2
    assert await reserved(quotas, two) == Reserved(0, 1)


async def test_what_the_minute_refuses_is_not_counted_in_the_day(quotas: Quotas) -> None:
    both = quota(per_minute=1, per_day=2)
    await reserved(quotas, both)
    assert await quotas.reserve(both, 0) == Exceeded(WINDOW_SECONDS)
    assert (await reserved(quotas, both)).used == 2


async def test_a_place_after_midnight_belongs_to_the_new_day(quotas: Quotas, clock: Clock) -> None:
    both = quota(per_minute=1, per_day=2)
    clock.now = NOON + keys.DAY / 2 - 10
    assert [(await reserved(quotas, both)).used for _ in range(3)] == [1, 1, 2]


async def test_a_clock_that_runs_behind_overtakes_nobody(quotas: Quotas, clock: Clock) -> None:
    three = quota(per_minute=3)
    await reserved(quotas, three)
    clock.now -= 0.5
    assert await reserved(quotas, three) == Reserved(0.5)


async def test_a_clock_that_runs_behind_does_not_bring_yesterday_back(
    quotas: Quotas, clock: Clock
) -> None:
    one = quota(per_day=1)
    await reserved(quotas, one)
    clock.now -= keys.DAY
    assert await quotas.reserve(one, 0) == Exceeded(1.5 * keys.DAY, daily=True)


async def test_replicas_share_the_places_in_the_order_they_asked(connection: Connection) -> None:
    both = quota(per_minute=5, per_day=100)
    replicas = [Quotas(connection, lambda: NOON) for _ in range(2)]
    asked = [reserved(replicas[n % 2], both) for n in range(20)]
    places = await asyncio.gather(*asked)
    assert [place.used for place in places] == list(range(1, 21))
    assert [place.wait for place in places] == [n // 5 * WINDOW_SECONDS for n in range(20)]


async def test_nothing_is_kept_for_longer_than_it_counts(
    quotas: Quotas, connection: Connection
) -> None:
    both = quota(per_minute=2, per_day=10)
    for _ in range(3):
        await reserved(quotas, both)
    minute, day = keys.quota_minute(both.key), keys.quota_day(both.key)
    assert await connection.execute("LLEN", minute) == 2
    assert 0 < await connection.execute("PTTL", minute) <= 2 * WINDOW_SECONDS * 1000
    assert 0 < await connection.execute("PTTL", day) <= keys.DAY / 2 * 1000


async def test_without_a_store_there_is_no_answer() -> None:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    with pytest.raises(StoreUnavailable):
        await Quotas(connection).reserve(quota(per_minute=1), 0)
    await connection.close()


async def test_the_day_s_number(quotas: Quotas, clock: Clock) -> None:
    assert quotas.today() == 20_000
    clock.now += keys.DAY / 2
    assert quotas.today() == 20_001


gaps = st.one_of(st.just(0), st.integers(1, 3_000), st.integers(3_000, 90_000))
arrivals = st.lists(st.tuples(gaps, st.sampled_from([0, 5, 30, 500])), min_size=1, max_size=40)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(arrivals=arrivals, per_minute=st.integers(1, 6), per_day=st.integers(0, 30))
async def test_no_minute_and_no_day_has_more_than_allowed_and_none_is_overtaken(
    quotas: Quotas, clock: Clock, arrivals: list[tuple[int, int]], per_minute: int, per_day: int
) -> None:
    both, slots = quota(per_minute, per_day), list[float]()
    clock.now = NOON + keys.DAY / 2 - 120
    for gap, most_wait in arrivals:
        clock.now += gap / 1000
        place = await quotas.reserve(both, most_wait)
        recent = [slot for slot in slots if slot > clock.now - WINDOW_SECONDS - 0.01]
        if isinstance(place, Reserved):
            assert place.wait <= most_wait
            assert place.wait == 0 or len(recent) >= per_minute or slots[-1] > clock.now
            slots.append(clock.now + place.wait)
        else:
            assert place.daily or place.retry_after > most_wait
            assert place.daily or recent
    assert all(one <= next_one + 0.002 for one, next_one in pairwise(slots))
    assert all(b - a >= 60 for a, b in zip(slots, slots[per_minute:], strict=False))
    for day in (20_000, 20_001, 20_002):
        assert not per_day or sum(slot // keys.DAY == day for slot in slots) <= per_day
