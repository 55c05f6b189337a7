"""When the chats of a bot are written to. The time is the tests' own: nobody waits."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from adapters.channels.telegram import pacing
from adapters.channels.telegram.errors import Limited
from adapters.channels.telegram.pacing import Pace, Priority

FINAL, CONTROL, FIRST, FRAME, ACTION = Priority
GROUP = -100


class _Leap(selectors.SelectSelector):
    """Where there is nothing to do but wait, it is later."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nobody will ever wake up"
        self.now += max(timeout, 0.0)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop in which time passes only while all wait."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


def timely(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in its own time; it is given a pace and what the store was asked for."""

    def run() -> None:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(_given(test))

    run.__doc__ = test.__doc__
    return run


async def _given(test: Callable[..., Coroutine[Any, Any, None]]) -> None:
    store = Store()
    await test(Pace("bot", store.allow), store)


class Store:
    """Buckets that all replicas share: ``waits`` are given out first."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.waits: list[float] = []

    async def allow(self, bucket: str, per_minute: int) -> float:
        self.asked.append((bucket, per_minute))
        return self.waits.pop(0) if self.waits else 0.0


def now() -> float:
    """Seconds since the beginning, without what all chats together had to wait for."""
    return round(asyncio.get_running_loop().time(), 1)


async def at(call: Awaitable[None]) -> float:
    """When a call came back."""
    await call
    return now()


async def times(*calls: Awaitable[None]) -> list[float]:
    return list(await asyncio.gather(*map(at, calls)))


@timely
async def test_a_chat_has_a_message_a_second_and_three_at_once(pace: Pace, store: Store) -> None:
    assert await times(*(pace.wait(1, FRAME) for _ in range(6))) == [0, 0, 0, 1, 2, 3]
    await asyncio.sleep(60)
    assert await times(*(pace.wait(1, FRAME) for _ in range(4))) == [63, 63, 63, 64]


@timely
async def test_chats_do_not_wait_for_each_other(pace: Pace, store: Store) -> None:
    for _ in range(3):
        await pace.wait(1, FRAME)
    assert await times(pace.wait(1, FRAME), pace.wait(2, FRAME)) == [1, 0]


@timely
async def test_the_whole_bot_has_thirty_a_second(pace: Pace, store: Store) -> None:
    found: list[float] = []

    async def note(chat: int) -> None:
        await pace.wait(chat, FRAME)
        found.append(asyncio.get_running_loop().time())

    await asyncio.gather(*map(note, range(1, 101)))
    within = [sum(begin <= each < begin + 1 for each in found) for begin in found]
    assert max(within) in (29, 30)
    assert found[-1] == pytest.approx((100 - pacing.ALL_BURST) / 27, abs=0.2)


@timely
async def test_replicas_share_what_the_bot_and_a_group_may_do(pace: Pace, store: Store) -> None:
    await pace.wait(1, FRAME)
    assert store.asked == [("telegram:bot:all", 1800)]
    store.asked.clear()
    await pace.wait(GROUP, FINAL)
    assert store.asked == [("telegram:bot:all", 1800), ("telegram:bot:-100", 20)]


@timely
async def test_a_group_waits_for_as_long_as_the_store_says(pace: Pace, store: Store) -> None:
    store.waits = [0, 3.0]
    assert await at(pace.wait(GROUP, FINAL)) == 3
    store.waits = [0, 9.0]
    with pytest.raises(Limited) as limited:
        await pace.wait(GROUP, FRAME, patience=2)
    assert limited.value.retry_after == pytest.approx(9, abs=0.1)
    assert now() <= 4


@timely
async def test_silence_is_kept_by_one_chat_for_exactly_as_long(pace: Pace, store: Store) -> None:
    pace.silence(1, 30)
    pace.silence(1, 10)
    assert pace.quiet(1) == 30
    assert pace.quiet(2) == 0
    assert await times(pace.wait(1, FINAL), pace.wait(2, FRAME)) == [30, 0]
    assert pace.quiet(1) == 0


@timely
async def test_a_final_waits_for_minutes(pace: Pace, store: Store) -> None:
    pace.silence(1, 300)
    assert await at(pace.wait(1, FINAL)) == 300


@timely
async def test_after_silence_not_all_go_at_once_and_finals_go_first(
    pace: Pace, store: Store
) -> None:
    pace.silence(1, 30)
    assert await times(
        pace.wait(1, FRAME), pace.wait(1, FIRST), pace.wait(1, FINAL), pace.wait(1, ACTION)
    ) == [32, 31, 30, 30]


@timely
async def test_silence_holds_up_who_is_waiting_already(pace: Pace, store: Store) -> None:
    for _ in range(3):
        await pace.wait(1, FRAME)
    final = asyncio.create_task(at(pace.wait(1, FINAL)))
    frame = asyncio.create_task(pace.wait(1, FRAME, patience=5))
    await asyncio.sleep(0.5)
    pace.silence(1, 30)
    with pytest.raises(Limited) as limited:
        await frame
    assert (now(), limited.value.retry_after) == (0.5, 30)
    assert await final == 30.5


@timely
async def test_what_would_last_longer_than_patience_is_told_at_once(
    pace: Pace, store: Store
) -> None:
    pace.silence(1, 20)
    with pytest.raises(Limited) as limited:
        await pace.wait(1, FRAME, patience=15)
    assert (now(), limited.value.retry_after) == (0, 20)


@timely
async def test_what_matters_more_goes_first(pace: Pace, store: Store) -> None:
    for chat in range(1, pacing.ALL_BURST + 1):
        await pace.wait(chat, FRAME)
    order: list[Priority] = []

    async def go(chat: int, priority: Priority) -> None:
        await pace.wait(chat, priority)
        order.append(priority)

    await asyncio.gather(*(go(100 + each, each) for each in reversed(Priority)))
    assert order == [FINAL, CONTROL, FIRST, FRAME, ACTION]


@timely
async def test_frames_that_are_overtaken_are_told(pace: Pace, store: Store) -> None:
    finals = [asyncio.create_task(pace.wait(chat, FINAL)) for chat in range(1, 100)]
    await asyncio.sleep(0)
    with pytest.raises(Limited):
        await pace.wait(100, FRAME, patience=1)
    assert now() <= 1
    await asyncio.gather(*finals)


@timely
async def test_nobody_is_overtaken_for_ever(pace: Pace, store: Store) -> None:
    async def finals() -> None:
        for chat in range(1, 1400):
            await asyncio.sleep(1 / 36)
            task = asyncio.create_task(pace.wait(chat, FINAL))
            tasks.append(task)

    tasks: list[asyncio.Task[None]] = []
    flood = asyncio.create_task(finals())
    await asyncio.sleep(2)
    waited = await at(pace.wait(10_000, ACTION)) - 2
    assert 0 < waited <= 30
    await flood
    await asyncio.gather(*tasks)


@timely
async def test_actions_take_nothing_from_the_messages(pace: Pace, store: Store) -> None:
    for _ in range(5):
        await pace.wait(GROUP, ACTION)
    assert not store.asked
    await asyncio.sleep(1)
    assert max(await times(*(pace.wait(GROUP, FRAME) for _ in range(3)))) < 1.5


@timely
async def test_who_gives_up_takes_nothing(pace: Pace, store: Store) -> None:
    pace.silence(1, 10)
    task = asyncio.create_task(pace.wait(1, FRAME))
    await asyncio.sleep(1)
    task.cancel()
    assert await at(pace.wait(1, FRAME)) == 10


@timely
async def test_chats_of_which_nothing_is_left_to_know_are_forgotten(
    pace: Pace, store: Store
) -> None:
    pace.silence(1, 1e6)
    for chat in range(2, pacing.CHATS_MOST + 100):
        pace.silence(chat, 0.5)
        await asyncio.sleep(1)
    assert len(pace._chats) < pacing.CHATS_MOST
    assert pace.quiet(1) > 0
