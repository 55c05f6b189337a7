"""Which conversations a chat continues, over several replicas and one real store."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.kept import Kept, memory

from adapters.channels.telegram import Channel, Config, homes
from adapters.channels.telegram.homes import Homes
from gateway.ports import StoreUnavailable

OLD, NEW = -77, -1_000_000_000_077
CHANNEL = Channel("bot", Config(kind="telegram", token="1:" + "a" * 35))


@pytest.fixture
async def replicas(redis_url: str, http: aiohttp.ClientSession) -> AsyncIterator[tuple[Kept, Kept]]:
    async with memory(redis_url) as kept:
        yield Kept(kept, http), Kept(kept, http)


@pytest.mark.parametrize("chat", [42, OLD, NEW])
async def test_a_chat_is_its_own_place(replicas: tuple[Kept, Kept], chat: int) -> None:
    found = Homes(CHANNEL, replicas[0])
    assert await found.place_of(chat) == str(chat)
    assert await found.chat_of(str(chat)) == chat


async def test_a_group_that_moved_keeps_its_place(replicas: tuple[Kept, Kept]) -> None:
    one, other = (Homes(CHANNEL, replica) for replica in replicas)
    assert await other.chat_of(str(OLD)) == OLD
    await one.moved(OLD, NEW)
    await one.moved(OLD, NEW)
    for found in (one, other, Homes(CHANNEL, replicas[0])):
        assert await found.place_of(NEW) == str(OLD)
        assert await found.place_of(OLD) == str(OLD)
        assert await found.chat_of(str(OLD)) == NEW


async def test_a_sender_who_hears_of_it_first_may_say_so(replicas: tuple[Kept, Kept]) -> None:
    one, other = (Homes(CHANNEL, replica) for replica in replicas)
    await one.place_of(NEW)
    await other.moved(OLD, NEW)
    assert await other.chat_of(str(OLD)) == NEW


async def test_what_is_known_needs_no_store(replicas: tuple[Kept, Kept]) -> None:
    found = Homes(CHANNEL, replicas[0])
    await found.moved(OLD, NEW)
    replicas[0].away = True
    assert await found.place_of(NEW) == str(OLD)
    assert await found.chat_of(str(OLD)) == NEW
    assert await found.place_of(42) == "42"
    for asking in (found.place_of(NEW - 1), found.chat_of("-78"), found.moved(-78, NEW - 1)):
        with pytest.raises(StoreUnavailable):
            await asking


async def test_what_is_kept_here_is_bounded(
    replicas: tuple[Kept, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "KNOWN_MOST", 3)
    found = Homes(CHANNEL, replicas[0])
    await found.moved(OLD, NEW)
    for other in range(10):
        await found.place_of(NEW - 1 - other)
    assert len(found._places) <= 3
    assert await found.place_of(NEW) == str(OLD)
