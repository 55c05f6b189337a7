"""Tasks end when they are cancelled, also when something swallows that."""

import asyncio

import pytest

from gateway import tasks
from gateway.tasks import cancel


async def test_a_swallowed_cancellation_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.02)
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed == 2:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancel(task)
    assert task.cancelled()
    assert swallowed == 2


async def test_what_they_raise_is_dropped() -> None:
    async def failing() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError

    tasks = [asyncio.create_task(failing()) for _ in range(2)]
    await asyncio.sleep(0)
    await cancel(*tasks)
    assert all(task.done() for task in tasks)
    await cancel(*tasks)
    await cancel()


async def test_what_is_being_cleared_up_is_waited_for() -> None:
    cleared = False

    async def clearing() -> None:
        nonlocal cleared
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            cleared = True

    task = asyncio.create_task(clearing())
    await asyncio.sleep(0)
    await cancel(task)
    assert cleared
