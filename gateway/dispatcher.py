"""The dispatcher: claims lanes that have work and runs their turns, one at a time per lane."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import structlog

from gateway import telemetry
from gateway.asking import Parked
from gateway.config import Limits
from gateway.model import Policy
from gateway.ports import StoreUnavailable
from gateway.services import Services
from gateway.store.connection import Connection, patiently
from gateway.store.inbox import COLLECT_MOST, MORE_SECONDS, Inbox
from gateway.store.leases import CLAIM_BLOCK_MS, LEASE_SECONDS, Fenced, Lease, Leases
from gateway.store.work import Work
from gateway.tasks import cancel
from gateway.turn import Turn

RENEW_SECONDS = LEASE_SECONDS / 4
WAKE_SECONDS = 0.2
PAUSE_SECONDS = 0.25
"""Before another try when the store is away."""

log = structlog.get_logger(__name__)


class Halt(msgspec.Struct, frozen=True):
    """What replicas tell each other: a lane's messages up to a turn are no longer wanted."""

    lane: str
    upto: int


class Dispatcher:
    """One worker: a claim loop, a lease keeper, and the lanes it is working on."""

    def __init__(
        self, services: Services, claiming: Connection, control: Callable[[bytes], Awaitable[None]]
    ) -> None:
        self._services = services
        self._inbox: Inbox = services.inbox
        self._leasing: Leases = services.inbox.leases
        self._limits: Limits = services.limits
        self._claiming = claiming
        self._control = control
        self._leases: dict[str, Lease] = {}
        self._turns: dict[str, Turn] = {}
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._claims: list[asyncio.Task[None]] = []
        self._loops: list[asyncio.Task[None]] = []
        self._room = asyncio.Event()
        # A read takes from many queues at once and may bring more lanes than there is room for.
        self._slots = asyncio.Semaphore(services.limits.concurrent_turns)
        self._stopping = False
        self._away = False

    async def start(self, *, alone: bool) -> None:
        """Begin to work. ``alone``: no other worker can be alive, so all leases are dead ones."""
        await self._leasing.prepare()
        await self._leasing.tidy()
        for lease in await self._leasing.reclaim(0) if alone else ():
            self._take(lease)
        self._claims = [
            asyncio.create_task(self._repeat(partial(self._claim, queues), 0, until_stopping=True))
            for queues in self._claiming.queue_groups
        ]
        self._loops = [
            asyncio.create_task(loop)
            for loop in (
                self._repeat(self._renew, RENEW_SECONDS),
                self._repeat(self._reclaim, RENEW_SECONDS),
                self._repeat(self._leasing.wake_due, WAKE_SECONDS),
            )
        ]

    @property
    def alive(self) -> bool:
        """Whether messages are being taken from the inbox."""
        loops = self._claims + self._loops
        return bool(loops) and not any(loop.done() for loop in loops)

    async def halt(self, lane: str, upto: int = 0) -> bool:
        """Stop a lane's messages up to a turn (0: all), on whatever replica they are."""
        upto = await self._inbox.halt(lane, upto)
        if upto:
            halt = Halt(lane, upto)
            self.heed(halt)
            await self._control(msgspec.json.encode(halt))
        return bool(upto)

    def heed(self, halt: Halt) -> None:
        """Stop the turn if it runs here."""
        if turn := self._turns.get(halt.lane):
            turn.halt(halt.upto)

    async def stop(self, limit: float) -> None:
        """Take nothing new, let running turns finish for so long, give back the rest."""
        self._stopping = True
        self._room.set()
        # What the server has handed out to a pending read must not be left behind.
        if self._claims:
            await asyncio.wait(self._claims, timeout=2 * CLAIM_BLOCK_MS / 1000)
        if self._lanes:
            await asyncio.wait(self._lanes.values(), timeout=limit)
        await cancel(*self._lanes.values())
        await cancel(*self._claims, *self._loops)
        self._claims, self._loops = [], []

    async def _repeat(
        self, step: Callable[[], Awaitable[None]], every: float, *, until_stopping: bool = False
    ) -> None:
        while not (until_stopping and self._stopping):
            try:
                await step()
            except StoreUnavailable as error:
                telemetry.REDIS_UNAVAILABLE.inc()
                self._note(error)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception:
                log.exception("worker loop failed")
                await asyncio.sleep(PAUSE_SECONDS)
            await asyncio.sleep(every)

    def _note(self, error: StoreUnavailable | None) -> None:
        """One line when the store goes away, and one when it is back."""
        if error and not self._away:
            log.error("store unavailable", reason=str(error))
        elif self._away and not error:
            log.info("store is back")
        self._away = error is not None

    async def _claim(self, queues: range) -> None:
        room = self._limits.concurrent_turns - len(self._lanes)
        if room <= 0:
            self._room.clear()
            await self._room.wait()
            return
        for lease in await self._leasing.claims(self._claiming, room, queues):
            self._take(lease)

    async def _reclaim(self) -> None:
        for lease in await self._leasing.reclaim(int(LEASE_SECONDS * 1000)):
            # A lease of ours that could not be renewed in time is found here too.
            if self._leases.get(lease.lane) != lease:
                log.info("lane taken over from a worker that is gone", lane=lease.lane)
                self._take(lease)
        # Of all loops this is the one that always asks the store something.
        self._note(None)

    async def _renew(self) -> None:
        for lease in await self._leasing.renew(list(self._leases.values())):
            if self._leases.get(lease.lane) == lease:
                log.warning("lease lost", lane=lease.lane)
                telemetry.LEASES_LOST.inc()
                self._lanes[lease.lane].cancel()

    def _take(self, lease: Lease) -> None:
        if running := self._lanes.get(lease.lane):
            running.cancel()
        self._leases[lease.lane] = lease
        task = asyncio.create_task(self._work(lease))
        self._lanes[lease.lane] = task
        task.add_done_callback(lambda done: self._leave(lease, done))

    def _leave(self, lease: Lease, task: asyncio.Task[None]) -> None:
        if self._lanes.get(lease.lane) is task:
            del self._lanes[lease.lane], self._leases[lease.lane]
            self._turns.pop(lease.lane, None)
        self._room.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("lane failed", lane=lease.lane, exc_info=error)

    async def _work(self, lease: Lease) -> None:
        try:
            async with self._slots:
                await self._drain(lease)
        except asyncio.CancelledError:
            if self._stopping:
                await self._leasing.release(lease, broken=lease.lane in self._turns)
            raise
        except Fenced:
            log.warning("lane taken over by another worker", lane=lease.lane)
            telemetry.LEASES_LOST.inc()

    async def _drain(self, lease: Lease) -> None:
        while work := await patiently(lambda: self._inbox.begin(lease, COLLECT_MOST)):
            if self._stopping:
                await self._leasing.release(lease)
                return
            burst = _burst(work)
            if wait := _wait_for_more(burst):
                await self._leasing.release(lease, wait)
                return
            if not await self._run(lease, burst):
                return

    async def _run(self, lease: Lease, work: Work) -> bool:
        """Run one turn; whether the lease is still ours and has more to do."""
        if work.last.inbound.origin.address.channel not in self._services.channels:
            return await self._bury(lease, work)
        turn = Turn(self._services, lease, work)
        self._turns[lease.lane] = turn
        with (
            structlog.contextvars.bound_contextvars(turn=f"{lease.lane}#{work.items[0][0]}"),
            telemetry.TURNS_RUNNING.track_inprogress(),
        ):
            try:
                return await turn.run() > 0
            except Parked as parked:
                log.info("turn parked", seconds=parked.delay)
                return False

    async def _bury(self, lease: Lease, work: Work) -> bool:
        channel = work.last.inbound.origin.address.channel
        log.error("message of a channel that is no longer configured", channel=channel)
        telemetry.DEAD_LETTERS.inc()
        reason = f"channel {channel} is not configured"
        return await self._inbox.seal(lease, work.items, dead=reason) > 0


def _burst(work: Work) -> Work:
    """The messages of one turn: the first, and what is answered together with it."""
    burst = [work.items[0]]
    for number, item in work.items[1:]:
        before = burst[-1][1]
        if item.command or before.command:
            break
        if (item.bot, item.policy) != (before.bot, before.policy):
            break
        collected = item.policy is Policy.COLLECT and number > work.halted
        if not (before.inbound.more or collected):
            break
        burst.append((number, item))
    return msgspec.structs.replace(work, items=tuple(burst))


def _wait_for_more(burst: Work) -> float:
    """How long to wait because the last message goes on in another, which is not here yet."""
    last = burst.last.inbound
    if not last.more or len(burst.items) >= COLLECT_MOST:
        return 0.0
    return min(max(last.received_at + MORE_SECONDS - time.time(), 0.0), MORE_SECONDS)
