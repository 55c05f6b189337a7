"""Long polling: by one replica at a time, and nothing is confirmed that is not safe."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import redis
from structlog.testing import capture_logs
from support.kept import Kept
from support.servers import eventually
from support.telegram import Telegram

from adapters.channels.telegram import leader, poller, trouble
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.hooks import ALLOWED
from adapters.channels.telegram.poller import AWAY, HOOKED, OTHER, STORE_AWAY, UNAUTHORIZED, Poller
from gateway.ports import StoreUnavailable
from gateway.store.keys import memory as key_of
from gateway.store.memory import Memory

SECRET = "swordfish"
Update = dict[str, Any]


class Named:
    """A channel, as far as its name goes."""

    name = "chat"


class Taker:
    """Takes updates, as a gateway does, or does not."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.taken: list[str] = []
        self.held: set[int] = set()
        """Chats whose updates are not taken for now."""
        self.go_on = asyncio.Event()
        self.store_is_away = 0
        """For so many updates."""
        self.chokes_on = ""
        self.cut: list[str] = []
        self.when_cut: Callable[[], object] = lambda: None

    async def heed(self, update: Update) -> None:
        message = update["message"]
        self.tried.append(message["text"])
        if self.store_is_away:
            self.store_is_away -= 1
            raise StoreUnavailable("away")
        if message["text"] == self.chokes_on:
            raise KeyError(message["text"])
        await self._hold(message)
        self.taken.append(message["text"])

    async def _hold(self, message: dict[str, Any]) -> None:
        if message["chat"]["id"] in self.held:
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                self.cut.append(message["text"])
                self.when_cut()
                raise


Open = Callable[..., Awaitable[Poller]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(poller, "MEND_SECONDS", 0.02)
    monkeypatch.setattr(trouble, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(trouble, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
async def begin(
    tg: Telegram, kept: Memory, taker: Taker, http: aiohttp.ClientSession
) -> AsyncIterator[Open]:
    """Starts a replica's poller."""
    async with AsyncExitStack() as stack:

        async def begin(replica: Kept | None = None, token: str = tg.token) -> Poller:
            made = Poller(
                Named(),  # type: ignore[arg-type]
                replica or Kept(kept, http),  # type: ignore[arg-type]
                Api(http, tg.url, token),
                taker.heed,
            )
            await made.start()
            stack.push_async_callback(made.stop)
            return made

        yield begin


async def has_confirmed_all(tg: Telegram) -> None:
    await eventually(lambda: not tg.bot.pending)


async def test_what_is_taken_is_confirmed(tg: Telegram, begin: Open, taker: Taker) -> None:
    await tg.push(tg.private("before"))
    await begin()
    await eventually(lambda: taker.taken == ["before"])
    await tg.push(tg.private("after"))
    await eventually(lambda: taker.taken == ["before", "after"])
    await has_confirmed_all(tg)
    assert all(call.args["allowed_updates"] == list(ALLOWED) for call in tg.called("getUpdates"))
    assert not tg.complaints


async def test_what_is_not_taken_is_not_confirmed(tg: Telegram, begin: Open, taker: Taker) -> None:
    taker.held = {7}
    await tg.push_all([tg.private("held", user=7), tg.private("taken", user=8)])
    await begin()
    await eventually(lambda: taker.taken == ["taken"])
    assert len(tg.bot.pending) == 2
    assert len(tg.called("getUpdates")) == 1
    taker.go_on.set()
    await has_confirmed_all(tg)
    assert taker.taken == ["taken", "held"]


async def test_what_one_chat_says_is_taken_in_order_beside_others(
    tg: Telegram, begin: Open, taker: Taker
) -> None:
    taker.held = {7}
    said = [tg.private(f"7.{n}", user=7) for n in range(3)]
    await tg.push_all([*said, *(tg.private(f"8.{n}", user=8) for n in range(3))])
    await begin()
    await eventually(lambda: taker.taken == ["8.0", "8.1", "8.2"])
    assert [text for text in taker.tried if text.startswith("7")] == ["7.0"]
    taker.go_on.set()
    await eventually(lambda: taker.taken[3:] == ["7.0", "7.1", "7.2"])


async def test_while_the_store_is_away_the_same_update_is_tried(
    tg: Telegram, begin: Open, taker: Taker
) -> None:
    taker.store_is_away = 3
    await tg.push_all([tg.private("one"), tg.private("two")])
    with capture_logs() as logs:
        await begin()
        await has_confirmed_all(tg)
    assert taker.tried == ["one"] * 4 + ["two"]
    assert [line["event"] for line in logs].count(STORE_AWAY) == 1
    assert "the store is back" in [line["event"] for line in logs]


async def test_an_update_that_cannot_be_digested_holds_nobody_up(
    tg: Telegram, begin: Open, taker: Taker
) -> None:
    taker.chokes_on = SECRET
    await tg.push_all([tg.private(SECRET), tg.private("next")])
    with capture_logs() as logs:
        await begin()
        await has_confirmed_all(tg)
    assert taker.taken == ["next"]
    assert [line for line in logs if line["event"] == "an update was given up on"]
    assert SECRET not in str(logs)


async def test_what_is_no_update_is_passed_over(kept: Memory, http: aiohttp.ClientSession) -> None:
    taken = asyncio.Event()

    class Odd(Api):
        async def updates(self, offset: int, *_: Any) -> Any:
            if offset:
                await asyncio.Event().wait()
            odd = [None, 3, {}, {"update_id": "x"}, {"update_id": 5, "message": 7}]
            return [*odd, {"update_id": 6, "message": {"chat": {"id": "x"}}}]

    async def heed(update: Update) -> None:
        if update["update_id"] == 6:
            taken.set()

    api = Odd(http, "http://127.0.0.1:1", "1:x")
    odd = Poller(Named(), Kept(kept, http), api, heed)  # type: ignore[arg-type]
    await odd.start()
    async with asyncio.timeout(10):
        await taken.wait()
    await odd.stop()


async def test_of_two_replicas_one_polls_and_hands_over(
    tg: Telegram, begin: Open, taker: Taker
) -> None:
    first = await begin()
    await eventually(lambda: first.leading)
    second = await begin()
    await tg.push(tg.private("one"))
    await eventually(lambda: taker.taken == ["one"])
    await first.stop()
    assert not first.leading
    await eventually(lambda: second.leading)
    await tg.push(tg.private("two"))
    await has_confirmed_all(tg)
    assert "two" in taker.taken
    assert not [call for call in tg.called("getUpdates") if OTHER in call.error]


async def test_a_replica_that_died_is_followed_when_its_lease_ends(
    monkeypatch: pytest.MonkeyPatch, tg: Telegram, begin: Open, taker: Taker
) -> None:
    monkeypatch.setattr(leader, "LEASE_SECONDS", 1)
    monkeypatch.setattr(leader, "MARGIN_SECONDS", 0.2)
    dead = await begin()
    await eventually(lambda: dead.leading)
    taker.held = {7}
    await tg.push(tg.private("fetched", user=7))
    await eventually(lambda: taker.tried == ["fetched"])
    assert dead._task
    dead._task.cancel()
    taker.held.clear()
    second = await begin()
    await eventually(lambda: second.leading)
    await has_confirmed_all(tg)
    assert taker.taken == ["fetched"]


async def test_the_lock_is_renewed_while_it_polls(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, begin: Open
) -> None:
    monkeypatch.setattr(leader, "RENEW_SECONDS", 0.02)
    first = await begin()
    await eventually(lambda: first.leading)
    with redis.Redis.from_url(redis_url) as client:
        client.expire(key_of("chat", poller.KEY), 2)
        await eventually(lambda: client.ttl(key_of("chat", poller.KEY)) > 2)
    assert first.leading


async def test_who_cannot_renew_stops_before_the_lease_ends(
    monkeypatch: pytest.MonkeyPatch, tg: Telegram, kept: Memory, redis_url: str,
    http: aiohttp.ClientSession, begin: Open, taker: Taker,
) -> None:  # fmt: skip
    monkeypatch.setattr(leader, "LEASE_SECONDS", 3)
    monkeypatch.setattr(leader, "MARGIN_SECONDS", 2.0)
    monkeypatch.setattr(leader, "RENEW_SECONDS", 0.05)
    replica, held = Kept(kept, http), list[object]()
    taker.held = {7}
    first = await begin(replica)
    await tg.push(tg.private("fetched", user=7))
    await eventually(lambda: taker.tried == ["fetched"])
    with redis.Redis.from_url(redis_url) as client:
        taker.when_cut = lambda: held.append(client.exists(key_of("chat", poller.KEY)))
        replica.away = True
        await eventually(lambda: taker.cut == ["fetched"])
    assert held == [1]
    assert not first.leading
    replica.away = False
    taker.held.clear()
    await has_confirmed_all(tg)
    assert taker.taken == ["fetched"]


async def test_a_lock_that_is_another_s_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, kept: Memory, begin: Open
) -> None:
    monkeypatch.setattr(leader, "RENEW_SECONDS", 0.02)
    first = await begin()
    await eventually(lambda: first.leading)
    await kept.keep("chat", poller.KEY, b"another", 60)
    await eventually(lambda: not first.leading)
    await first.stop()
    assert await kept.find("chat", poller.KEY) == b"another"


async def test_stopping_does_not_wait_for_telegram_and_gives_the_lock_up(
    tg: Telegram, kept: Memory, begin: Open
) -> None:
    first = await begin()
    await eventually(lambda: tg.called("getUpdates"))
    async with asyncio.timeout(poller.POLL_SECONDS / 3):
        await first.stop()
    assert await kept.find("chat", poller.KEY) is None


async def test_stopping_does_not_wait_for_the_store(
    kept: Memory, http: aiohttp.ClientSession, begin: Open
) -> None:
    replica = Kept(kept, http)
    first = await begin(replica)
    await eventually(lambda: first.leading)
    replica.away = True
    await first.stop()
    assert not first.leading


@pytest.mark.parametrize(
    "faults",
    [["500", "502"], ["cut before"] * 3, ["garbage"] * 2, ["429:1"], ["400:Bad Request: no"] * 2],
)
async def test_an_outage_is_said_once_and_its_end_too(
    tg: Telegram, begin: Open, taker: Taker, faults: list[str]
) -> None:
    tg.fail("getUpdates", *faults)
    with capture_logs() as logs:
        await begin()
        await tg.push(tg.private("one"))
        await has_confirmed_all(tg)
    assert taker.taken == ["one"]
    said = [line["event"] for line in logs if line["event"] != "polling Telegram"]
    assert said == [AWAY, "Telegram is polled again"]


async def test_another_poller_is_named_once_and_outlived(
    tg: Telegram, begin: Open, taker: Taker
) -> None:
    tg.fail("getUpdates", *["409:Conflict: terminated by other getUpdates request"] * 3)
    with capture_logs() as logs:
        await begin()
        await tg.push(tg.private("one"))
        await has_confirmed_all(tg)
    assert taker.taken == ["one"]
    assert [line["event"] for line in logs].count(OTHER) == 1


async def test_a_webhook_is_removed_once_and_nothing_with_it(
    tg: Telegram, http: aiohttp.ClientSession, begin: Open, taker: Taker
) -> None:
    elsewhere = "https://other.example/hook"
    tg.bot.webhook.url = elsewhere
    tg.bot.pending.append(tg.private("waits"))
    with capture_logs() as logs:
        await begin()
        await has_confirmed_all(tg)
        assert taker.taken == ["waits"]
        await Api(http, tg.url, tg.token).call("setWebhook", url=elsewhere)
        await eventually(lambda: HOOKED in [line["event"] for line in logs])
    [deleted] = tg.called("deleteWebhook")
    assert deleted.args == {"drop_pending_updates": False}
    assert tg.bot.webhook.url == elsewhere


async def test_a_refused_token_is_said_and_tried_again(tg: Telegram, begin: Open) -> None:
    wrong = tg.token[:-1] + "x"
    with capture_logs() as logs:
        await begin(token=wrong)
        await eventually(lambda: len(tg.called("getUpdates")) > 2)
    lines = [line for line in logs if line["event"] == UNAUTHORIZED]
    assert [line["log_level"] for line in lines] == ["error"]
    assert wrong not in str(logs)


async def test_a_defect_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, tg: Telegram, begin: Open, taker: Taker
) -> None:
    fails = iter([True])
    really = poller._lanes

    def defective(updates: Any) -> Any:
        if next(fails, False):
            raise RuntimeError(SECRET)
        return really(updates)

    monkeypatch.setattr(poller, "_lanes", defective)
    await tg.push(tg.private("one"))
    with capture_logs() as logs:
        await begin()
        await has_confirmed_all(tg)
    assert taker.taken == ["one"]
    assert poller.DEFECT in [line["event"] for line in logs]
    assert SECRET not in str(logs)
