"""The guard: places in a quota, on a real store, and bots that keep failing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.adapters import Script, ScriptedBot
from support.servers import eventually

from gateway import telemetry
from gateway.breaker import FAILURES, JITTER, PAUSE_SECONDS
from gateway.config import RedisConfig
from gateway.guard import Guard
from gateway.model import (
    Ask,
    Awaiting,
    Conversation,
    Done,
    Failed,
    Failure,
    Notice,
    Reference,
    ReplyEvent,
    Status,
    TextDelta,
    TextReplace,
)
from gateway.ports import Bot, Quota
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.quotas import WINDOW_SECONDS, Quotas
from gateway.texts import Texts

NOON = 20_000 * keys.DAY + keys.DAY / 2
ASK = Ask(turn="1", text="hello", user="u", conversation=Conversation(), locale="vi")
DOWN = Failed(Failure.UNAVAILABLE, "no connection", 1)
ANSWER = [Reference("c-1", task="t-1"), TextDelta("You said: "), TextDelta("hello"), Done()]

Events = AsyncGenerator[ReplyEvent, None]
_numbers = count(1)


class Times:
    """The two clocks: of the day and of the process."""

    def __init__(self) -> None:
        self.epoch = NOON
        self.monotonic = 1000.0


def saying(*events: ReplyEvent) -> Script:
    """A bot's script."""

    async def script(ask: Ask) -> Events:
        for event in events:
            yield event

    return script


def bot(per_minute: int = 0, per_day: int = 0) -> ScriptedBot:
    """One that no other test asks, with a quota if there is a limit."""
    name = f"guarded-{next(_numbers)}"
    scripted = ScriptedBot(name=name)
    if per_minute or per_day:
        scripted.quota = Quota(name, per_minute, per_day)  # type: ignore[attr-defined]
    return scripted


def sample(name: str, **labels: str) -> float | None:
    """The value of a metric."""
    return telemetry.REGISTRY.get_sample_value(f"chat_gateway_{name}", labels)


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
async def quotas(redis_url: str, times: Times) -> AsyncIterator[Quotas]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield Quotas(connection, lambda: times.epoch)
    await connection.close()


@pytest.fixture
def guard(quotas: Quotas, times: Times) -> Guard:
    return Guard(quotas, Texts(), 30, lambda: times.monotonic)


async def ask(guard: Guard, bot: Bot) -> list[ReplyEvent]:
    """Everything that comes of one question."""
    async with aclosing(guard.answer(bot, ASK)) as events:
        return [event async for event in events]


async def refusal(guard: Guard, bot: ScriptedBot) -> Failed:
    """What a question fails with that the bot is not asked."""
    asked = len(bot.asks)
    (event,) = await ask(guard, bot)
    assert isinstance(event, Failed)
    assert event.detail.startswith("not asked: ")
    assert len(bot.asks) == asked
    return event


@pytest.mark.parametrize("limits", [(0, 0), (5, 0), (0, 5), (5, 5)])
async def test_an_answer_passes_through(guard: Guard, limits: tuple[int, int]) -> None:
    asked = bot(*limits)
    assert await ask(guard, asked) == ANSWER
    assert asked.asks == [ASK]


async def test_a_long_wait_is_announced_and_can_be_left(guard: Guard, times: Times) -> None:
    busy = bot(per_minute=1)
    await ask(guard, busy)
    times.epoch += WINDOW_SECONDS - 20
    async with aclosing(guard.answer(busy, ASK)) as events:
        assert await anext(events) == Notice(Texts().get("vi", "slow"))
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert len(busy.asks) == 1


async def test_a_short_wait_is_not_announced(guard: Guard, times: Times) -> None:
    busy = bot(per_minute=1)
    await ask(guard, busy)
    times.epoch += WINDOW_SECONDS - 0.05
    assert await ask(guard, busy) == ANSWER
    assert sample("bot_wait_seconds_count", bot=busy.name) == 2
    assert sample("bot_wait_seconds_sum", bot=busy.name) == pytest.approx(0.05, abs=0.002)
    assert sample("bot_wait_seconds_bucket", bot=busy.name, le="0.0") == 1


async def test_a_wait_for_one_bot_does_not_hold_up_another(guard: Guard, times: Times) -> None:
    busy, idle = bot(per_minute=1), bot(per_minute=1)
    await ask(guard, busy)
    times.epoch += WINDOW_SECONDS - 20
    async with aclosing(guard.answer(busy, ASK)) as events:
        await anext(events)
        assert await ask(guard, idle) == ANSWER


async def test_a_place_too_far_away_is_busy(guard: Guard) -> None:
    busy = bot(per_minute=1)
    await ask(guard, busy)
    failed = await refusal(guard, busy)
    assert (failed.failure, failed.retry_after) == (Failure.BUSY, None)


async def test_a_place_that_comes_soon_is_asked_for_again(quotas: Quotas, times: Times) -> None:
    guard, busy = Guard(quotas, Texts(), 0), bot(per_minute=1)
    await ask(guard, busy)
    times.epoch += WINDOW_SECONDS - 4
    failed = await refusal(guard, busy)
    assert (failed.failure, failed.retry_after) == (Failure.BUSY, 4)


async def test_a_spent_day_is_busy_until_midnight_and_said_once(guard: Guard, times: Times) -> None:
    small = bot(per_day=2)
    await ask(guard, small)
    await ask(guard, small)
    with capture_logs() as logs:
        for _ in range(3):
            failed = await refusal(guard, small)
            assert (failed.failure, failed.retry_after) == (Failure.BUSY, None)
    (line,) = logs
    assert (line["log_level"], line["bot"], line["per_day"]) == ("error", small.name, 2)
    times.epoch += keys.DAY / 2
    assert await ask(guard, small) == ANSWER


async def test_the_day_is_warned_of_at_three_marks_every_day(guard: Guard, times: Times) -> None:
    small = bot(per_day=20)
    for _ in range(2):
        with capture_logs() as logs:
            for _ in range(20):
                await ask(guard, small)
        assert [line["used_percent"] for line in logs] == [80, 90, 100]
        assert {line["log_level"] for line in logs} == {"warning"}
        times.epoch += keys.DAY


async def test_what_is_left_of_the_day_can_be_seen(
    guard: Guard, quotas: Quotas, times: Times
) -> None:
    def left() -> float | None:
        return sample("bot_quota_left", bot=small.name, period="day")

    small = bot(per_day=3)
    await ask(guard, small)
    assert left() == 2
    other_replica = Guard(quotas, Texts(), 30)
    await ask(other_replica, small)
    await ask(other_replica, small)
    await refusal(guard, small)
    assert left() == 0
    times.epoch += keys.DAY / 2
    assert left() == 3


async def test_without_a_store_the_vendor_decides() -> None:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    guard, small = Guard(Quotas(connection), Texts(), 30), bot(per_minute=1, per_day=1)
    for _ in range(2):
        assert await ask(guard, small) == ANSWER
    await connection.close()


@pytest.mark.parametrize("failure", [Failure.UNAVAILABLE, Failure.TIMEOUT])
async def test_a_bot_that_keeps_failing_is_left_alone(
    guard: Guard, times: Times, failure: Failure
) -> None:
    down = bot()
    down.script = saying(Status("thinking"), Failed(failure))
    with capture_logs() as logs:
        for _ in range(FAILURES):
            assert sample("bot_breaker_open", bot=down.name) in (None, 0)
            await ask(guard, down)
        assert sample("bot_breaker_open", bot=down.name) == 1
        for _ in range(3):
            failed = await refusal(guard, down)
    assert failed.failure is Failure.UNAVAILABLE
    assert failed.retry_after
    assert [(line["log_level"], line["bot"]) for line in logs] == [("error", down.name)]

    down.script = saying(*ANSWER)
    times.monotonic += failed.retry_after
    with capture_logs() as logs:
        assert await ask(guard, down) == ANSWER
        assert await ask(guard, down) == ANSWER
    assert sample("bot_breaker_open", bot=down.name) == 0
    assert [(line["log_level"], line["bot"]) for line in logs] == [("info", down.name)]


async def failed_often(guard: Guard, times: Times, **limits: int) -> ScriptedBot:
    """A bot that may be probed."""
    down = bot(**limits)
    down.script = saying(DOWN)
    for _ in range(FAILURES):
        await ask(guard, down)
    times.monotonic += PAUSE_SECONDS * JITTER
    return down


async def test_other_bots_are_asked_all_the_same(guard: Guard, times: Times) -> None:
    down = await failed_often(guard, times)
    await ask(guard, down)
    await refusal(guard, down)
    assert await ask(guard, bot()) == ANSWER


@pytest.mark.parametrize(
    "answer",
    [
        [Failed(Failure.BUSY, retry_after=1)],
        [Failed(Failure.REJECTED)],
        [Failed(Failure.MISCONFIGURED)],
        [TextDelta("half"), Failed(Failure.UNAVAILABLE)],
        [TextReplace("half"), Failed(Failure.TIMEOUT)],
    ],
    ids=str,
)
async def test_other_ends_do_not_count(guard: Guard, answer: list[ReplyEvent]) -> None:
    scripted = bot()
    scripted.script = saying(*answer)
    for _ in range(2 * FAILURES):
        assert await ask(guard, scripted) == answer


async def test_an_empty_text_is_no_answer(guard: Guard, times: Times) -> None:
    scripted = bot()
    scripted.script = saying(TextReplace(""), DOWN)
    for _ in range(FAILURES):
        await ask(guard, scripted)
    await refusal(guard, scripted)


@pytest.mark.parametrize("end", [Done(), Awaiting()], ids=str)
async def test_an_answer_without_text_is_one(guard: Guard, times: Times, end: Any) -> None:
    down = await failed_often(guard, times)
    down.script = saying(end)
    assert await ask(guard, down) == [end]
    assert await ask(guard, down) == [end]


async def test_a_probe_that_is_stopped_makes_way(guard: Guard, times: Times) -> None:
    down = await failed_often(guard, times)

    async def hangs(ask: Ask) -> Events:
        yield Status("thinking")
        await asyncio.Event().wait()

    down.script = hangs
    async with aclosing(guard.answer(down, ASK)) as events:
        await anext(events)
        await refusal(guard, down)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    down.script = saying(*ANSWER)
    assert await ask(guard, down) == ANSWER


async def test_a_probe_that_raises_makes_way(guard: Guard, times: Times) -> None:
    down = await failed_often(guard, times)

    async def defect(ask: Ask) -> Events:
        raise ValueError("defect")
        yield Done()

    down.script = defect
    with pytest.raises(ValueError, match="defect"):
        await ask(guard, down)
    down.script = saying(*ANSWER)
    assert await ask(guard, down) == ANSWER


async def test_a_bot_left_alone_uses_no_quota(guard: Guard, times: Times) -> None:
    down = await failed_often(guard, times, per_day=FAILURES + 1)
    times.monotonic -= PAUSE_SECONDS * JITTER
    for _ in range(3):
        await refusal(guard, down)
    times.monotonic += PAUSE_SECONDS * JITTER
    down.script = saying(*ANSWER)
    assert await ask(guard, down) == ANSWER


async def test_a_bot_that_opens_the_breaker_during_a_wait_is_not_asked(
    guard: Guard, times: Times
) -> None:
    down, going_on = bot(per_minute=FAILURES), asyncio.Event()
    down.script = saying(DOWN)
    for _ in range(FAILURES - 1):
        await ask(guard, down)

    async def hangs(ask: Ask) -> Events:
        await going_on.wait()
        yield DOWN

    down.script = hangs
    last = asyncio.create_task(ask(guard, down))
    await eventually(lambda: len(down.asks) == FAILURES)
    times.epoch += WINDOW_SECONDS - 1
    waiting = asyncio.create_task(refusal(guard, down))
    await eventually(lambda: sample("bot_wait_seconds_count", bot=down.name) == FAILURES + 1)
    going_on.set()
    assert await last == [DOWN]
    assert (await waiting).failure is Failure.UNAVAILABLE


async def test_closing_it_closes_the_bot_s_answer(guard: Guard) -> None:
    closed = False

    async def endless(ask: Ask) -> Events:
        nonlocal closed
        try:
            while True:
                yield TextDelta("more")
        finally:
            closed = True

    scripted = bot(per_minute=1)
    # The script itself: what stands between it and the guard closes nothing.
    scripted.answer = endless  # type: ignore[method-assign]
    events = guard.answer(scripted, ASK)
    await anext(events)
    await events.aclose()
    assert closed
