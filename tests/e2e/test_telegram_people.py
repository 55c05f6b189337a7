"""What else people do in Telegram, end to end: buttons, threads, edits, files that are large."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.servers import eventually, loaded, running, web_config
from support.telegram import Telegram
from support.telegram.sender import GROUP
from support.telegram.wiring import People, with_telegram
from support.visitors import counted

from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.ciniterflow_flows import HUMAN, TOOLS, Flow
from gateway.sandbox.server import serving


async def test_a_suggestion_is_asked_by_pressing_it(chatters: People, tg: Telegram) -> None:
    await chatters.write("My name is Sarah")
    (first,) = await chatters.answers(42)
    await chatters.press(first, "What is my name?")
    assert "Sarah" in await chatters.answer(42, 2)
    await eventually(lambda: len(tg.bot.answered) == 1)
    await eventually(lambda: "suggest:" not in str(tg.messages[42, first.id].keyboard))


async def test_pressed_twice_is_asked_once(chatters: People, tg: Telegram) -> None:
    await chatters.write("My name is Sarah")
    (first,) = await chatters.answers(42)
    data = first.button("What is my name?")["callback_data"]
    for _ in range(2):
        await chatters.send(tg.callback(first, data))
    assert "Sarah" in await chatters.answer(42, 2)
    await chatters.write("count to 2")
    await eventually(lambda: counted(2) in tg.texts(42))
    assert len(tg.said(42)) == 3


async def test_a_stale_press_harms_nothing(chatters: People, tg: Telegram) -> None:
    await chatters.write("count to 2")
    (first,) = await chatters.answers(42)
    tg.query_seconds = 0.0
    await chatters.press(first, data="like:")
    await chatters.write("count to 3")
    await eventually(lambda: counted(3) in tg.texts(42))


async def test_threads_of_a_private_chat_are_conversations(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> None:
    tg.bot.topics = True
    tg.chat(42).topics.update((7, 8))
    config = with_telegram(web_config(sandbox, redis_url), tg)
    async with running(loaded(folder, config)) as service:
        people = People(tg, service.url)
        await people.ready()
        await people.write("My name is Sarah", thread=7)
        await people.answers(42, thread=7)
        await people.write("what is my name?", thread=7)
        assert "Sarah" in await people.answer(42, 2, thread=7)
        await people.write("what is my name?", thread=8)
        assert "Sarah" not in await people.answer(42, thread=8)
    calls = tg.called("sendMessage", "sendMessageDraft", "sendChatAction")
    assert {call.args.get("message_thread_id") for call in calls} == {7, 8}


async def test_new_begins_anew(chatters: People, tg: Telegram) -> None:
    await chatters.write("My name is Sarah")
    await chatters.answers(42)
    await chatters.write("/new")
    await eventually(lambda: len(tg.said(42)) == 2)
    await chatters.write("what is my name?")
    await eventually(lambda: len(tg.said(42)) == 3)
    assert "Sarah" not in tg.texts(42)[-1]


async def test_help_is_in_the_persons_language(chatters: People, tg: Telegram) -> None:
    await chatters.write("/help")
    await chatters.write("/help", user=43, who={"language_code": "vi"})
    await eventually(lambda: tg.said(42) and tg.said(43))
    assert tg.texts(42) != tg.texts(43)


async def test_an_edit_is_not_answered_unless_configured(chatters: People, tg: Telegram) -> None:
    asked = tg.private("count to 2")
    await chatters.send(asked)
    await chatters.answers(42)
    await chatters.send(tg.edited(asked, "count to 9"))
    await chatters.write("count to 3")
    await eventually(lambda: counted(3) in tg.texts(42))
    assert tg.texts(42) == [counted(2), counted(3)]


async def test_an_edit_is_answered_where_configured(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> None:
    config = with_telegram(web_config(sandbox, redis_url), tg, edits="answer")
    async with running(loaded(folder, config)) as service:
        people = People(tg, service.url)
        await people.ready()
        asked = tg.private("count to 2")
        await people.send(asked)
        await people.answers(42)
        await people.send(tg.edited(asked, "count to 4"))
        await eventually(lambda: counted(4) in tg.texts(42))


async def test_a_file_that_is_too_large_is_not_asked_for(chatters: People, tg: Telegram) -> None:
    await chatters.send(tg.document(b"", "film.mp4", size=21 * 1024 * 1024))
    (said,) = await eventually(lambda: tg.said(42))
    assert "film.mp4" in said.text
    assert tg.called("getFile") == []


async def test_who_hides_behind_a_group_is_answered(chatters: People, tg: Telegram) -> None:
    await chatters.send(tg.anonymous("count to 3"))
    await eventually(lambda: counted(3) in tg.texts(GROUP))


async def test_a_reply_to_the_bot_needs_no_mention(chatters: People, tg: Telegram) -> None:
    await chatters.mention("My name is Sarah")
    (first,) = await chatters.answers(GROUP)
    await chatters.send(tg.reply("what is my name?", first))
    assert "Sarah" in await chatters.answer(GROUP, 2)


async def test_a_rich_message_of_a_person_is_understood(chatters: People, tg: Telegram) -> None:
    blocks = [{"type": "paragraph", "text": "count to 3"}]
    await chatters.send(tg.message(42, rich_message={"blocks": blocks}))
    await eventually(lambda: counted(3) in tg.texts(42))


async def test_a_table_is_readable_and_rich_where_configured(
    sandbox: str, redis_url: str, folder: Path, tg: Telegram
) -> None:
    config = with_telegram(web_config(sandbox, redis_url), tg, rich=True)
    async with running(loaded(folder, config)) as service:
        people = People(tg, service.url)
        await people.ready()
        await people.write("table")
        (shown,) = await people.answers(42)
        assert "|" in shown.rich["markdown"]
        tg.rich = False
        await people.write("table", user=43)
        (plain,) = await people.answers(43)
    assert not plain.rich
    assert any(entity["type"] == "pre" for entity in plain.entities)


@asynccontextmanager
async def a_flow(flow: Flow, redis_url: str, folder: Path, tg: Telegram) -> AsyncIterator[People]:
    """The people of a gateway whose bot is a flow."""
    api = CiniterFlow(Answers("").answer, pace=0)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        config = with_telegram(web_config("http://127.0.0.1:9", redis_url), tg)
        config["bots"]["bot"] = {
            "kind": "ciniterflow",
            "base_url": f"http://127.0.0.1:{port}",
            "flow_id": flow.id,
        }
        async with running(loaded(folder, config)) as service:
            people = People(tg, service.url)
            await people.ready()
            yield people


async def test_a_voice_note_is_heard(redis_url: str, folder: Path, tg: Telegram) -> None:
    async with a_flow(TOOLS, redis_url, folder, tg) as people:
        await people.send(tg.voice(b"count to 3"))
        await eventually(lambda: any(counted(3) in text for text in tg.texts(42)))


@pytest.mark.parametrize("chat", [42, GROUP])
async def test_a_choice_is_made_by_pressing_it(
    redis_url: str, folder: Path, tg: Telegram, chat: int
) -> None:
    async with a_flow(HUMAN, redis_url, folder, tg) as people:
        asked = tg.private("hello") if chat > 0 else tg.mention("hello")
        await people.send(asked)
        whole = await people.answers(chat, whole=lambda message: "choice:" in str(message.keyboard))
        choice = whole[-1]
        await people.press(choice, data="choice:")
        await eventually(lambda: tg.said(chat)[-1].id > choice.id)
        assert "choice:" not in str(tg.messages[chat, choice.id].keyboard)


async def test_many_chats_at_once(chatters: People, tg: Telegram) -> None:
    users = range(100, 140)
    await tg.push_all([tg.private(f"count to {user - 90}", user=user) for user in users])
    for user in users:
        assert await chatters.answer(user) == counted(user - 90)
    assert [len(tg.said(user)) for user in users] == [1] * len(users)
