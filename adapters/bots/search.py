"""Looking for an answer at its vendor, when whoever had asked for it is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from typing import TypeVar

from gateway.model import Ask

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds in which an answer that is given without us must be whole."""
SKEW = 2.0
"""Seconds that a vendor's clock may be behind the gateway's; some know nothing below one."""
_PAUSES = (1.0, 2.0, 4.0)


class Unfinished(Exception):
    """There is no answer yet, and there may be one later."""


async def search(look: Callable[[], Awaitable[T]], within: float) -> T | None:
    """What ``look`` finds at last. It is called again for as long as it raises Unfinished.

    None when it still does after ``within`` seconds. Everything else it raises passes through.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + within
    pauses = chain(_PAUSES, repeat(_PAUSES[-1]))
    while True:
        try:
            return await look()
        except Unfinished:
            left = until - clock()
        if left <= 0:
            return None
        await asyncio.sleep(min(next(pauses), left))


def asks(ask: Ask, said: str | None) -> bool:
    """Whether ``said`` may be what was asked.

    With files to it that cannot be told: what was heard in them, or their names, may stand there.
    """
    return bool(ask.attachments) or (said or "").strip() == ask.text.strip()
