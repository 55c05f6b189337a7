"""What people see the bot do while nothing is there to read yet."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.telegram import telegram
from support.telegram_stage import GROUP, PERSON, Stage

from adapters.channels.telegram import activity
from adapters.channels.telegram.activity import UPLOADING, Activity
from adapters.channels.telegram.place import Place


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(activity, "BEGIN_SECONDS", 0.01)
    monkeypatch.setattr(activity, "REPEAT_SECONDS", 0.01)
    async with telegram() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


def doing(stage: Stage, chat: int = PERSON, thread: int | None = None) -> Activity:
    return Activity(stage.api, stage.pace, Place(chat, thread))


async def test_it_is_kept_up_until_it_ends(stage: Stage) -> None:
    shown = doing(stage)
    shown.begin()
    await stage.until(lambda: stage.count("sendChatAction") > 2)
    await shown.end()
    assert set(stage.telegram.bot.actions) == {(PERSON, 0, "typing")}
    count = stage.count("sendChatAction")
    await asyncio.sleep(0.05)
    assert stage.count("sendChatAction") == count


async def test_it_is_shown_where_the_answer_comes(stage: Stage) -> None:
    stage.telegram.forum(GROUP, 5)
    shown = doing(stage, GROUP, 5)
    shown.begin(UPLOADING)
    await stage.until(lambda: stage.telegram.bot.actions)
    await shown.end()
    assert stage.telegram.bot.actions[0] == (GROUP, 5, "upload_document")


async def test_what_is_answered_at_once_needs_none(stage: Stage) -> None:
    shown = doing(stage)
    shown.begin()
    shown.pause()
    await shown.end()
    assert stage.telegram.calls == []


async def test_another_takes_the_place_of_one(stage: Stage) -> None:
    shown = doing(stage)
    shown.begin()
    await stage.until(lambda: stage.telegram.bot.actions)
    shown.begin(UPLOADING)
    await stage.until(lambda: (PERSON, 0, "upload_document") in stage.telegram.bot.actions)
    at = stage.telegram.bot.actions.index((PERSON, 0, "upload_document"))
    await shown.end()
    assert set(stage.telegram.bot.actions[at:]) == {(PERSON, 0, "upload_document")}


@pytest.mark.parametrize("fault", ["cut before", "500", "garbage", "400:what?", "403:Forbidden"])
async def test_what_goes_wrong_is_nobody_s_business(stage: Stage, fault: str) -> None:
    stage.telegram.fail("sendChatAction", fault)
    shown = doing(stage)
    shown.begin()
    await stage.until(lambda: stage.count("sendChatAction"))
    await shown.end()


async def test_after_429_the_chat_is_left_alone(stage: Stage) -> None:
    stage.telegram.fail("sendChatAction", "429:30")
    shown = doing(stage)
    shown.begin()
    await stage.until(lambda: stage.pace.quiet(PERSON))
    await asyncio.sleep(0.05)
    await shown.end()
    assert stage.count("sendChatAction") == 1


async def test_it_takes_nothing_from_a_group_s_budget(stage: Stage) -> None:
    shown = doing(stage, GROUP)
    shown.begin()
    await stage.until(lambda: stage.count("sendChatAction") > 3)
    await shown.end()
    assert not [bucket for bucket in stage.hall.asked if str(GROUP) in bucket]


async def test_without_a_beginning_there_is_no_end(stage: Stage) -> None:
    await doing(stage).end()
    assert stage.telegram.calls == []
