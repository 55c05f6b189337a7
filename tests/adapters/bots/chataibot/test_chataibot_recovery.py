"""A message whose sender died: awaited when it may have gone out, and never sent twice."""

import asyncio
from contextlib import aclosing

import pytest

from gateway.model import (
    Answered,
    Ask,
    Attachment,
    Awaiting,
    Conversation,
    Failed,
    Notice,
    Reference,
)
from gateway.ports import CanRecover

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1","key":"visitor-1_4711"}'


class Core:
    """Keeps what a bot names, as the gateway does, for whoever takes the turn up."""

    def __init__(self, bot, reference=""):
        self.bot = bot
        self.reference = reference
        self.answered = None

    def ask(self, **more):
        conversation = Conversation(self.reference)
        values = {"turn": "7", "text": "hello", "user": "site!v1", **more}
        return Ask(**values, conversation=conversation)

    def keep(self, event):
        if not isinstance(event, Reference):
            return
        if event.conversation is not None:
            self.reference = event.conversation
        if event.answer:
            name = event.answer
            self.answered = Answered("helper", self.bot.identity, "u", self.reference, name)

    async def run(self, until=Awaiting | Failed, **more):
        """Ask, and die with the first such event."""
        async with asyncio.timeout(10), aclosing(self.bot.answer(self.ask(**more))) as events:
            async for event in events:
                self.keep(event)
                if isinstance(event, until):
                    return

    async def recover(self, by=None, **more):
        recovering = (by or self.bot).recover(self.ask(**more), self.answered, 0)
        async with aclosing(recovering) as events:
            return [event async for event in events]


@pytest.fixture
async def bot(make_bot):
    return await make_bot(quiet_time=600)


@pytest.fixture
async def successor(bot, make_bot):
    """The same bot in another process."""
    return await make_bot(quiet_time=0.05)


@pytest.fixture
def quiet(successor):
    """Waits until nobody is watched any more."""

    async def quiet():
        async with asyncio.timeout(5):
            await asyncio.gather(*successor._quiet._waiting)

    return quiet


@pytest.mark.parametrize("reference", ["", REFERENCE])
async def test_nothing_was_named(bot, vendor, reference):
    core = Core(bot, reference)
    assert isinstance(bot, CanRecover)
    assert await core.recover() == []
    assert vendor.requests == []


@pytest.mark.parametrize("reference", ["", REFERENCE])
async def test_every_message_is_named_before_it_goes_out(bot, vendor, sent, started, reference):
    core = Core(bot, reference)
    vendor.look = lambda: core.answered.answer
    vendor.replies = [(200, sent if reference else started), (200, sent)]
    await core.run()
    await core.run(turn="8")
    first, second = vendor.seen
    assert first != second


@pytest.mark.parametrize("status", [0, 200])
@pytest.mark.parametrize("reference", ["", REFERENCE])
async def test_what_may_have_gone_out_is_awaited(
    bot, successor, vendor, sent, started, gateway, quiet, reference, status
):
    core = Core(bot, reference)
    vendor.replies = [(status, sent if reference else started)]
    await core.run()
    named, *rest = await core.recover(successor)
    assert named.conversation == core.reference
    assert rest == [Awaiting()]
    gateway.known.update(named.aliases)
    await quiet()
    assert len(vendor.requests) == 1
    (push,) = gateway.pushes
    assert (push.alias, push.name) == (named.aliases[0], "quiet:7")


async def test_whoever_was_answered_meanwhile_is_told_nothing(
    bot, successor, vendor, sent, gateway, quiet, post, said
):
    gateway.known = {"conv-1"}
    await post(said(number=1))
    core = Core(bot, REFERENCE)
    vendor.replies, vendor.meanwhile = [(200, sent)], lambda: post(said(number=2))
    await core.run()
    assert (await core.recover(successor))[-1] == Awaiting()
    await quiet()
    assert [push.name for push in gateway.pushes] == ["m-1", "m-2"]


async def test_an_answer_before_it_is_none(
    bot, successor, vendor, sent, gateway, quiet, post, said
):
    gateway.known = {"conv-1"}
    await post(said(number=1))
    core = Core(bot, REFERENCE)
    vendor.replies = [(200, sent)]
    await core.run(until=Reference)
    assert (await core.recover(successor))[-1] == Awaiting()
    await quiet()
    assert [push.name for push in gateway.pushes] == ["m-1", "quiet:7"]


async def test_what_certainly_did_not_go_out_is_sent(bot, vendor, sent):
    core = Core(bot, REFERENCE)
    vendor.replies = [(503, {"ok": False}), (200, sent)]
    await core.run()
    assert await core.recover() == []
    await core.run()
    assert (await core.recover())[-1] == Awaiting()


async def test_a_name_that_is_not_the_bot_s(bot):
    core = Core(bot, REFERENCE)
    core.answered = Answered("helper", bot.identity, "u", REFERENCE, "a-9")
    assert await core.recover() == []


async def test_files_that_were_left_out_are_told_of(bot, vendor, sent):
    core = Core(bot, REFERENCE)
    vendor.replies = [(200, sent)]
    files = (Attachment("a.png", "image/png"),)
    await core.run(attachments=files)
    _, notice, awaiting = await core.recover(attachments=files)
    assert isinstance(notice, Notice)
    assert "a.png" in notice.text
    assert awaiting == Awaiting()
