"""One run: everything is started, the plan carried out, and what there was to see handed on."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import Struct
from support.slack import Slack, slack
from support.telegram import Telegram, telegram

from torture import chatters, colleagues
from torture.bots import Bots
from torture.chatters import Chatter
from torture.colleagues import Colleague
from torture.people import Pager, Person, Visitor
from torture.plan import Door, Fault, Options, make
from torture.platform import Platform
from torture.replicas import Replica, Store

IDLE_SECONDS = 4.0
"""After which a bot that hangs has failed."""
GRACE_SECONDS = 2.0
"""For readers to read what was sealed last."""
FLOW = "00000000-0000-4000-8000-000000000001"


class Interrupted(Struct, frozen=True):
    """A replica was killed or frozen while it was answering these."""

    kind: str
    at: float
    replica: str
    tokens: tuple[str, ...]


class Evidence(Struct, frozen=True):
    """All that was seen from the outside."""

    people: tuple[Person, ...]
    bots: Bots
    platform: Platform
    store: Store
    replicas: tuple[Replica, ...]
    interrupted: tuple[Interrupted, ...]
    left: tuple[str, ...]
    """Keys that should be gone when nothing is waiting."""
    unsettled: bool
    exit_codes: tuple[int, ...]
    unknown_sends: int
    """As the replicas' metrics count them; what a killed one had counted is gone."""


class Run:
    """The machinery of one run, in a folder for its logs and its data."""

    def __init__(self, options: Options, folder: Path, tell: Callable[[str], None]) -> None:
        self._options = options
        self._folder = folder
        self._tell = tell
        self._plan = make(options)
        self._bots = Bots()
        self._platform = Platform(random.Random(options.seed + 1))
        self._slack = Slack()
        self._telegram = Telegram()
        self._store = Store(folder)
        self._replicas: list[Replica] = []
        self._people: list[Person] = []
        self._interrupted: list[Interrupted] = []

    async def run(self) -> Evidence:
        """Carry it out."""
        async with AsyncExitStack() as stack:
            bots = await stack.enter_async_context(self._bots.serving())
            platform = await stack.enter_async_context(self._platform.serving())
            self._slack = await stack.enter_async_context(slack())
            self._telegram = await stack.enter_async_context(telegram())
            dice, troubles = random.Random(self._options.seed + 3), self._platform.troubles
            self._slack.faults = colleagues.Moods(dice, troubles)
            self._telegram.faults = chatters.Moods(dice, troubles)
            chatters.add_bots(self._telegram, self._plan.doors)
            await stack.enter_async_context(self._processes(bots, platform))
            http = await stack.enter_async_context(_http())
            self._admit_people(http)
            await asyncio.gather(*(person.start() for person in self._people))
            await self._carry_out()
            unsettled = not await self._settle()
            await asyncio.sleep(GRACE_SECONDS)
            await asyncio.gather(*(person.stop() for person in self._people))
            unknown = sum([await _unknown_sends(http, each.url) for each in self._replicas])
            left = await self._left()
            codes = await asyncio.gather(
                *(asyncio.to_thread(replica.terminate) for replica in self._replicas)
            )
        return Evidence(
            people=tuple(self._people),
            bots=self._bots,
            platform=self._platform,
            store=self._store,
            replicas=tuple(self._replicas),
            interrupted=tuple(self._interrupted),
            left=tuple(left),
            unsettled=unsettled,
            exit_codes=tuple(codes),
            unknown_sends=unknown,
        )

    @asynccontextmanager
    async def _processes(self, bots: dict[str, str], platform: str) -> AsyncIterator[None]:
        def config(name: str, port: int) -> dict[str, Any]:
            # Each process has a token of its own: it is how Slack knows who posted.
            self._slack.tokens[f"xoxb-{name}"] = "T1"
            doors = self._plan.doors
            here = configuration(name, port, doors, bots, platform, self._store.url)
            here["channels"] |= colleagues.channels(name, doors, self._slack)
            here["channels"] |= chatters.channels(name, doors, self._telegram)
            return here

        self._store.start()
        try:
            await self._store.ready()
            count = self._options.replicas
            self._replicas = [Replica(number, self._folder, config) for number in range(count)]
            await asyncio.gather(*(replica.start() for replica in self._replicas))
            yield
        finally:
            for replica in self._replicas:
                replica.end()
            self._store.end()

    def _admit_people(self, http: aiohttp.ClientSession) -> None:
        dice = random.Random(self._options.seed + 2)

        def anywhere() -> str:
            return dice.choice(self._replicas).url

        for talk in self._plan.talks:
            if talk.door.slack:
                colleague = Colleague(talk, http, anywhere, dice)
                colleague.join(self._slack, self._platform)
                self._people.append(colleague)
            elif talk.door.telegram:
                chatter = Chatter(talk, http, anywhere, dice)
                chatter.join(self._telegram, self._platform)
                self._people.append(chatter)
            else:
                kind = Pager if talk.door.pager else Visitor
                self._people.append(kind(talk, http, anywhere, dice))

    async def _carry_out(self) -> None:
        began = time.monotonic()
        work = [person.write(began) for person in self._people]
        work += [self._go_wrong(fault, began) for fault in self._plan.faults]
        await asyncio.gather(*work)

    async def _go_wrong(self, fault: Fault, began: float) -> None:
        await asyncio.sleep(began + fault.at - time.monotonic())
        if fault.kind == "redis":
            return await self._restart_store(fault, began)
        replica = self._replicas[fault.replica]
        async with replica.busy:
            running = tuple(filter(None, self._bots.running(replica.name)))
            now = time.monotonic()
            self._interrupted.append(Interrupted(fault.kind, now, replica.name, running))
            self._tell(
                f"{now - began:6.1f} s  {fault.kind} {replica.name} ({len(running)} running)"
            )
            if fault.kind == "kill":
                replica.kill()
                await asyncio.sleep(fault.seconds)
                await replica.start()
            else:
                replica.freeze()
                await asyncio.sleep(fault.seconds)
                replica.thaw()
        return None

    async def _restart_store(self, fault: Fault, began: float) -> None:
        # One after the other: two servers with the same file would be a fault of the run's own.
        async with self._store.busy:
            self._tell(f"{time.monotonic() - began:6.1f} s  kill redis")
            self._store.kill()
            await asyncio.sleep(fault.seconds)
            self._store.start()
            await self._store.ready()

    async def _settle(self) -> bool:
        """Wait until nothing waits any more; whether that came to pass."""
        until = time.monotonic() + self._options.settle
        while time.monotonic() < until:
            if not await self._store.keys("gw:*:inbox:*"):
                return True
            await asyncio.sleep(0.25)
        return False

    async def _left(self) -> list[str]:
        patterns = ("inbox:*", "journal:*", "later")
        found = [await self._store.keys(f"gw:*:{pattern}") for pattern in patterns]
        return [key for keys in found for key in keys]


def configuration(
    name: str, port: int, doors: Sequence[Door], bots: dict[str, str], platform: str, redis: str
) -> dict[str, Any]:
    """A replica's configuration: every door, and each bot with the replica's own key."""
    site = {"kind": "web", "sessions_per_minute": 1_000_000}
    pager = {"kind": "pager", "replica": name}
    channels = {
        door.name: {
            **pager,
            "platform": f"{platform}/{'exact' if door.can_look_up else 'blind'}",
            "can_look_up": door.can_look_up,
        }
        if door.pager
        else {**site, "key": f"pk_{door.name}"}
        for door in doors
        if not door.slack and not door.telegram
    }
    waits = {"idle_timeout": IDLE_SECONDS, "content_timeout": IDLE_SECONDS, "api_key": name}
    return {
        "server": {"port": port, "shutdown_timeout": 5},
        "redis": {"url": redis},
        "logging": {"format": "json"},
        "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
        "channels": channels,
        "bots": {
            "clickai": {"kind": "clickai", "base_url": f"{bots['clickai']}/v1", **waits},
            "ciniterflow": {
                "kind": "ciniterflow",
                "base_url": bots["ciniterflow"],
                "flow_id": FLOW,
                **waits,
            },
        },
        "routes": [{"channel": door.name, "bot": door.bot} for door in doors],
    }


def _http() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def _unknown_sends(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(f"{url}/metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if "unknown_sends_total{" in line)
