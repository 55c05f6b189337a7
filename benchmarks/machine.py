"""The machine: whether a measurement had it to itself."""

import os
import sys
import time
from pathlib import Path


class Watch:
    """Finds out how much of the machine others have used since it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy = _busy_seconds()
        self._own = _own_seconds()

    def __str__(self) -> str:
        return (
            f"{os.cpu_count()} cores, of which {self.others:.1f} were busy with something else;"
            f" Python {sys.version.split()[0]}; {self.seconds:.0f} s."
        )

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return time.monotonic() - self._began

    @property
    def others(self) -> float:
        """Cores that were busy, on average, with something else. Children count once they ended."""
        busy, own = _busy_seconds() - self._busy, _own_seconds() - self._own
        return max(0.0, (busy - own) / self.seconds)


def _busy_seconds() -> float:
    user, nice, system, _, _, *rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    interrupts_and_steal = rest[:3]
    ticks = sum(map(int, (user, nice, system, *interrupts_and_steal)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    return sum(os.times()[:4])
