"""What durability costs: a message through the store's inbox, beside one handled in memory.

``python -m benchmarks.durable_way [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from statistics import median

import uvloop

from benchmarks.table import Row, render
from gateway.config import Limits, RedisConfig
from gateway.delivery import Delivery
from gateway.dispatcher import Dispatcher
from gateway.fetch import Fetcher
from gateway.files import Files
from gateway.guard import Guard
from gateway.model import (
    Address,
    Ask,
    Conversation,
    Done,
    End,
    EndState,
    Inbound,
    Origin,
    Person,
    Policy,
    ReplyEvent,
    TextDelta,
)
from gateway.ports import GatewayForBots, GatewayForChannels, LogWriter, Outcome, Reply, Sent
from gateway.services import Services
from gateway.store.aliases import Aliases
from gateway.store.answers import Answers
from gateway.store.blobs import Blobs
from gateway.store.connection import Connection, connect
from gateway.store.embedded import Embedded
from gateway.store.hub import Hub
from gateway.store.inbox import Inbox
from gateway.store.journal import Journal
from gateway.store.leases import Lease
from gateway.store.memory import Memory
from gateway.store.people import People
from gateway.store.quotas import Quotas
from gateway.store.replies import Replies
from gateway.store.traces import Traces
from gateway.store.work import Item
from gateway.telemetry import configure_logging
from gateway.texts import Texts

CROWDS = (1, 20, 100)
MB = 1024 * 1024
_names = itertools.count()
Way = Callable[[Inbound], Awaitable[None]]


class Clock:
    """A bot and a channel that note when they are reached, by the message's id."""

    name = "clock"
    identity = "clock"

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.asked: dict[str, float] = {}
        self.delivered: dict[str, asyncio.Future[float]] = {}

    async def start(self, gateway: GatewayForBots | GatewayForChannels) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        """An answer of ten words, at once."""
        self.asked[ask.text] = time.perf_counter()
        for _ in range(10):
            yield TextDelta("word ")
        yield Done()

    async def deliver(self, reply: Reply) -> Outcome:
        """Take the whole answer."""
        async for event in reply.events():
            if isinstance(event, End):
                now = time.perf_counter()
                self.delivered[reply.messages[0].text].set_result(now)
        return Sent()


class InMemory:
    """The floor: the same bot, delivery and channel, with nothing kept."""

    def __init__(self, clock: Clock, log: LogWriter, journal: Journal) -> None:
        self._clock, self._log, self._journal = clock, log, journal

    async def send(self, inbound: Inbound) -> None:
        """Handle a message in a task of its own."""
        self._task = asyncio.create_task(self._handle(inbound))

    async def _handle(self, inbound: Inbound) -> None:
        delivery = Delivery("1", inbound.origin, (inbound,), self._log, self._journal, 400_000)
        delivering = asyncio.create_task(self._clock.deliver(delivery))
        ask = Ask(turn="1", text=inbound.text, user="u", conversation=Conversation())
        async with aclosing(self._clock.answer(ask)) as events:
            async for event in events:
                if isinstance(event, Done):
                    delivery.end(EndState.DONE)
                elif isinstance(event, TextDelta):
                    delivery.show(event)
        await delivering


async def _services(stack: AsyncExitStack, url: str, clock: Clock) -> tuple[Services, Dispatcher]:
    limits = Limits()
    connection = Connection(connect(RedisConfig(url=url)))
    blocking = Connection(connect(RedisConfig(url=url), blocking=True))
    hub = Hub(connect(RedisConfig(url=url), blocking=True), _ignore)
    fetcher = Fetcher(MB)
    for close in (connection.close, blocking.close, hub.close, fetcher.close):
        stack.push_async_callback(close)
    await hub.start()
    blobs = Blobs(connection, most_bytes_each=MB, most_bytes_all=MB, days=1)
    services = Services(
        inbox=Inbox(connection, "benchmark", limits),
        replies=Replies(connection, hub),
        aliases=Aliases(connection, 1),
        answers=Answers(connection, 1),
        people=People(connection, 1),
        traces=Traces(connection, "benchmark"),
        memory=Memory(connection),
        files=Files(blobs, fetcher),
        guard=Guard(Quotas(connection), Texts(), limits.bot_wait),
        channels={"clock": clock},
        bots={"clock": clock},
        texts=Texts(),
        limits=limits,
    )
    dispatcher = Dispatcher(services, blocking, _ignore)
    await dispatcher.start(alone=True)
    stack.push_async_callback(dispatcher.stop, 5)
    return services, dispatcher


async def _ignore(_: bytes) -> None: ...


async def _measure(clock: Clock, way: Way, crowd: int, count: int) -> tuple[list[float], ...]:
    """Milliseconds from sending to being asked, and to the whole answer's delivery."""

    async def person(number: int) -> None:
        for _ in range(count):
            text = str(next(_names))
            place = Origin(Address("clock", f"{crowd}-{number}"), Person(str(number)))
            clock.delivered[text] = asyncio.get_running_loop().create_future()
            clock.sent[text] = time.perf_counter()
            await way(Inbound(id=text, origin=place, text=text, received_at=time.time()))
            delivered[text] = await clock.delivered[text]
            # People think between messages; without it everyone would be in step.
            await asyncio.sleep(0.1 + number % 7 / 100)

    delivered: dict[str, float] = {}
    await asyncio.gather(*(person(number) for number in range(crowd)))
    asked = [1000 * (clock.asked[text] - clock.sent[text]) for text in delivered]
    whole = [1000 * (at - clock.sent[text]) for text, at in delivered.items()]
    return asked, whole


async def _run(folder: Path, count: int) -> list[Row]:
    async with AsyncExitStack() as stack:
        embedded = Embedded(folder)
        await embedded.start()
        stack.push_async_callback(embedded.stop)
        clock = Clock()
        services, _ = await _services(stack, embedded.url, clock)
        journal = Journal(services.inbox, Lease("l", "0-1"), 1)
        memory = InMemory(clock, services.replies.writer("l", 1, 1), journal)

        async def durable(inbound: Inbound) -> None:
            item = Item(inbound, "clock", Policy.FOLLOWUP, "u")
            await services.inbox.admit(f"clock:{inbound.origin.address.place}", item)

        rows = []
        for crowd in CROWDS:
            messages = max(10, count // max(crowd, 10))
            await _measure(clock, durable, crowd, 5)
            floor = await _measure(clock, memory.send, crowd, messages)
            ours = await _measure(clock, durable, crowd, messages)
            at_a_time = f"{crowd} at a time"
            goal = "+ 2 ms" if crowd == 1 else ""
            rows.append(Row(f"message → bot, {at_a_time}, ms", floor[0], ours[0], goal))
            rows.append(Row(f"message → delivered, {at_a_time}, ms", floor[1], ours[1]))
            rows.append(Row(f"added to p50, {at_a_time}, ms", [], [_added(floor[0], ours[0])]))
        return rows


def _added(floor: list[float], ours: list[float]) -> float:
    return median(ours) - median(floor)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer messages")
    count = 200 if parser.parse_args().quick else 1000
    configure_logging("error", "console", [])
    with tempfile.TemporaryDirectory() as folder:
        print(render(uvloop.run(_run(Path(folder), count))))


if __name__ == "__main__":
    main()
