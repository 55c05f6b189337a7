"""Background work: what nobody waits for, and whose failure costs no message."""

import asyncio
from collections.abc import Coroutine

import structlog

from gateway.ports import NotRouted, StoreUnavailable
from gateway.tasks import cancel

STOP_SECONDS = 3.0
MOST = 1000
"""At the same time; beyond it such work is left out."""

log = structlog.get_logger(__name__)


class Background:
    """Runs coroutines on the side, and lets them end when the channel stops.

    ``expected`` are the errors by which a platform says no, or nothing.
    """

    def __init__(self, *expected: type[Exception]) -> None:
        self._expected: tuple[type[Exception], ...] = (*expected, StoreUnavailable, NotRouted)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, what: str, work: Coroutine[object, object, object]) -> None:
        """Begin; ``what`` names it in the log. Never raises, never blocks."""
        if len(self._tasks) >= MOST:
            work.close()
            log.warning("left out: too much on the side", what=what)
            return
        task = asyncio.create_task(self._quietly(what, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until nothing runs."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Let what runs end, for 3 s at most."""
        tasks = set(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            await cancel(*late)

    async def _quietly(self, what: str, work: Coroutine[object, object, object]) -> None:
        try:
            await work
        except self._expected as error:
            reason = getattr(error, "code", type(error).__name__)
            log.info("could not be done", what=what, reason=reason)
        except Exception as error:
            # Not its text nor its values: they may be a message's.
            log.error("failed on the side", what=what, error=type(error).__name__)
