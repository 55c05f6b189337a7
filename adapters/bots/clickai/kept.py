"""What is asked for once, for all who need it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from adapters.bots.errors import ClientError

T = TypeVar("T")

_FAILURE_KEPT = 1.0


class Kept(Generic[T]):
    """A value that is kept for ``seconds``; for one second, that it could not be had.

    So many who wait for a server that is away wait for one attempt and not for one each.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float = float("inf")) -> None:
        self._ask = ask
        self._seconds = seconds
        self._values: list[T] = []
        self._error: ClientError | None = None
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def get(self) -> T:
        """The value. Raises the ClientError that asking for it raised."""
        async with self._asking:
            if self._now() >= self._until:
                await self._renew()
            if self._error:
                raise self._error
            return self._values[0]

    async def _renew(self) -> None:
        try:
            self._values, self._error = [await self._ask()], None
            self._until = self._now() + self._seconds
        except ClientError as error:
            self._error = error
            self._until = self._now() + _FAILURE_KEPT

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
