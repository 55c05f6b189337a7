"""Turns, as the dispatcher runs them on a real store with bots and channels that a test scripts."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from support.adapters import RecordingChannel, ScriptedBot, echo, inbound
from support.engine import Engine
from support.servers import eventually

from gateway.config import Limits, RedisConfig
from gateway.model import (
    Ask,
    Attachment,
    Awaiting,
    Done,
    EndState,
    Failed,
    Failure,
    Forgotten,
    Introduction,
    Notice,
    Policy,
    Reference,
    ReplyEvent,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
)
from gateway.ports import NotSent, StoreUnavailable, Undeliverable, Unknown
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox
from gateway.store.work import Item
from gateway.texts import Texts

Events = AsyncGenerator[ReplyEvent, None]


@pytest.fixture
def limits() -> Limits:
    return Limits(bot_attempts=2, answer_chars=1000)


@pytest.fixture
async def engine(redis_url: str, limits: Limits) -> AsyncIterator[Engine]:
    engine = Engine(redis_url, limits)
    await engine.start()
    yield engine
    await engine.stop()


async def test_a_message_is_answered(engine: Engine) -> None:
    await engine.say("hello")
    assert await engine.ends(1) == ["You said: hello"]
    assert engine.channel.ends[0].state is EndState.DONE


async def test_messages_of_a_lane_are_answered_one_at_a_time_in_order(engine: Engine) -> None:
    running = 0

    async def slow(ask: Ask) -> Events:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.02)
        yield TextDelta(ask.text)
        running -= 1
        yield Done()

    engine.bot.script = slow
    for text in "abcde":
        await engine.say(text)
    assert await engine.ends(5) == list("abcde")


async def test_the_reference_is_saved_before_the_answer_ends(
    engine: Engine, redis_url: str
) -> None:
    going_on = asyncio.Event()

    async def waits(ask: Ask) -> Events:
        yield Reference(conversation="c-1")
        yield TextDelta("x")
        await going_on.wait()
        yield Done()

    engine.bot.script = waits
    await engine.say("one")
    async with Redis.from_url(redis_url) as client:
        field = f"conversation:{engine.bot.identity}"
        await eventually(lambda: client.hget(keys.lane("l"), field))
    going_on.set()
    await engine.ends(1)
    engine.bot.script = echo
    await engine.say("two")
    await engine.ends(2)
    assert [ask.conversation.reference for ask in engine.bot.asks] == ["", "c-1"]
    assert engine.bot.asks[1].conversation.turns == 1


async def test_a_person_never_sees_a_reference(engine: Engine) -> None:
    await engine.say("hello")
    await engine.ends(1)
    assert not any(isinstance(event, Reference) for event in engine.channel.events)


async def test_a_conversation_that_was_forgotten_begins_anew(engine: Engine) -> None:
    await engine.say("one")
    await engine.ends(1)

    async def forgets(ask: Ask) -> Events:
        yield Forgotten()
        yield Reference(conversation="c-2")
        yield TextDelta("again")
        yield Done()

    engine.bot.script = forgets
    await engine.say("two", locale="vi")
    await engine.ends(2)
    notices = [event for event in engine.channel.events if isinstance(event, Notice)]
    assert [n.text for n in notices] == [Texts().get("vi", "forgotten")]
    engine.bot.script = echo
    await engine.say("three")
    await engine.ends(3)
    assert engine.bot.asks[-1].conversation.reference == "c-2"


async def test_a_failure_keeps_what_was_shown_and_says_so(engine: Engine) -> None:
    async def breaks(ask: Ask) -> Events:
        yield TextDelta("half an")
        yield Failed(Failure.INTERRUPTED, retry_after=1)

    engine.bot.script = breaks
    await engine.say("x", locale="en")
    await engine.ends(1)
    (end,) = engine.channel.ends
    assert (end.text, end.state) == ("half an", EndState.FAILED)
    assert end.notice == Texts().get("en", "failed.interrupted")
    assert len(engine.bot.asks) == 1


async def test_a_bot_that_said_nothing_is_asked_again_and_the_lane_is_free_meanwhile(
    engine: Engine, redis_url: str
) -> None:
    async def busy_once(ask: Ask) -> Events:
        if len(engine.bot.asks) == 1:
            yield Thought("hm")
            yield Failed(Failure.BUSY, retry_after=0.3)
        else:
            yield TextDelta("now")
            yield Done()

    engine.bot.script = busy_once
    await engine.say("x")
    async with Redis.from_url(redis_url) as client:
        await eventually(lambda: client.zcard(keys.later(keys.shard_of("l"))))
        assert await client.xlen(keys.ready(keys.shard_of("l"))) == 0
    assert await engine.ends(1) == ["now"]


async def test_a_bot_that_stays_busy_is_an_honest_failure(engine: Engine) -> None:
    async def busy(ask: Ask) -> Events:
        yield Failed(Failure.BUSY, retry_after=0.05)

    engine.bot.script = busy
    await engine.say("x")
    await engine.ends(1)
    assert len(engine.bot.asks) == 2
    assert engine.channel.ends[0].notice == Texts().get("", "failed.busy")


@pytest.mark.parametrize("late", [False, True])
async def test_a_bot_that_raises_is_our_fault(engine: Engine, late: bool) -> None:
    async def raises(ask: Ask) -> Events:
        if late:
            yield TextDelta("some")
        raise RuntimeError("secret text")
        yield

    engine.bot.script = raises
    await engine.say("x")
    await engine.ends(1)
    (end,) = engine.channel.ends
    assert end.text == ("some" if late else "")
    assert end.notice == Texts().get("", "failed.internal")


async def test_an_answer_without_an_end_is_our_fault(engine: Engine) -> None:
    async def stops(ask: Ask) -> Events:
        yield TextDelta("some")

    engine.bot.script = stops
    await engine.say("x")
    await engine.ends(1)
    assert engine.channel.ends[0].state is EndState.FAILED


async def test_an_answer_that_never_ends_is_cut(engine: Engine) -> None:
    closed = asyncio.Event()

    async def endless(ask: Ask) -> Events:
        try:
            while True:
                yield TextDelta("blah " * 20)
        finally:
            closed.set()

    engine.bot.script = endless
    await engine.say("x")
    await engine.ends(1)
    assert closed.is_set()
    assert engine.channel.ends[0].notice == Texts().get("", "failed.too_long")


async def test_replacing_the_text_replaces_it(engine: Engine) -> None:
    async def moderated(ask: Ask) -> Events:
        yield TextDelta("secret")
        yield TextReplace("sorry")
        yield TextDelta("!")
        yield Done()

    engine.bot.script = moderated
    await engine.say("x")
    assert await engine.ends(1) == ["sorry!"]


async def test_a_bot_that_answers_later_leaves_the_lane_free(engine: Engine) -> None:
    async def later(ask: Ask) -> Events:
        yield Reference(conversation="c-1", aliases=("visitor-1", "c-1"))
        yield Awaiting()

    engine.bot.script = later
    await engine.say("x")
    await engine.ends(1)
    (end,) = engine.channel.ends
    assert (end.text, end.state) == ("", EndState.AWAITING)
    for alias in ("visitor-1", "c-1"):
        place = await engine.services.aliases.find(engine.bot.identity, alias)
        assert place
        assert (place.lane, place.user) == ("l", "user")
    assert await engine.services.aliases.find("another bot", "c-1") is None


async def test_what_a_bot_says_unasked_is_delivered_in_its_turn(engine: Engine) -> None:
    async def slow(ask: Ask) -> Events:
        yield TextDelta("asked")
        await asyncio.sleep(0.1)
        yield Done()

    engine.bot.script = slow
    await engine.say("x")
    await eventually(lambda: engine.channel.events)
    spoken = Item(
        inbound(""), "bot", Policy.FOLLOWUP, "user", push=(TextDelta("un"), TextDelta("asked"))
    )
    for _ in range(2):
        await engine.inbox.admit("l", spoken)
    assert await engine.ends(2) == ["asked", "unasked"]
    assert len(engine.bot.asks) == 1
    assert [len(reply.messages) for reply in engine.channel.replies] == [1, 0]


async def test_halting_keeps_what_was_shown_and_tells_the_bot_first(engine: Engine) -> None:
    cut = asyncio.Event()

    async def talks(ask: Ask) -> Events:
        try:
            yield Reference(conversation="c-1", task="t-7")
            yield TextDelta("part")
            await asyncio.sleep(60)
        finally:
            assert engine.bot.stopped
            cut.set()

    engine.bot.script = talks
    await engine.say("x", locale="en")
    await eventually(lambda: any(isinstance(e, TextDelta) for e in engine.channel.events))
    assert await engine.dispatcher.halt("l")
    await engine.ends(1)
    (end,) = engine.channel.ends
    assert (end.text, end.state) == ("part", EndState.STOPPED)
    assert end.notice == Texts().get("en", "stopped")
    assert cut.is_set()
    assert engine.bot.stopped[0].task == "t-7"


async def test_what_was_halted_while_it_waited_is_not_asked(engine: Engine) -> None:
    async def talks(ask: Ask) -> Events:
        yield TextDelta(ask.text)
        if ask.text == "first":
            await asyncio.sleep(60)
        yield Done()

    engine.bot.script = talks
    await engine.say("first")
    await eventually(lambda: engine.channel.events)
    await engine.say("second")
    await engine.dispatcher.halt("l")
    await engine.say("third")
    assert await engine.ends(3) == ["first", "", "third"]
    assert [ask.text for ask in engine.bot.asks] == ["first", "third"]


async def test_nothing_to_halt(engine: Engine) -> None:
    assert not await engine.dispatcher.halt("l")


@pytest.mark.parametrize(
    ("command", "key"),
    [("new", "new_conversation"), ("help", "help"), ("stop", "nothing_to_stop")],
)
async def test_commands_are_answered_by_the_gateway(engine: Engine, command: str, key: str) -> None:
    await engine.say("x", command=command, locale="vi")
    assert await engine.ends(1) == [Texts().get("vi", key)]
    assert engine.bot.asks == []


async def test_new_forgets_the_conversation(engine: Engine) -> None:
    await engine.say("one")
    await engine.say("/new", command="new")
    await engine.say("two")
    await engine.ends(3)
    assert [ask.conversation.reference for ask in engine.bot.asks] == ["", ""]


async def test_new_keeps_what_the_person_came_with(engine: Engine) -> None:
    await engine.say("/start", command="start", facts={"start": "spring"})
    await engine.say("/new", command="new")
    await engine.say("one")
    await engine.ends(3)
    assert [ask.conversation.inputs for ask in engine.bot.asks] == [{"start": "spring"}]


async def test_start_introduces_the_bot(engine: Engine) -> None:
    await engine.say("/start", command="start", locale="vi")
    assert await engine.ends(1) == [Texts().get("vi", "start")]
    assert engine.bot.asks == []


async def test_start_says_what_the_bot_says_first(redis_url: str, limits: Limits) -> None:
    class Introduced(ScriptedBot):
        async def introduce(self) -> Introduction:
            return Introduction("Welcome!", ("What can you do?",))

    engine = Engine(redis_url, limits)
    engine.use(bot=Introduced())
    await engine.start()
    await engine.say("/start", command="start")
    assert await engine.ends(1) == ["Welcome!"]
    assert Suggestions(("What can you do?",)) in engine.channel.events
    await engine.stop()


@pytest.mark.parametrize("policy", list(Policy), ids=str)
async def test_what_goes_on_in_another_message_is_answered_with_it(
    engine: Engine, policy: Policy
) -> None:
    await engine.say("one", policy, goes_on=True)
    await engine.say("two", policy, goes_on=True)
    await engine.say("three", Policy.FOLLOWUP if policy is Policy.REJECT else policy)
    first = await engine.ends(1)
    assert first[0].startswith("You said: one\n\ntwo")
    assert len(engine.channel.replies[0].messages) == (2 if policy is Policy.REJECT else 3)


async def test_the_rest_is_waited_for_behind_another_answer(engine: Engine, redis_url: str) -> None:
    gate = asyncio.Event()

    async def waits(ask: Ask) -> Events:
        await gate.wait()
        yield TextDelta(ask.text)
        yield Done()

    engine.bot.script = waits
    await engine.say("before")
    await eventually(lambda: engine.bot.asks)
    await engine.say("one", goes_on=True)
    gate.set()
    async with Redis.from_url(redis_url) as client:
        await eventually(lambda: client.zcard(keys.later(keys.shard_of("l"))))
    await engine.say("two")
    assert await engine.ends(2) == ["before", "one\n\ntwo"]


async def test_stop_ends_what_goes_on_in_another_message_too(engine: Engine) -> None:
    await engine.say("one", goes_on=True)
    await engine.say("two")
    await engine.dispatcher.halt("l")
    await engine.ends(1)
    assert engine.bot.asks == []


async def test_files_are_fetched_when_their_turn_comes(redis_url: str, limits: Limits) -> None:
    class Fetching(RecordingChannel):
        async def fetch(self, attachment: Attachment) -> Attachment:
            return replace(attachment, content=f"blob:{attachment.remote}")

    engine = Engine(redis_url, limits)
    engine.use(channel=Fetching())
    await engine.start()
    here, there = Attachment("a", "a/a", "blob:1"), Attachment("b", "b/b", remote="9")
    await engine.say("x", attachments=(here, there))
    await engine.ends(1)
    assert [file.content for file in engine.bot.asks[0].attachments] == ["blob:1", "blob:9"]
    await engine.stop()


async def test_a_burst_is_one_turn(redis_url: str) -> None:
    engine = Engine(redis_url, Limits(collect_seconds=0.15))
    await engine.start()
    for text in ("one", "two", "three"):
        await engine.say(text, Policy.COLLECT)
    assert await engine.ends(1) == ["You said: one\n\ntwo\n\nthree"]
    assert len(engine.channel.replies[0].messages) == 3
    await engine.stop()
    assert len(engine.channel.ends) == 1


async def test_an_answer_that_was_not_sent_is_delivered_again(engine: Engine) -> None:
    engine.channel.outcomes = [NotSent("slow down", 0.05), RuntimeError("defect")]
    await engine.say("x")
    assert await engine.ends(1) == ["You said: x"]
    assert len(engine.channel.replies) == 3


async def test_an_unknown_outcome_is_not_repeated(engine: Engine) -> None:
    engine.channel.outcomes = [Unknown("connection lost")]
    await engine.say("x")
    await engine.ends(1)
    await engine.say("y")
    assert await engine.ends(2) == ["You said: x", "You said: y"]


async def letters(redis_url: str) -> list[dict[bytes, bytes]]:
    async with Redis.from_url(redis_url) as client:
        return [letter for _, letter in await client.xrange(keys.dead(keys.shard_of("l")))]


async def test_an_answer_is_offered_for_about_a_day(
    engine: Engine, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.turn.OFFER_SECONDS_MOST", 0.001)
    monkeypatch.setattr("gateway.turn.OFFERS_MOST", 12)
    engine.channel.outcomes = [NotSent("full", 0.001)] * 12
    await engine.say("x")
    await eventually(lambda: letters(redis_url))
    assert engine.channel.outcomes == []
    ((letter),) = await letters(redis_url)
    assert letter[b"reason"] == b"full"
    assert len(engine.bot.asks) == 1


async def test_what_the_platform_refuses_for_good_is_kept_and_blocks_nobody(
    engine: Engine, redis_url: str
) -> None:
    engine.channel.outcomes = [Undeliverable("the bot was blocked by the user")]
    await engine.say("x")
    await engine.say("y")
    assert await engine.ends(1) == ["You said: y"]
    ((letter),) = await letters(redis_url)
    assert letter[b"reason"] == b"the bot was blocked by the user"


async def test_a_bot_that_is_no_longer_configured_fails_honestly(engine: Engine) -> None:
    message = Item(inbound("x"), "gone", Policy.FOLLOWUP, "user")
    await engine.inbox.admit("l", message)
    await engine.ends(1)
    assert engine.channel.ends[0].notice == Texts().get("", "failed.misconfigured")


async def test_a_channel_that_is_no_longer_configured_does_not_block_its_lane(
    engine: Engine, redis_url: str
) -> None:
    message = inbound("x", channel="gone")
    await engine.inbox.admit("l", Item(message, "bot", Policy.FOLLOWUP, "u"))
    await engine.say("y")
    assert await engine.ends(1) == ["You said: y"]
    async with Redis.from_url(redis_url) as client:
        assert await client.xlen(keys.dead(keys.shard_of("l"))) == 1


async def test_stopping_waits_for_a_running_answer(redis_url: str, limits: Limits) -> None:
    engine = Engine(redis_url, limits)

    async def slow(ask: Ask) -> Events:
        yield TextDelta("a")
        await asyncio.sleep(0.3)
        yield TextDelta("b")
        yield Done()

    engine.bot.script = slow
    await engine.start()
    await engine.say("x")
    await eventually(lambda: engine.channel.events)
    await engine.stop(limit=5)
    assert [end.text for end in engine.channel.ends] == ["ab"]


async def test_stopping_gives_back_what_does_not_finish(redis_url: str, limits: Limits) -> None:
    leaving, staying = Engine(redis_url, limits, "leaving"), Engine(redis_url, limits, "staying")

    async def stuck(ask: Ask) -> Events:
        yield TextDelta("a")
        await asyncio.sleep(60)

    leaving.bot.script = stuck
    await leaving.start()
    await leaving.say("x")
    await eventually(lambda: leaving.channel.events)
    await leaving.stop(limit=0.1)
    await staying.start()
    assert await staying.ends(1) == ["You said: x"]
    await staying.stop()
    assert leaving.channel.ends == []


async def test_a_lost_lease_ends_the_turn_here(
    redis_url: str, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatcher.RENEW_SECONDS", 0.05)
    zombie = Engine(redis_url, limits, "zombie")
    cut = asyncio.Event()

    async def stuck(ask: Ask) -> Events:
        try:
            yield TextDelta("a")
            await asyncio.sleep(60)
        finally:
            cut.set()

    zombie.bot.script = stuck
    await zombie.start()
    await zombie.say("x")
    await eventually(lambda: zombie.channel.events)
    connection = Connection(connect(RedisConfig(url=redis_url)))
    assert len(await Inbox(connection, "heir", limits).leases.reclaim(0)) == 1
    await asyncio.wait_for(cut.wait(), 5)
    assert zombie.channel.ends == []
    await connection.close()
    await zombie.stop()


async def test_a_dead_worker_s_lane_is_taken_over(
    redis_url: str, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatcher.LEASE_SECONDS", 0.3)
    monkeypatch.setattr("gateway.dispatcher.RENEW_SECONDS", 0.1)
    heir = Engine(redis_url, limits, "heir")
    connection, blocking = (
        Connection(connect(RedisConfig(url=redis_url), blocking=blocking))
        for blocking in (False, True)
    )
    dead = Inbox(connection, "dead", limits)
    await dead.leases.prepare()
    item = Item(inbound("x"), "bot", Policy.FOLLOWUP, "u")
    await dead.admit("l", item)
    while not await dead.leases.claims(blocking, 1):
        pass
    await heir.start()
    assert await heir.ends(1) == ["You said: x"]
    await heir.stop()
    await connection.close()
    await blocking.close()


async def test_a_seal_whose_answer_was_lost_is_not_a_second_seal(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = engine.inbox.seal
    lost = 0

    async def loses_the_answer(*args: Any, **more: Any) -> int:
        nonlocal lost
        waiting = await seal(*args, **more)
        lost += 1
        if lost % 2:
            raise StoreUnavailable("the answer was lost")
        return waiting

    monkeypatch.setattr(engine.inbox, "seal", loses_the_answer)
    for text in ("a", "b", "c"):
        await engine.say(text)
    await engine.ends(3)
    monkeypatch.undo()
    await engine.say("d")
    assert await engine.ends(4) == [f"You said: {text}" for text in "abcd"]


async def test_more_lanes_than_room_are_all_answered(redis_url: str) -> None:
    engine = Engine(redis_url, Limits(concurrent_turns=3))
    most = running = 0

    async def counted(ask: Ask) -> Events:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        yield TextDelta(ask.text)
        yield Done()

    engine.bot.script = counted
    await engine.start()
    for n in range(30):
        item = Item(inbound(str(n)), "bot", Policy.FOLLOWUP, "u")
        await engine.inbox.admit(f"lane{n}", item)
    assert sorted(map(int, await engine.ends(30))) == list(range(30))
    assert most <= 3
    await engine.stop()
