"""Telegram, end to end: a real gateway and a bot, and Telegram's own side of the wire."""

import asyncio
import base64
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from support.servers import eventually, loaded, running, web_config
from support.telegram import Telegram
from support.telegram.sender import GROUP
from support.telegram.wiring import PUBLIC, People, with_telegram
from support.visitors import counted

from gateway.sandbox import texts
from gateway.sandbox.answers import Answer as Said
from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.clickai_runs import Answerer
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FORUM = -1_000_000_000_042


async def test_a_private_message_is_drafted_and_answered(chatters: People, tg: Telegram) -> None:
    chat = await chatters.write("count slowly to 8")
    assert await chatters.answer(chat) == "1 2 3 4 5 6 7 8"
    assert len(tg.said(chat)) == 1
    assert tg.drafts == {}
    shown = [frame for frame in tg.frames(chat) if frame]
    assert len(shown) > 1
    assert all("1 2 3 4 5 6 7 8".startswith(frame.strip()) for frame in shown)
    assert tg.called("editMessageText") == []


async def test_a_mention_in_a_group_is_answered_with_edits(chatters: People, tg: Telegram) -> None:
    asked = tg.mention("count slowly to 10")
    await chatters.send(asked)
    (message,) = await chatters.answers(GROUP)
    assert message.text == counted(10)
    assert message.reply_to == asked["message"]["message_id"]
    assert message.edited
    assert tg.called("sendMessageDraft") == []


async def test_what_is_not_for_the_bot_is_not_answered(chatters: People, tg: Telegram) -> None:
    tg.bot.reads_all = True
    await chatters.send(tg.group("to nobody"))
    await chatters.send(tg.group("/help@other_bot"))
    await chatters.mention("count to 2")
    assert await chatters.answer(GROUP) == "1 2"
    assert len(tg.said(GROUP)) == 1


async def test_a_chat_is_a_conversation(chatters: People, tg: Telegram) -> None:
    await chatters.write("My name is Sarah")
    await chatters.answers(42)
    await chatters.write("what is my name?")
    assert "Sarah" in await chatters.answer(42, 2)
    await chatters.write("what is my name?", user=43)
    assert "Sarah" not in await chatters.answer(43)


async def test_a_topic_is_a_conversation(chatters: People, tg: Telegram) -> None:
    await chatters.send(tg.topic("My name is Sarah", 5))
    (first,) = await chatters.answers(FORUM, thread=5)
    await chatters.send(tg.reply("what is my name?", first))
    assert "Sarah" in await chatters.answer(FORUM, 2, thread=5)
    await chatters.send(tg.topic("what is my name?", 6))
    assert "Sarah" not in await chatters.answer(FORUM, thread=6)


@asynccontextmanager
async def a_bot(answer: Answerer, redis_url: str, folder: Path, tg: Telegram) -> Any:
    """The people of a gateway whose bot answers in this way, at once."""
    api = ClickAI(answer, Memory(), pace=0)
    async with serving(api.application(), "127.0.0.1", 0) as port:
        config = with_telegram(web_config(f"http://127.0.0.1:{port}/v1", redis_url), tg)
        async with running(loaded(folder, config)) as service:
            people = People(tg, service.url)
            await people.ready()
            yield people


async def test_a_long_answer_is_whole(redis_url: str, folder: Path, tg: Telegram) -> None:
    async with a_bot(Answers("").answer, redis_url, folder, tg) as people:
        chat = await people.write("long")
        messages = await people.answers(chat, seconds=30)
    assert len(messages) > 4
    said = " ".join(message.text for message in messages)
    assert said.split() == texts.long().replace("## ", "").split()
    assert [bool(message.keyboard) for message in messages[:-1]] == [False] * len(messages[1:])


async def test_an_album_is_one_question(redis_url: str, folder: Path, tg: Telegram) -> None:
    heard = list[str]()

    def answer(query: str, earlier: Sequence[str]) -> Said:
        heard.extend(earlier)
        return Said("I see.")

    async with a_bot(answer, redis_url, folder, tg) as people:
        await tg.push_all(tg.album([PNG, PNG], "what are these?"))
        await people.answers(42)
        await people.write("and now?")
        await people.answers(42, 2)
    (question,) = heard
    assert question.split() == ["what", "are", "these?", "<image>", "<image>"]
    assert len(tg.said(42)) == 2


async def test_a_recording_is_heard(redis_url: str, folder: Path, tg: Telegram) -> None:
    heard = list[str]()

    def answer(query: str, earlier: Sequence[str]) -> Said:
        heard.append(query)
        return Said("I hear.")

    recording = tg.upload(b"ID3 what is it?", kind="audio", name="a.mp3", mimetype="audio/mpeg")
    async with a_bot(answer, redis_url, folder, tg) as people:
        await people.send(tg.sent(recording))
        await people.answers(42)
    assert heard == ["mock transcript of 15 bytes"]


async def test_files_of_the_bot_are_sent(chatters: People, tg: Telegram) -> None:
    await chatters.write("count to 2 with a picture")
    (photo,) = await chatters.answers(42)
    assert (photo.media, photo.caption) == ("photo", "1 2")
    assert photo.file
    assert photo.file.data.startswith(b"\x89PNG")


async def test_an_update_that_comes_again_is_answered_once(chatters: People, tg: Telegram) -> None:
    asked = tg.private("count to 3")
    answers = await asyncio.gather(*(tg.post(asked) for _ in range(4)))
    assert [answer.status for answer in answers] == [200] * 4
    assert await chatters.answer(42) == "1 2 3"
    await tg.post(asked)
    await chatters.write("count to 2")
    assert await chatters.answer(42, 2) == "1 2"
    assert len(tg.said(42)) == 2


async def test_nobody_else_can_post(chatters: People, tg: Telegram) -> None:
    for secret in ("", "wrong"):
        answer = await tg.post(tg.private("hello"), secret=secret)
        assert answer.status in (401, 403)
    assert (await tg.post({}, body=b"no JSON")).status == 400
    assert (await tg.post({"update_id": 5, "message": {"chat": 7}})).status == 200
    assert (await tg.post({"update_id": 6, "of_the_future": {"a": [1]}})).status == 200
    await chatters.write("count to 2")
    assert await chatters.answer(42) == "1 2"
    assert len(tg.said(42)) == 1


async def test_the_stop_button_stops_the_bot(chatters: People, tg: Telegram) -> None:
    chat = await chatters.write("count slowly to 60")
    await eventually(lambda: (chat, 0) in tg.drafts and tg.drafts[chat, 0].text.strip())
    assert (await chatters.send(tg.stop(chat))).status == 200
    (message,) = await eventually(lambda: tg.said(chat))
    assert message.text.startswith("1")
    assert "60" not in message.text
    await chatters.write("count to 2")
    assert await chatters.answer(chat, 1 + bool(message.keyboard)) == "1 2"


async def test_the_command_stops_the_bot_in_a_group(chatters: People, tg: Telegram) -> None:
    await chatters.mention("count slowly to 60")
    await eventually(lambda: any(tg.texts(GROUP)))
    await chatters.send(tg.group("/stop@test_bot"))
    await chatters.mention("count to 2")
    await eventually(lambda: "1 2" in tg.texts(GROUP))
    first = tg.said(GROUP)[0]
    assert first.text.startswith("1")
    assert "60" not in first.text


async def test_start_greets(chatters: People, tg: Telegram) -> None:
    chat = await chatters.write("/start")
    (greeting,) = await eventually(lambda: tg.said(chat))
    assert greeting.text


async def test_feedback_reaches_the_bot_once(
    chatters: People, tg: Telegram, sandbox: str, http: aiohttp.ClientSession
) -> None:
    chat = await chatters.write("count to 2")
    (message,) = await chatters.answers(chat)
    key = {"Authorization": "Bearer app-test"}

    async def data(path: str, **query: str) -> Any:
        async with http.get(f"{sandbox}/{path}", params=query, headers=key) as response:
            return (await response.json())["data"]

    async def rated() -> Any:
        async with http.get(sandbox.removesuffix("/v1") + "/sandbox/asked") as response:
            user = (await response.json())["asked"][-1]["user"]
        (conversation,) = await data("conversations", user=user)
        answers = await data("messages", user=user, conversation_id=conversation["id"])
        return {answer["query"]: answer["feedback"] for answer in answers if answer["feedback"]}

    press = tg.callback(message, message.button(data="like:")["callback_data"])
    await chatters.send(press)
    assert await eventually(rated) == {"count to 2": {"rating": "like"}}
    await eventually(lambda: press["callback_query"]["id"] in tg.bot.answered)
    await chatters.send(press)
    assert await rated() == {"count to 2": {"rating": "like"}}


async def test_a_failed_answer_can_be_asked_again(chatters: People, tg: Telegram) -> None:
    chat = await chatters.write("fail midway")
    failed = (await chatters.answers(chat))[-1]
    await chatters.press(failed, data="retry:")
    again = await eventually(lambda: [m for m in tg.said(chat) if m.id > failed.id])
    assert again[0].text.split()[0] == tg.said(chat)[0].text.split()[0]


async def test_the_token_is_nowhere(
    chatters: People, tg: Telegram, capfd: Any, http: aiohttp.ClientSession
) -> None:
    tg.fail("sendMessageDraft", "400:Bad Request: oh no", "garbage", "cut before")
    tg.fail("sendMessage", "429:1", "cut before", "400:Bad Request: oh no")
    for user in range(50, 54):
        await chatters.write("count slowly to 3", user=user)
    await eventually(lambda: sum(bool(tg.texts(user)) for user in range(50, 54)) > 1, 15)
    await tg.post({"update_id": 6, "message": {"chat": {"id": 7}, "text": tg.token}})
    async with http.get(f"{tg.reach[PUBLIC]}/metrics") as response:
        metrics = await response.text()
    said = capfd.readouterr()
    for part in (tg.token, tg.token.partition(":")[2], tg.bot.webhook.secret):
        assert part not in said.out + said.err + metrics
