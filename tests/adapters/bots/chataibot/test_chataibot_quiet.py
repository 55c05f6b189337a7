"""Telling a person that their answer is still to come: once, and only while nothing has come."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.bots.chataibot import quiet
from gateway.model import Awaiting, Notice

REFERENCE = '{"conversation":"conv-1","visitor":"visitor-1","key":"visitor-1_4711"}'
SENTENCE = "No answer has come yet. You will see it here as soon as it does."


def notices(gateway):
    return [push for push in gateway.pushes if isinstance(push.events[0], Notice)]


@pytest.fixture
async def heard(bot):
    """Waits until nobody is watched any more."""

    async def heard(watching=bot):
        async with asyncio.timeout(5):
            await asyncio.gather(*watching._quiet._waiting)

    return heard


@pytest.fixture
async def bot(make_bot):
    return await make_bot(quiet_time=0.05)


@pytest.mark.parametrize("reference", ["", REFERENCE])
async def test_who_hears_nothing_is_told_so(bot, ask, vendor, started, gateway, reference, heard):
    vendor.replies = [(200, started)]
    await ask(bot, reference=reference, turn="7")
    await heard()
    (push,) = gateway.pushes
    assert (push.alias, push.name, push.events) == ("conv-1", "quiet:7", (Notice(SENTENCE),))


async def test_they_are_told_in_their_language(bot, ask, vendor, started, gateway, heard):
    vendor.replies = [(200, started)]
    await ask(bot, locale="vi-VN")
    await heard()
    assert notices(gateway)[0].events[0].text.startswith("Vẫn chưa")


async def test_each_message_is_told_of_once(bot, ask, vendor, sent, gateway, heard):
    vendor.replies = [(200, sent)] * 3
    for turn in ("7", "8", "8"):
        await ask(bot, reference=REFERENCE, turn=turn)
    await heard()
    assert [push.name for push in gateway.pushes] == ["quiet:7", "quiet:8"]
    assert gateway.repeats == ["quiet:8"]


@pytest.mark.parametrize("named", [{"conversation": {"id": "conv-1"}}, {"visitor_key": "v_1"}])
async def test_an_answer_at_another_replica_is_heard(
    bot, make_bot, ask, vendor, sent, gateway, post, said, named, heard
):
    await make_bot()
    event = said()
    del event["event"]["payload"]["conversation"]
    event["event"]["payload"].update(named)
    gateway.known.add("v_1")
    vendor.replies, vendor.meanwhile = [(200, sent)], lambda: post(event)
    await ask(bot, reference='{"conversation":"conv-1","visitor":"v","key":"v_1"}')
    await heard()
    assert [push.name for push in gateway.pushes] == ["m-1"]


async def test_the_first_answer_of_a_conversation_is_heard(
    bot, ask, vendor, started, gateway, post, said, heard
):
    gateway.known.add("conv-1")
    vendor.replies, vendor.meanwhile = [(200, started)], lambda: post(said())
    await ask(bot)
    await heard()
    assert [push.name for push in gateway.pushes] == ["m-1"]


async def test_an_earlier_answer_is_none_to_a_later_message(
    bot, ask, vendor, sent, gateway, post, said, heard
):
    gateway.known.add("conv-1")
    await post(said())
    vendor.replies = [(200, sent)]
    await ask(bot, reference=REFERENCE)
    # Nor is its repeat.
    await post(said())
    await heard()
    assert len(notices(gateway)) == 1


async def test_an_answer_to_somebody_else_is_not_heard(
    bot, ask, vendor, sent, gateway, post, said, heard
):
    gateway.known.add("conv-2")
    event = said()
    event["event"]["payload"]["conversation"]["id"] = "conv-2"
    vendor.replies, vendor.meanwhile = [(200, sent)], lambda: post(event)
    await ask(bot, reference=REFERENCE)
    await heard()
    assert len(notices(gateway)) == 1


async def test_nothing_more_is_expected_of_a_closed_conversation(
    bot, ask, vendor, sent, gateway, post, heard
):
    closing = {"type": "conversation_closed", "payload": {"conversation_id": "conv-1"}}
    vendor.replies, vendor.meanwhile = [(200, sent)], lambda: post(closing)
    await ask(bot, reference=REFERENCE)
    await heard()
    assert gateway.pushes == []


async def test_a_message_that_was_not_taken_is_waited_for_in_vain(bot, ask, vendor, gateway):
    vendor.replies = [(503, {"ok": False})]
    await ask(bot, reference=REFERENCE)
    assert not bot._quiet._waiting


async def test_nobody_is_told_when_it_is_off(make_bot, ask, vendor, sent, gateway, post, said):
    bot = await make_bot(quiet_time=0)
    vendor.replies = [(200, sent)]
    await ask(bot, reference=REFERENCE)
    await post(said())
    assert not bot._quiet._waiting
    assert not any(":heard:" in key for key in gateway.memory)


async def test_what_cannot_be_found_out_is_not_said(bot, ask, vendor, sent, gateway, heard):
    async def meanwhile():
        gateway.unavailable = True

    vendor.replies, vendor.meanwhile = [(200, sent)], meanwhile
    await ask(bot, reference=REFERENCE)
    with capture_logs() as logs:
        await heard()
    assert [log["event"] for log in logs] == ["chataibot.quiet_not_told"]
    assert gateway.pushes == []


async def test_a_store_that_was_away_when_it_was_asked_makes_nobody_repeat_themselves(
    bot, ask, vendor, sent, gateway, post, said, heard
):
    async def meanwhile():
        gateway.unavailable = False

    gateway.known.add("conv-1")
    await post(said())
    vendor.replies, vendor.meanwhile = [(200, sent)], meanwhile
    gateway.unavailable = True
    assert (await ask(bot, reference=REFERENCE))[-1] == Awaiting()
    await heard()
    assert notices(gateway) == []


async def test_too_many_are_not_watched(bot, ask, vendor, sent, monkeypatch):
    monkeypatch.setattr(quiet, "_MOST", 0)
    vendor.replies = [(200, sent)]
    with capture_logs() as logs:
        assert (await ask(bot, reference=REFERENCE))[-1] == Awaiting()
    assert not bot._quiet._waiting
    assert [log["event"] for log in logs] == ["chataibot.too_many_to_watch"]


async def test_stopping_forgets_who_waits(make_bot, ask, vendor, sent, gateway):
    bot = await make_bot(quiet_time=600)
    vendor.replies = [(200, sent)]
    await ask(bot, reference=REFERENCE)
    assert len(bot._quiet._waiting) == 1
    await bot.stop()
    assert not bot._quiet._waiting
    assert gateway.pushes == []
