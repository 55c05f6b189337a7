"""What is remembered between a webhook's events and a person's next message, within bounds."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

V = TypeVar("V")

MOST = 10_000
DAY = 86_400.0


class Memory(Generic[V]):
    """The latest ``most`` values by name, each for ``seconds``; the oldest make room."""

    def __init__(
        self,
        most: int = MOST,
        seconds: float = DAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def keep(self, names: Iterable[str], value: V) -> None:
        """Remember ``value`` under each of ``names``, instead of what was there."""
        until = self._clock() + self._seconds
        for name in names:
            self._values[name] = (until, value)
            self._values.move_to_end(name)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def find(self, names: Iterable[str]) -> V | None:
        """What is remembered under the first of ``names`` that is known."""
        for name in names:
            until, value = self._values.get(name, (0.0, None))
            if value is not None and until > self._clock():
                return value
        return None

    def forget(self, names: Iterable[str], value: V | None = None) -> None:
        """Forget ``names``; with ``value``, only where it is still that very one."""
        for name in names:
            known = self._values.get(name)
            if known and (value is None or known[1] is value):
                del self._values[name]
