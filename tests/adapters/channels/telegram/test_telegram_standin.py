"""The stand-in Telegram: aiogram's own client works against it, and it is as strict as
Telegram."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiogram import Bot as Client
from aiogram import exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    InputRichMessage,
    MessageEntity,
    ReplyParameters,
)
from support.telegram import Bot, Telegram

GROUP = -1_000_000_000_001
PNG = b"\x89PNG picture"


def client_of(tg: Telegram, token: str) -> Client:
    return Client(token, AiohttpSession(api=TelegramAPIServer.from_base(tg.url)))


@pytest.fixture
async def client(tg: Telegram) -> AsyncIterator[Client]:
    async with client_of(tg, tg.token) as client:
        yield client


async def refused(call: Any) -> str:
    with pytest.raises(exceptions.TelegramAPIError) as caught:
        await call
    return caught.value.message


def keyboard(data: str) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(text="a", callback_data=data)
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


async def test_knows_its_bots(tg: Telegram, client: Client) -> None:
    other = tg.add(Bot(token="99:" + "b" * 35, username="other_bot"))
    assert (await client.get_me()).username == "test_bot"
    async with client_of(tg, other.token) as second:
        assert (await second.get_me()).id == 99
        await second.send_message(42, "from the other")
    async with client_of(tg, "5:" + "c" * 35) as third:
        assert "Unauthorized" in await refused(third.get_me())
    assert tg.texts(42) == []
    assert tg.texts(42, bot=other) == ["from the other"]


async def test_sends_edits_and_deletes(tg: Telegram, client: Client) -> None:
    bold = MessageEntity(type="bold", offset=1, length=2)
    sent = await client.send_message(42, " a b ", entities=[bold], reply_markup=keyboard("x:1"))
    assert (sent.text, tg.texts(42)) == ("a b", ["a b"])
    assert tg.said(42)[0].entities == [{"type": "bold", "offset": 0, "length": 2}]
    assert tg.said(42)[0].button(data="x:")["text"] == "a"
    here = {"chat_id": 42, "message_id": sent.message_id}
    await client.edit_message_text("b", **here)
    assert tg.said(42)[0].keyboard == []
    assert "message is not modified" in await refused(client.edit_message_text("b", **here))
    await client.edit_message_reply_markup(**here, reply_markup=keyboard("x:2"))
    await client.delete_message(**here)
    assert "message to edit not found" in await refused(client.edit_message_text("c", **here))
    assert tg.texts(42) == []
    assert tg.complaints == []


async def test_refuses_what_telegram_refuses(tg: Telegram, client: Client) -> None:
    theirs = tg.private("mine")["message"]["message_id"]
    wrong = {
        "text is empty": client.send_message(42, "  \n"),
        "too long": client.send_message(42, "x" * 4097),
        "ends after the end": client.send_message(
            42, "ab", entities=[MessageEntity(type="bold", offset=0, length=3)]
        ),
        "can't parse entities": client.send_message(42, "1.", parse_mode="MarkdownV2"),
        "BUTTON_DATA_INVALID": client.send_message(42, "a", reply_markup=keyboard("ü" * 33)),
        "thread not found": client.send_message(42, "a", message_thread_id=3),
        "replied not found": client.send_message(
            42, "a", reply_parameters=ReplyParameters(message_id=999)
        ),
        "can't be edited": client.edit_message_text("a", chat_id=42, message_id=theirs),
        "delete not found": client.delete_message(42, 999),
        "parameter action": client.send_chat_action(42, "dance"),
        "BOT_COMMAND_INVALID": client.set_my_commands([BotCommand(command="Ä", description="a")]),
        "query is too old": client.answer_callback_query("1"),
        "HTTPS": client.set_webhook("http://gateway.test/"),
        "unallowed characters": client.set_webhook("https://gateway.test/", secret_token="a b"),
        "invalid file_id": client.get_file("nothing"),
        "album": client.send_media_group(42, [InputMediaPhoto(media="x")]),
    }
    for says, call in wrong.items():
        assert says in await refused(call), says
    assert tg.texts(42) == []


async def test_a_caption_has_its_own_limit(tg: Telegram, client: Client) -> None:
    photo = BufferedInputFile(PNG, "a.png")
    assert "too long" in await refused(client.send_photo(42, photo, caption="x" * 1025))
    sent = await client.send_photo(42, photo, caption="x" * 1024)
    assert sent.photo
    assert tg.said(42)[0].media == "photo"


async def test_an_unknown_argument_is_a_complaint(tg: Telegram, client: Client) -> None:
    async with aiohttp.ClientSession() as http:
        url = f"{tg.url}/bot{tg.token}/sendmessage"
        async with http.post(url, json={"chat_id": "42", "text": "a", "colour": "red"}) as said:
            assert (await said.json())["ok"]
        async with http.get(f"{url}?chat_id=42&text=b") as said:
            assert said.status == 200
        async with http.get(f"{tg.url}/bot{tg.token}/sendSong") as said:
            assert await said.json() == {
                "ok": False, "error_code": 404, "description": "Not Found",
            }  # fmt: skip
    assert tg.texts(42) == ["a", "b"]
    assert tg.complaints == ["sendMessage has no argument colour"]


async def test_drafts_are_for_private_chats_and_die(tg: Telegram, client: Client) -> None:
    await client.send_message_draft(42, 7, text="wri", can_stop=True)
    assert tg.drafts[42, 0].text == "wri"
    assert tg.drafts[42, 0].stoppable
    await client.send_message(42, "written")
    assert tg.drafts == {}
    await client.send_message_draft(42, 8, text="again")
    tg.draft_seconds = 0.0
    assert tg.drafts == {}
    in_group = client.send_message_draft(GROUP, 9, text="a")
    assert "TEXTDRAFT_PEER_INVALID" in await refused(in_group)
    assert "RANDOM_ID_INVALID" in await refused(client.send_message_draft(42, 0, text="a"))
    assert tg.frames(42) == ["wri", "again"]


async def test_rich_messages_can_be_unknown(tg: Telegram, client: Client) -> None:
    rich = InputRichMessage(markdown="# Hello")
    await client.send_rich_message(42, rich)
    assert tg.said(42)[0].rich == {"markdown": "# Hello"}
    tg.rich = False
    assert "Not Found" in await refused(client.send_rich_message(42, rich))


async def test_chats_can_be_closed(tg: Telegram, client: Client) -> None:
    tg.block(42)
    assert "blocked by the user" in await refused(client.send_message(42, "a"))
    tg.member(GROUP, "kicked")
    assert "was kicked" in await refused(client.send_message(GROUP, "a"))
    tg.unknown.add(43)
    assert "chat not found" in await refused(client.send_message(43, "a"))
    tg.migration(-77, -1_000_000_000_077)
    with pytest.raises(exceptions.TelegramMigrateToChat) as moved:
        await client.send_message(-77, "a")
    assert moved.value.migrate_to_chat_id == -1_000_000_000_077


async def test_takes_and_gives_files(tg: Telegram, client: Client) -> None:
    sent = await client.send_document(42, BufferedInputFile(b"hello", "a.txt"))
    assert sent.document
    again = await client.send_document(42, sent.document.file_id, caption="again")
    assert again.document
    found = await client.get_file(again.document.file_id)
    taken = await client.download_file(found.file_path or "")
    assert taken
    assert taken.read() == b"hello"
    album = [InputMediaPhoto(media=BufferedInputFile(PNG, f"{n}.png")) for n in range(2)]
    assert len(await client.send_media_group(42, album)) == 2
    voice = await client.send_voice(42, BufferedInputFile(b"OggS", "a.ogg"))
    assert voice.voice
    no_picture = client.send_photo(42, BufferedInputFile(b"text", "a.png"))
    assert "IMAGE_PROCESS_FAILED" in await refused(no_picture)
    large = tg.document(b"", size=21 * 1024 * 1024)["message"]["document"]["file_id"]
    assert "file is too big" in await refused(client.get_file(large))
    tg.upload_bytes = 3
    with pytest.raises(exceptions.TelegramEntityTooLarge):
        await client.send_document(42, BufferedInputFile(b"hello", "a.txt"))


async def test_fails_on_purpose(tg: Telegram, client: Client) -> None:
    tg.fail(
        "sendMessage", "429:1", "400:Bad Request: oh", "500", "cut before", "cut after", "garbage",
        "slow:0.01",
    )  # fmt: skip
    with pytest.raises(exceptions.TelegramRetryAfter) as limited:
        await client.send_message(42, "limited")
    assert limited.value.retry_after == 1
    await client.send_message_draft(42, 1, text="hammering")
    assert [call.method for call in tg.hammered] == ["sendMessageDraft"]
    assert "oh" in await refused(client.send_message(42, "bad"))
    for text in ("500", "before", "after", "garbage"):
        with pytest.raises((exceptions.TelegramAPIError, exceptions.ClientDecodeError)):
            await client.send_message(42, text)
    await client.send_message(42, "slow")
    assert tg.texts(42) == ["after", "slow"]


async def test_limits_chats_and_all(tg: Telegram, client: Client) -> None:
    tg.faults.chat, tg.faults.overall = (1, 60), (2, 60)
    await client.send_message(1, "a")
    with pytest.raises(exceptions.TelegramRetryAfter) as limited:
        await client.send_message(1, "b")
    assert limited.value.retry_after > 50
    await client.send_chat_action(1, "typing")
    await client.send_message(2, "a")
    with pytest.raises(exceptions.TelegramRetryAfter):
        await client.send_message(3, "a")


async def test_keeps_what_else_a_bot_does(tg: Telegram, client: Client) -> None:
    menu = [BotCommand(command="new", description="New")]
    await client.set_my_commands(menu, language_code="de")
    assert [each.command for each in await client.get_my_commands(language_code="de")] == ["new"]
    assert await client.get_my_commands() == []
    await client.delete_my_commands(language_code="de")
    assert tg.bot.commands == {}
    await client.send_chat_action(42, "typing")
    assert tg.bot.actions == [(42, 0, "typing")]
    asked = tg.private("hello")["message"]["message_id"]
    await client.set_message_reaction(42, asked, [{"type": "emoji", "emoji": "👍"}])
    assert tg.bot.reactions[42, asked]
    assert (await client.get_chat(GROUP)).type == "supergroup"
    assert (await client.get_chat_member(GROUP, 42)).status == "member"
    await client.leave_chat(GROUP)
    assert tg.chat(GROUP).kicked
