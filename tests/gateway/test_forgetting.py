"""Forgetting people: all of them, nobody else, and with their bots' help."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from contracts.store import item
from support.adapters import ScriptedBot, inbound
from support.lanes import taken
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

from gateway import forgetting as module
from gateway.config import Config, RedisConfig
from gateway.forgetting import AtBot, Forgetting, Lanes, forget_at
from gateway.model import Conversation
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving
from gateway.store import keys
from gateway.store.connection import Connection
from gateway.store.inbox import Inbox
from gateway.store.leases import Fenced
from gateway.store.memory import Memory as Kept
from gateway.store.people import People
from gateway.visit import visit

NOBODY = "http://127.0.0.1:1/v1"


class ForgettingBot(ScriptedBot):
    """A bot whose vendor can forget, in its own time."""

    def __init__(self, *, able: bool = True, seconds: float = 0) -> None:
        super().__init__()
        self.forgot: list[tuple[str, str]] = []
        self._able = able
        self._seconds = seconds

    async def forget(self, conversation: str, user: str) -> bool:
        """Note it."""
        await asyncio.sleep(self._seconds)
        self.forgot.append((conversation, user))
        return self._able


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    async with visit(RedisConfig(url=redis_url)) as connection:
        yield connection


@pytest.fixture
def config(redis_url: str, folder: Path) -> Config:
    return loaded(folder, web_config(NOBODY, redis_url))


@pytest.fixture
def forgetting(config: Config, connection: Connection) -> Forgetting:
    return Forgetting(config, connection)


@pytest.fixture
def people(connection: Connection) -> People:
    return People(connection, 90)


@pytest.fixture
async def inbox(config: Config, connection: Connection) -> Inbox:
    inbox = Inbox(connection, "worker", config.limits)
    await inbox.leases.prepare()
    return inbox


async def everything(connection: Connection) -> str:
    """Every key of the store, and what is in it."""
    text = []
    async for key in connection.client.scan_iter():
        # A stream is dumped with what was taken out of it, until all of its block was.
        stream = await connection.execute("TYPE", key) == b"stream"
        command = ("XRANGE", key, "-", "+") if stream else ("DUMP", key)
        text.append(f"{key!r} {await connection.execute(*command)!r}")
    return "\n".join(text)


async def test_nobody_by_that_name(forgetting: Forgetting) -> None:
    lanes = await forgetting.find("site", "zoe")
    assert lanes == Lanes()
    assert not lanes.known


async def test_what_is_shared_is_told_from_what_is_theirs(
    forgetting: Forgetting, people: People
) -> None:
    for person, lane in (
        ("zoe", "site:z"),
        ("zoe", "site:all"),
        ("b", "site:all"),
        ("b", "site:b"),
    ):
        await people.note("site", person, lane)
    assert await forgetting.find("site", "zoe") == Lanes(("site:z",), {"site:all": 1})


async def test_a_forgotten_lane_is_nobody_s(
    forgetting: Forgetting, people: People, inbox: Inbox, connection: Connection
) -> None:
    for person in ("zoe", "bob"):
        await people.note("site", person, "site:all")
    await people.note("site", "bob", "site:bob")
    await connection.execute("SET", keys.bucket("person/site/zoe"), 1)
    await inbox.admit("site:all", item(inbound("x", person="zoe")))
    done = await forgetting.forget("site", "zoe", ["site:all"])
    assert done.left == ()
    assert "zoe" not in await everything(connection)
    assert await people.lanes("site", "bob") == ["site:bob"]


async def test_what_stays_is_still_known(forgetting: Forgetting, people: People) -> None:
    for person, lane in (("zoe", "site:z"), ("zoe", "site:all"), ("bob", "site:all")):
        await people.note("site", person, lane)
    await forgetting.forget("site", "zoe", ["site:z"])
    assert await forgetting.find("site", "zoe") == Lanes((), {"site:all": 1})


async def test_a_worker_that_does_not_stop_is_fenced(
    forgetting: Forgetting,
    people: People,
    inbox: Inbox,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HALT_SECONDS", 0.2)
    await people.note("site", "zoe", "site:z")
    await inbox.admit("site:z", item(inbound("x", person="zoe")))
    lease, work = await taken(inbox, connection)
    await forgetting.forget("site", "zoe", ["site:z"])
    with pytest.raises(Fenced):
        await inbox.seal(lease, work.items)
    assert "zoe" not in await everything(connection)


async def test_a_conversation_of_a_bot_that_is_gone_is_named(
    forgetting: Forgetting, people: People, inbox: Inbox, connection: Connection
) -> None:
    await people.note("site", "zoe", "site:z")
    await inbox.admit("site:z", item(inbound("x")))
    lease, _ = await taken(inbox, connection)
    await inbox.save(lease, "vendor:old", Conversation("c-1"))
    await inbox.save(lease, "vendor:new", Conversation(""))
    await inbox.leases.release(lease, 60)
    done = await forgetting.forget("site", "zoe", ["site:z"])
    assert done.at_bots == (
        AtBot("site:z", "vendor:old", "c-1", "no bot of the configuration has it"),
    )


async def test_a_bot_that_can_forget_is_asked_to() -> None:
    bot = ForgettingBot()
    assert await forget_at(bot, "site:z", "c-1") == AtBot("site:z", "bot", "c-1")
    assert bot.forgot == [("c-1", "site:z")]


async def test_a_bot_that_does_not_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VENDOR_SECONDS", 0.05)
    for bot in (ForgettingBot(able=False), ForgettingBot(seconds=60)):
        assert (await forget_at(bot, "site:z", "c-1")).problem == "it could not be removed now"
    unable = await forget_at(ScriptedBot(), "site:z", "c-1")
    assert unable.problem == "the bot cannot remove conversations"


async def test_a_visitor_of_a_gateway_that_is_answering(
    redis_url: str, folder: Path, http: aiohttp.ClientSession, connection: Connection
) -> None:
    slow = ClickAI(Answers("# Chat Gateway\n").answer, Memory(), pace=0.2)
    async with serving(slow.application(), "127.0.0.1", 0) as port:
        config = loaded(folder, web_config(f"http://127.0.0.1:{port}/v1", redis_url))
        async with running(config) as service:
            widget, other = Widget(http, service.url), Widget(http, service.url)
            for each, word in ((widget, "zoe"), (other, "bob")):
                await each.open(lang="en")
                await each.say(f"what {word} wants to know about the gateway")
            ours, theirs = await asking(connection, "zoe"), await asking(connection, "bob")
            visitor = ours.partition(":")[2]
            widget.read()
            await widget.connected.wait()
            await People(connection, 1).note("site", visitor, ours)
            forgetting = Forgetting(config, connection)
            lanes = await forgetting.find("site", visitor)
            done = await forgetting.forget("site", visitor, lanes.own)
            assert (lanes.own, done.left) == ((ours,), ())
            left = await everything(connection)
            assert visitor not in left
            assert "zoe" not in left
            assert theirs in left
            await eventually(lambda: ("reset", {}) in widget.events)
            await widget.leave()
            assert (await widget.open())["history"] == []
            assert (await widget.post("history"))[1]["history"] == []


async def asking(connection: Connection, word: str) -> str:
    """The lane of a visitor who has written a word, once there is something of the answer."""

    async def asked() -> str:
        async for key in connection.client.scan_iter(match="gw:{??}:log:*"):
            lane = keys.lane_of(key.decode())
            said = await connection.execute("LRANGE", keys.transcript(lane), 0, -1)
            if word.encode() in b"".join(said):
                return lane
        return ""

    return await eventually(asked)


async def test_what_the_channel_keeps_of_them_goes_too(
    forgetting: Forgetting, people: People, connection: Connection
) -> None:
    memory = Kept(connection)
    await people.note("slack", "T1:zoe", "slack:z")
    await memory.keep("channel/slack", "ask:1", b'{"person":"T1:zoe"}', 60)
    await memory.keep("channel/slack", "latest:T1:zoe", b"1", 60)
    await memory.keep("channel/slack", "ask:2", b'{"person":"T1:bob"}', 60)
    await memory.keep("channel/slack", "latest:T1:zoey", b'{"person":"T1:zoey","at":"9T1:zoe"}', 60)
    await memory.keep("channel/other", "ask:1", b'{"person":"T1:zoe"}', 60)
    await forgetting.forget("slack", "T1:zoe", ["slack:z"])
    kept = {key.decode() async for key in connection.client.scan_iter("gw:memory:*")}
    assert kept == {
        keys.memory("channel/slack", "ask:2"),
        keys.memory("channel/slack", "latest:T1:zoey"),
        keys.memory("channel/other", "ask:1"),
    }
