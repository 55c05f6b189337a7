"""What becomes of a message at the door: routed, limited, told apart from its copies, kept."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from math import ceil

import aiohttp
import pytest
from support.adapters import RecordingChannel, inbound
from support.engine import Engine

from gateway.config import Config, Limits, LoggingConfig, RedisConfig, Route, ServerConfig
from gateway.conversations import Conversations
from gateway.core import Core
from gateway.model import Policy, Scope
from gateway.ports import StoreUnavailable
from gateway.routes import Routes
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.limits import Limiter
from gateway.store.quotas import Quotas
from gateway.telemetry import REGISTRY
from gateway.texts import Texts

NOBODY = "redis://127.0.0.1:1/0"
ROUTES = (
    Route(channel="channel", bot="bot"),
    Route(channel="other", bot="bot"),
    Route(channel="third", bot="another"),
)


class Door:
    """A core in front of an inbox that nobody works on; its limits in a store of their own."""

    def __init__(
        self, url: str, limits: Limits, routes: tuple[Route, ...] = ROUTES, buckets: str = ""
    ) -> None:
        self.engine = Engine(url, limits)
        self._connection = Connection(connect(RedisConfig(url=buckets or url)))
        self._http = aiohttp.ClientSession()
        self.core = Core(
            Config(ServerConfig(), RedisConfig(), {}, {}, routes, {}, limits, LoggingConfig()),
            self.engine.services,
            self.engine.dispatcher,
            Limiter(self._connection),
            Quotas(self._connection),
            self._http,
            Routes(),
            Conversations(self._connection, self.engine.services),
            [b"key"],
            lambda _: "",
        )
        self.admit = self.core.admit

    async def says(self, *texts: str, **where: str) -> list[str]:
        """What became of messages, one after the other."""
        return [(await self.admit(inbound(text, **where))).status for text in texts]

    async def close(self) -> None:
        await self._connection.close()
        await self._http.close()
        await self.engine.stop(0)


Opened = Callable[..., Door]


@pytest.fixture
async def opened(redis_url: str) -> AsyncIterator[Opened]:
    doors: list[Door] = []

    def opened(**limits: int) -> Door:
        doors.append(Door(redis_url, Limits(**limits)))
        return doors[-1]

    yield opened
    for door in doors:
        await door.close()


def counted(status: str) -> float:
    labels = {"channel": "channel", "status": status}
    return REGISTRY.get_sample_value("chat_gateway_messages_admitted_total", labels) or 0


async def test_a_person_who_writes_too_much_is_told_when_to_go_on(opened: Opened) -> None:
    door, before = opened(messages_per_minute=2), counted("limited")
    assert await door.says("a", "b", thread="1") == ["accepted", "accepted"]
    refused = await door.admit(inbound("c", thread="2", locale="vi"))
    assert refused.status == "busy"
    assert 0 < refused.retry_after <= 30
    seconds = ceil(refused.retry_after)
    assert refused.notice == Texts().get("vi", "slow_down", seconds=seconds)
    assert counted("limited") == before + 1
    assert await door.says("d", person="somebody else") == ["accepted"]
    # The same id on another channel is another person.
    assert await door.says("d", channel="other") == ["accepted"]


async def test_what_was_refused_may_be_sent_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("gateway.store.limits.time.time", lambda: now)
    door, late = opened(messages_per_minute=1), inbound("b")
    await door.says("a")
    assert (await door.admit(late)).status == "busy"
    now += 60
    assert (await door.admit(late)).status == "accepted"


async def test_copies_are_never_refused(opened: Opened) -> None:
    door, message = opened(messages_per_minute=1), inbound("a")
    first = await door.admit(message)
    assert await door.says("b") == ["busy"]
    second = await door.admit(message)
    assert (second.status, second.turn) == ("duplicate", first.turn)


async def test_only_what_is_taken_counts(opened: Opened) -> None:
    door, message = opened(messages_per_minute=3, waiting_messages=1), inbound("a", thread="1")
    await door.admit(message)
    copies = [(await door.admit(message)).status for _ in range(5)]
    assert copies == ["duplicate"] * 5
    assert await door.says("b", "c", "d", "e", thread="1") == ["busy"] * 4
    assert await door.says("f", thread="2") == ["accepted"]
    assert await door.says("g", thread="3") == ["accepted"]
    assert (await door.admit(inbound("h", thread="4"))).retry_after > 0


async def test_a_person_who_is_refused_uses_up_nobody_else_s(opened: Opened) -> None:
    door = opened(
        messages_per_minute=1,
        conversation_messages_per_minute=3,
        channel_messages_per_minute=3,
        bot_messages_per_minute=3,
    )
    assert await door.says(*"abcdef") == ["accepted"] + ["busy"] * 5
    assert await door.says("x", person="v") == ["accepted"]
    assert await door.says("x", person="w") == ["accepted"]
    assert await door.says("x", person="x") == ["busy"]


@pytest.mark.parametrize("command", ["/stop", "/new"])
async def test_what_ends_an_answer_is_not_limited(opened: Opened, command: str) -> None:
    door = opened(
        messages_per_minute=1, conversation_messages_per_minute=1, bot_messages_per_minute=1
    )
    assert await door.says("a", "b", "/help") == ["accepted", "busy", "busy"]
    assert await door.says(*[command] * 5) == ["accepted"] * 5


async def test_a_channel_s_limit_holds_for_all_that_comes_through_it(opened: Opened) -> None:
    door = opened(channel_messages_per_minute=2)
    assert await door.says("a", place="1") == ["accepted"]
    assert await door.says("/stop", place="2", person="v") == ["accepted"]
    assert await door.says("/stop", place="3", person="w") == ["busy"]
    assert await door.says("a", channel="other") == ["accepted"]


async def test_a_bot_s_limit_holds_for_all_its_channels(opened: Opened) -> None:
    door = opened(bot_messages_per_minute=2)
    assert await door.says("a", channel="channel") == ["accepted"]
    assert await door.says("a", channel="other", person="v") == ["accepted"]
    assert await door.says("a", channel="other", person="w") == ["busy"]
    assert await door.says("a", channel="third") == ["accepted"]


async def test_two_bots_that_answer_each_other_are_ended(redis_url: str) -> None:
    routes = (Route(channel="channel", bot="bot", scope=Scope.PER_CHAT),)
    limits = Limits(messages_per_minute=20, conversation_messages_per_minute=6)
    door = Door(redis_url, limits, routes)
    became = []
    for _ in range(5):
        became += await door.says("a", person="one") + await door.says("b", person="two")
    assert became == ["accepted"] * 6 + ["busy"] * 4
    assert await door.says("c", person="one", place="elsewhere") == ["accepted"]
    await door.close()


async def test_without_limits_there_are_none(opened: Opened) -> None:
    door = opened(messages_per_minute=0, conversation_messages_per_minute=0, waiting_messages=100)
    assert await door.says(*"x" * 90) == ["accepted"] * 90


async def test_a_limit_is_one_for_all_replicas_and_at_once(opened: Opened) -> None:
    doors = [opened(messages_per_minute=5) for _ in range(2)]
    messages = [doors[n % 2].admit(inbound("x", thread=str(n))) for n in range(60)]
    statuses = [admission.status for admission in await asyncio.gather(*messages)]
    assert (statuses.count("accepted"), statuses.count("busy")) == (5, 55)


async def test_what_a_channel_may_do_in_a_minute_is_one_for_all_replicas(opened: Opened) -> None:
    cores = [opened().core for _ in range(2)]
    waits = await asyncio.gather(*(cores[n % 2].allow("slack:send", 18) for n in range(40)))
    assert waits.count(0) == 18
    assert all(60 < wait <= 61 for wait in waits if wait)
    assert await cores[0].allow("slack:edit", 18) == 0


async def test_a_clock_that_is_behind_refuses_nobody(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = opened().core
    assert await ahead.allow("slack:send", 18) == 0
    behind = opened().core
    monkeypatch.setattr(behind._quotas, "_clock", lambda: time.time() - 0.1)
    assert await behind.allow("slack:send", 18) == 0


async def test_limits_that_cannot_be_looked_up_refuse_nobody(redis_url: str) -> None:
    door = Door(redis_url, Limits(messages_per_minute=1), buckets=NOBODY)
    assert await door.says(*"abc") == ["accepted"] * 3
    await door.close()


async def test_without_a_store_it_is_the_store_that_is_missing() -> None:
    door = Door(NOBODY, Limits(messages_per_minute=1))
    with pytest.raises(StoreUnavailable):
        await door.says("a")
    await door.close()


async def test_a_gateway_that_is_full_takes_no_more_conversations(opened: Opened) -> None:
    door, before = opened(waiting_conversations=16), counted("overloaded")
    places = crowd(2)
    assert await door.says("a", place=places[0]) == ["accepted"]
    refused = await door.admit(inbound("a", place=places[1], locale="vi"))
    assert (refused.status, refused.notice) == ("busy", Texts().get("vi", "overloaded"))
    assert refused.retry_after == 0
    assert counted("overloaded") == before + 1
    assert await door.says("b", "/stop", "/new", place=places[0]) == ["accepted"] * 3


def crowd(count: int) -> list[str]:
    """Places whose lanes are in one shard."""
    places = (f"p{number}" for number in range(1000))
    found = [place for place in places if keys.shard_of(keys.lane_name("channel", place)) == 7]
    return found[:count]


async def test_each_refusal_has_a_sentence_of_its_own(redis_url: str) -> None:
    routes = (Route(channel="channel", bot="bot", policy=Policy.REJECT),)
    door = Door(redis_url, Limits(waiting_messages=2), routes)
    notices = [(await door.admit(inbound(text))).notice for text in ("a", "b", "/help", "/help")]
    assert notices == ["", Texts().get("", "reject_busy"), "", Texts().get("", "busy")]
    full = Door(redis_url, Limits(waiting_conversations=16), routes)
    places = crowd(2)
    notices = [(await full.admit(inbound("a", place=place))).notice for place in places]
    assert notices == ["", Texts().get("", "overloaded")]
    await full.close()
    nowhere = await door.admit(inbound("a", channel="nowhere"))
    assert (nowhere.status, nowhere.notice) == ("refused", Texts().get("", "refused"))
    await door.close()


async def test_what_a_channel_remembers(opened: Opened) -> None:
    core, slack, other = opened().core, RecordingChannel("slack"), RecordingChannel("other")
    await core.remember(slack, "a", b"1", 60)
    await core.remember(slack, "b", b"2", 0)
    assert [await core.recall(slack, key) for key in ("a", "b", "c")] == [b"1", b"2", None]
    assert await core.recall(other, "a") is None
    assert not await core.claim(slack, "a", b"3", 60)
    assert await core.claim(slack, "c", b"3", 60)
    assert [await core.extend(slack, key, b"3", 60) for key in ("a", "c", "d")] == [
        False,
        True,
        False,
    ]
    assert [await core.drop(slack, key) for key in ("c", "c")] == [True, False]
