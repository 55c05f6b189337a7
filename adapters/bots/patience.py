"""Waiting for a bot, in time that this process was there itself.

A process that was frozen, or had no processor for a while, finds all its limits over when it goes
on, while what it waited for lies unread. That is not held against the bot.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from adapters.bots.errors import Silent

T = TypeVar("T")

STOOD_STILL = 1.0
"""A limit that is found to be over so many seconds too late was not the bot's."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to. Raises Silent, and cancels the work, when it takes too long."""
    clock = asyncio.get_running_loop().time
    task = asyncio.create_task(work)
    try:
        while True:
            ends = clock() + seconds
            await asyncio.wait({task}, timeout=seconds)
            if task.done():
                return task.result()
            if clock() - ends < STOOD_STILL:
                raise Silent(f"no byte for {seconds:g} s")
    finally:
        task.cancel()


async def read_within(seconds: float, read: Callable[[], Awaitable[T]]) -> T | None:
    """What was read; None when there was nothing for too long. Reading must be repeatable.

    Cheaper than a task for each of the thousands of pieces of an answer.
    """
    clock = asyncio.get_running_loop().time
    while True:
        ends = clock() + seconds
        try:
            async with asyncio.timeout_at(ends) as limit:
                return await read()
        except TimeoutError:
            if not limit.expired():
                raise
            if clock() - ends < STOOD_STILL:
                return None
