"""What other replicas publish is heard again after every way a connection can end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from support.gate import Gate, gate
from support.servers import eventually
from support.stores import Store, store

from gateway.config import RedisConfig
from gateway.ports import LogEntry
from gateway.store import keys
from gateway.store import listening as module
from gateway.store.connection import connect_listener, disconnect
from gateway.store.flusher import Batch
from gateway.store.hub import Hub


class Page:
    """One open stream."""

    def __init__(self) -> None:
        self.stale = self.closing = False
        self.shown: list[LogEntry] = []

    def show(self, entries: list[LogEntry]) -> None:
        self.shown.extend(entries)

    def wake(self) -> None:
        pass


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


@pytest.fixture
async def between(server: Store) -> AsyncIterator[Gate]:
    async with gate(server.port) as between:
        yield between


@pytest.fixture
async def hub(between: Gate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.2)
    client = connect_listener(RedisConfig(url=f"redis://127.0.0.1:{between.port}"))
    hub = Hub(client, nothing)
    await hub.start()
    yield hub
    await hub.close()
    await disconnect(client)


async def nothing(_: bytes) -> None:
    pass


async def lost(hub: Hub) -> None:
    await eventually(lambda: not hub._listening.open)


async def publish(server: Store, lane: str) -> None:
    batch = Batch((LogEntry("delta", b"{}", 1, 1),), "another")
    async with Redis.from_url(server.url) as client:
        await client.publish(keys.events(lane), batch.publication)


async def heard(server: Store, lane: str, page: Page) -> None:
    async def arrived() -> bool:
        await publish(server, lane)
        return bool(page.shown)

    await eventually(arrived)


async def test_a_server_that_is_gone_without_a_word_is_left(
    hub: Hub, between: Gate, server: Store
) -> None:
    page = Page()
    await hub.join("lane", page)
    page.stale = False
    between.fall_silent()
    await heard(server, "lane", page)
    assert page.stale


async def test_who_joined_while_the_server_was_away_hears_when_it_is_back(
    hub: Hub, between: Gate, server: Store
) -> None:
    page = Page()
    between.shut()
    await lost(hub)
    await hub.join("lane", page)
    between.open()
    await heard(server, "lane", page)
    assert page.stale


async def test_many_who_join_while_the_server_goes_and_comes_all_hear(
    hub: Hub, between: Gate, server: Store
) -> None:
    pages = {f"lane-{number}": Page() for number in range(60)}

    async def join(number: int, lane: str) -> None:
        await asyncio.sleep(number * 0.01)
        await hub.join(lane, pages[lane])

    joining = [asyncio.create_task(join(number, lane)) for number, lane in enumerate(pages)]
    for _ in range(3):
        between.shut()
        await asyncio.sleep(0.1)
        between.open()
        await asyncio.sleep(0.15)
    async with asyncio.timeout(5):
        await asyncio.gather(*joining)
    for lane, page in pages.items():
        await heard(server, lane, page)


async def test_a_message_that_nobody_understands_does_not_deafen(hub: Hub, server: Store) -> None:
    page = Page()
    await hub.join("lane", page)
    async with Redis.from_url(server.url) as client:
        await client.publish(keys.events("lane"), b"?")
    await heard(server, "lane", page)


async def test_who_left_while_the_server_was_away_is_not_subscribed(
    hub: Hub, between: Gate, server: Store
) -> None:
    page = Page()
    await hub.join("lane", page)
    between.shut()
    await lost(hub)
    listening = len(hub._tasks)
    hub.leave("lane", page)
    await eventually(lambda: len(hub._tasks) == listening)
    between.open()
    async with Redis.from_url(server.url) as client:

        async def only_control() -> bool:
            return await client.pubsub_channels() == [keys.CONTROL.encode()]

        await eventually(only_control)
