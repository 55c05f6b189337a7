"""What becomes of a turn whose worker died in the middle of it, and of answers not sent yet."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import msgspec
import pytest
from redis.asyncio import Redis
from support.adapters import RecordingChannel, ScriptedBot, inbound
from support.engine import Engine
from support.servers import eventually

from gateway.config import Limits, RedisConfig
from gateway.model import (
    Answered,
    Ask,
    Conversation,
    Done,
    EndState,
    Failed,
    Failure,
    Policy,
    Reference,
    ReplyEvent,
    Source,
    Sources,
    TextDelta,
)
from gateway.ports import LogEntry, NotSent
from gateway.store import keys
from gateway.store.connection import Connection, connect
from gateway.store.inbox import Inbox
from gateway.store.journal import Journal, Kept
from gateway.store.leases import Lease
from gateway.store.work import Item
from gateway.texts import Texts

Events = AsyncGenerator[ReplyEvent, None]


class Dead:
    """A worker that takes a lane, does part of its turn, and is gone."""

    def __init__(self, redis_url: str, limits: Limits) -> None:
        config = RedisConfig(url=redis_url)
        self._connection = Connection(connect(config))
        self._blocking = Connection(connect(config, blocking=True))
        self.inbox = Inbox(self._connection, "dead", limits)

    async def die(self, times: int) -> None:
        """Take the lane, whose turn has begun, as often as that again."""
        for _ in range(times):
            (lease,) = await self.inbox.leases.reclaim(0)
            assert await self.inbox.begin(lease, 1)

    async def begin(self, text: str = "x", **item: str) -> Lease:
        """Admit a message and begin its turn."""
        await self.inbox.leases.prepare()
        await self.inbox.admit("l", Item(inbound(text), "bot", Policy.FOLLOWUP, "user", **item))
        while True:
            for lease in await self.inbox.leases.claims(self._blocking, 1):
                assert await self.inbox.begin(lease, 1)
                return lease

    async def close(self) -> None:
        await self._connection.close()
        await self._blocking.close()


class LoggingChannel(RecordingChannel):
    """Shows its answers from the log."""

    def shown(self, entries: Sequence[LogEntry]) -> str:
        return "".join(msgspec.json.decode(entry.data)["t"] for entry in entries)


class RecoveringBot(ScriptedBot):
    """Knows what it said before."""

    def __init__(self, *found: ReplyEvent) -> None:
        super().__init__()
        self.found = found
        self.looked: list[tuple[Ask, Answered | None, float]] = []

    async def recover(self, ask: Ask, answered: Answered | None, since: float) -> Events:
        self.looked.append((ask, answered, since))
        for event in self.found:
            yield event


@pytest.fixture
def limits() -> Limits:
    return Limits(bot_attempts=2)


@pytest.fixture
async def dead(redis_url: str, limits: Limits) -> AsyncIterator[Dead]:
    dead = Dead(redis_url, limits)
    yield dead
    await dead.close()


@pytest.fixture
async def engine(redis_url: str, limits: Limits) -> AsyncIterator[Engine]:
    engine = Engine(redis_url, limits, "heir")
    yield engine
    await engine.stop()


async def take_over(engine: Engine) -> None:
    await engine.start(alone=True)
    await engine.ends(1)


async def test_what_nobody_saw_is_asked_again(engine: Engine, dead: Dead) -> None:
    await dead.begin()
    await take_over(engine)
    assert engine.channel.ends[0].text == "You said: x"
    assert len(engine.bot.asks) == 1


async def test_what_was_shown_is_kept_and_said_to_be_all(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    channel = LoggingChannel(logged=True)
    engine.use(channel=channel)
    writer = engine.services.replies.writer(lease.lane, 1, 1)
    await engine.services.replies.start()
    writer.append("delta", {"t": "half an "})
    writer.append("delta", {"t": "answer"})
    await take_over(engine)
    (end,) = channel.ends
    assert (end.text, end.state) == ("half an answer", EndState.FAILED)
    assert end.notice == Texts().get("", "failed.interrupted")
    assert engine.bot.asks == []


async def test_what_the_bot_has_is_the_answer(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    bot = RecoveringBot(Reference(conversation="c-9"), TextDelta("whole"), Done())
    engine.use(bot=bot)
    answered = Answered("bot", bot.identity, "user", "c-9", "a-9")
    await engine.services.answers.keep(lease.lane, "1", answered)
    await take_over(engine)
    (end,) = engine.channel.ends
    assert (end.text, end.state, bot.asks) == ("whole", EndState.DONE, [])
    ((ask, known, since),) = bot.looked
    assert (ask.text, known, since) == ("x", answered, 1000.0)


async def test_a_bot_that_has_nothing_is_asked_again(engine: Engine, dead: Dead) -> None:
    await dead.begin()
    bot = RecoveringBot()
    engine.use(bot=bot)
    await take_over(engine)
    assert engine.channel.ends[0].text == "You said: x"
    assert bot.looked[0][1] is None


async def test_a_command_is_obeyed_again(engine: Engine, dead: Dead) -> None:
    await dead.begin(command="new")
    bot = RecoveringBot(TextDelta("no"), Done())
    engine.use(bot=bot)
    await take_over(engine)
    assert engine.channel.ends[0].text == Texts().get("", "new_conversation")
    assert bot.looked == []


async def test_a_turn_that_was_given_back_before_it_began_is_not_broken(
    engine: Engine, dead: Dead
) -> None:
    lease = await dead.begin()
    await dead.inbox.leases.release(lease)
    bot = RecoveringBot(TextDelta("no"), Done())
    engine.use(bot=bot)
    await take_over(engine)
    assert engine.channel.ends[0].text == "You said: x"
    assert bot.looked == []


async def test_a_whole_answer_is_delivered_without_asking_again(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    journal = Journal(dead.inbox, lease, 1)
    delivered = engine.delivery()
    delivered.show(TextDelta("who"))
    delivered.show(TextDelta("le"))
    delivered.show(Sources((Source("T"),)))
    delivered.end(EndState.DONE)
    await journal.keep(Kept(delivered.whole(), Conversation(reference="c-9")))
    await take_over(engine)
    assert engine.channel.ends[0].text == "whole"
    assert Sources((Source("T"),)) in engine.channel.events
    assert engine.bot.asks == []
    await engine.say("y")
    await engine.ends(2)
    assert engine.bot.asks[0].conversation.reference == "c-9"


async def test_an_answer_that_could_not_be_sent_is_not_asked_for_again(engine: Engine) -> None:
    engine.channel.outcomes = [NotSent("busy", 0.05), NotSent("busy", 0.05)]
    await engine.start(alone=True)
    await engine.say("x")
    assert await engine.ends(1) == ["You said: x"]
    assert len(engine.channel.replies) == 3
    assert len(engine.bot.asks) == 1


async def test_a_failure_that_could_not_be_sent_stays_one(engine: Engine) -> None:
    async def fails(ask: Ask) -> Events:
        yield TextDelta("half")
        yield Failed(Failure.INTERRUPTED)

    engine.bot.script = fails
    engine.channel.outcomes = [NotSent("busy", 0.05)]
    await engine.start(alone=True)
    await engine.say("x")
    await engine.ends(1)
    (end,) = engine.channel.ends
    assert (end.text, end.state) == ("half", EndState.FAILED)
    assert len(engine.bot.asks) == 1


async def test_what_a_platform_showed_is_kept(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    journal = Journal(dead.inbox, lease, 1)
    await journal.show("half an")
    await journal.show("half an answer")
    await take_over(engine)
    (end,) = engine.channel.ends
    assert (end.text, end.state) == ("half an answer", EndState.FAILED)
    assert engine.bot.asks == []


async def test_a_message_that_kills_its_workers_is_given_up_on(
    engine: Engine, dead: Dead, redis_url: str
) -> None:
    lease = await dead.begin()
    await dead.die(7)
    await Journal(dead.inbox, lease, 1).begin("1")
    await take_over(engine)
    (end,) = engine.channel.ends
    assert end.notice == Texts().get("", "attempts_exhausted")
    assert engine.bot.asks == []
    assert dict(engine.channel.replies[0].journal.parts) == {"1": ""}
    async with Redis.from_url(redis_url) as client:
        await eventually(lambda: client.xlen(keys.dead(keys.shard_of("l"))))


async def test_one_that_is_given_up_on_is_told_so_until_that_arrives(
    engine: Engine, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.turn.OFFER_SECONDS_MOST", 0.05)
    await dead.begin()
    await dead.die(7)
    engine.channel.outcomes = [NotSent("busy", 0.05), RuntimeError("defect")]
    await take_over(engine)
    assert engine.channel.ends[0].notice == Texts().get("", "attempts_exhausted")
    assert len(engine.channel.replies) == 3


async def test_what_kills_workers_when_they_tell_of_it_is_kept_untold(
    engine: Engine, dead: Dead, redis_url: str
) -> None:
    await dead.begin()
    await dead.die(9)
    await engine.start(alone=True)
    async with Redis.from_url(redis_url) as client:
        await eventually(lambda: client.xlen(keys.dead(keys.shard_of("l"))))
    assert engine.channel.replies == []


async def test_one_that_may_be_innocent_is_tried_again_apart_from_the_others(
    engine: Engine, dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[float] = []

    def longest(low: float, high: float) -> float:
        spans.append(high)
        return 0.01

    monkeypatch.setattr("gateway.turn.random.uniform", longest)
    await dead.begin()
    await dead.die(6)
    await take_over(engine)
    assert engine.channel.ends[0].text == "You said: x"
    assert spans == [30]


async def test_who_left_in_order_did_not_die(engine: Engine, dead: Dead) -> None:
    for _ in range(8):
        await dead.inbox.leases.release(await dead.begin(), broken=True)
    bot = RecoveringBot()
    engine.use(bot=bot)
    await take_over(engine)
    assert engine.channel.ends[0].text == "You said: x"
    assert len(bot.looked) == 1


async def test_parts_are_known_to_the_next_attempt(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    journal = Journal(dead.inbox, lease, 1)
    for part in ("1", "2", "3"):
        await journal.begin(part)
    await journal.finish("1", "message-7")
    await journal.withdraw("3")
    await take_over(engine)
    assert dict(engine.channel.replies[0].journal.parts) == {"1": "message-7", "2": ""}


async def test_a_sealed_turn_leaves_no_journal(engine: Engine, dead: Dead) -> None:
    lease = await dead.begin()
    await Journal(dead.inbox, lease, 1).begin("1")
    await take_over(engine)

    async def struck() -> bool:
        return not await engine.inbox.notes(lease.lane, 1)

    await eventually(struck)
