"""Files of an answer."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.telegram import telegram
from support.telegram_stage import PERSON, Stage

from adapters.channels.telegram import pacing
from adapters.channels.telegram.sheets import Sheet
from adapters.channels.telegram.uploads import kinds
from gateway.model import Attachment, EndState, File, Suggestions, TextDelta
from gateway.ports import NotSent, Sent, Undeliverable

PNG, OGG, PDF = b"\x89PNG data", b"OggS data", b"%PDF data"
LINK = "https://chat.example.com/files/"


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(pacing, "EVERY", 0.0)
    async with telegram() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


def file(stage: Stage, name: str, media_type: str, data: bytes = PDF) -> File:
    content = f"blob:{name}"
    stage.hall.files[content] = data
    return File(Attachment(name, media_type, content, len(data)))


@pytest.mark.parametrize(
    ("media_type", "size", "ways"),
    [
        ("image/jpeg", 1, ["photo", "document"]),
        ("image/webp", 11 << 20, ["document"]),
        ("image/svg+xml", 1, ["document"]),
        ("image/gif", 1, ["animation", "document"]),
        ("video/mp4", 1, ["video", "document"]),
        ("video/webm", 1, ["document"]),
        ("audio/ogg; codecs=opus", 1, ["voice", "document"]),
        ("audio/MPEG", 1, ["voice", "audio", "document"]),
        ("audio/mpeg", 2 << 20, ["audio", "document"]),
        ("audio/wav", 1, ["document"]),
        ("", 1, ["document"]),
    ],
)
def test_a_file_is_shown_as_what_it_is(media_type: str, size: int, ways: list[str]) -> None:
    assert list(kinds(media_type, size, voices=True)) == ways


def test_spoken_answers_need_not_be_voice_notes() -> None:
    assert list(kinds("audio/mpeg", 1, voices=False)) == ["audio", "document"]
    assert list(kinds("audio/ogg", 1, voices=False)) == ["document"]


@pytest.mark.parametrize(
    ("name", "media_type", "data", "media"),
    [
        ("a.png", "image/png", PNG, "photo"),
        ("a.ogg", "audio/ogg", OGG, "voice"),
        ("a.pdf", "application/pdf", PDF, "document"),
        ("a.mp4", "video/mp4", b"mp4", "video"),
    ],
)
async def test_a_file_alone_is_all_of_the_answer(
    stage: Stage, name: str, media_type: str, data: bytes, media: str
) -> None:
    assert await stage.deliver(file(stage, name, media_type, data)) == Sent()
    (message,) = stage.said
    assert (message.media, message.text, message.caption) == (media, "", "")
    assert message.file is not None
    assert (message.file.data, message.file.name) == (data, name)
    assert stage.notes.parts == {"file:0": str(message.id)}


async def test_a_short_answer_stands_below_its_file(stage: Stage) -> None:
    await stage.deliver(TextDelta("a **picture**"), file(stage, "a.png", "image/png", PNG))
    (message,) = stage.said
    assert (message.caption, message.media) == ("a picture", "photo")
    assert [entity["type"] for entity in message.caption_entities] == ["bold"]
    assert stage.buttons == ["like:7", "dislike:7"]
    assert stage.notes.shown == "a **picture**"
    assert stage.hall.remembered(f"sent:{PERSON}:{message.id}")["turn"] == "7"


async def test_delivered_once_more_it_is_still_one_message(stage: Stage) -> None:
    events = TextDelta("a picture"), file(stage, "a.png", "image/png", PNG)
    for _ in range(2):
        assert await stage.deliver(*events) == Sent()
    assert len(stage.said) == 1


async def test_a_longer_answer_is_a_message_of_its_own(stage: Stage) -> None:
    await stage.deliver(TextDelta("x" * 1025), file(stage, "a.png", "image/png", PNG))
    assert [message.media for message in stage.said] == ["", "photo"]
    assert stage.said[0].keyboard


async def test_so_is_one_that_was_shown_already(stage: Stage) -> None:
    stage.configured(streaming="edit")
    events = TextDelta("a text of twenty letters"), file(stage, "a.png", "image/png", PNG)
    await stage.deliver(*events, pause=0.1)
    assert [message.media for message in stage.said] == ["", "photo"]


async def test_and_one_with_several_files(stage: Stage) -> None:
    files = [file(stage, f"{n}.pdf", "application/pdf") for n in range(2)]
    for _ in range(2):
        await stage.deliver(TextDelta("text"), *files)
    assert [message.media for message in stage.said] == ["", "document", "document"]
    assert set(stage.notes.parts) == {"0", "file:0", "file:1"}


async def test_what_telegram_does_not_show_as_a_photo_is_a_document(stage: Stage) -> None:
    await stage.deliver(TextDelta("text"), file(stage, "a.png", "image/png", b"no picture"))
    (message,) = stage.said
    assert (message.media, message.caption) == ("document", "text")


async def test_whom_no_voice_notes_may_be_sent_to_gets_a_track(stage: Stage) -> None:
    stage.telegram.fail("sendVoice", "400:Bad Request: VOICE_MESSAGES_FORBIDDEN")
    await stage.deliver(file(stage, "a.mp3", "audio/mpeg", b"ID3"))
    assert [message.media for message in stage.said] == ["audio"]


@pytest.mark.parametrize("fault", ["400:Bad Request: no", "413:Request Entity Too Large"])
async def test_what_telegram_does_not_take_is_named(stage: Stage, fault: str) -> None:
    stage.telegram.faults.broken["sendDocument"] = fault
    assert await stage.deliver(TextDelta("text"), file(stage, "a.pdf", "application/pdf")) == Sent()
    assert stage.texts == ["text", f"📎 a.pdf: {LINK}blob:a.pdf"]
    assert set(stage.notes.parts) == {"0", "file:0"}


async def test_what_is_too_large_is_named_and_not_read(stage: Stage) -> None:
    large = Attachment("a.bin", "application/x", "blob:none", 51 << 20)
    await stage.deliver(TextDelta("text"), File(large))
    assert stage.texts == ["text", f"📎 a.bin: {LINK}blob:none"]
    assert stage.count("sendDocument") == 0


async def test_what_is_no_longer_there_is_named(stage: Stage) -> None:
    stage.hall.public_url = ""
    await stage.deliver(TextDelta("text"), File(Attachment("a.pdf", "", "blob:gone", 4)))
    assert stage.texts == ["text", "📎 a.pdf"]


async def test_what_could_not_be_had_is_left_to_the_answer(stage: Stage) -> None:
    await stage.deliver(TextDelta("text"), File(Attachment("a.pdf", "application/pdf")))
    assert stage.texts == ["text"]


async def test_what_may_have_been_sent_is_named_too(stage: Stage) -> None:
    stage.telegram.fail("sendDocument", "cut after")
    files = [file(stage, f"{n}.pdf", "application/pdf") for n in range(2)]
    assert await stage.deliver(TextDelta("text"), *files) == Sent()
    texts = ["text", "", f"📎 0.pdf: {LINK}blob:0.pdf", ""]
    assert stage.texts == texts


async def test_a_caption_that_may_have_been_sent_is_a_message_later(stage: Stage) -> None:
    events = TextDelta("text"), file(stage, "a.pdf", "application/pdf")
    stage.telegram.fail("sendDocument", "cut before")
    assert isinstance(await stage.deliver(*events), NotSent)
    for _ in range(2):
        assert await stage.deliver(*events) == Sent()
    assert [(message.text, message.media) for message in stage.said] == [
        ("text", ""),
        ("", "document"),
    ]


async def test_limits_are_waited_for(stage: Stage) -> None:
    stage.telegram.fail("sendDocument", "429:1")
    await stage.deliver(TextDelta("text"), file(stage, "a.pdf", "application/pdf"))
    assert stage.texts == ["text"]
    assert stage.telegram.hammered == []


async def test_who_blocked_the_bot_gets_no_file(stage: Stage) -> None:
    stage.telegram.block(PERSON)
    outcome = await stage.deliver(file(stage, "a.pdf", "application/pdf"))
    assert isinstance(outcome, Undeliverable)


async def test_files_of_an_answer_that_failed_are_there_as_well(stage: Stage) -> None:
    events = file(stage, "a.pdf", "application/pdf"), Suggestions(("?",))
    await stage.deliver(*events, state=EndState.FAILED, notice="Sorry.")
    (message,) = stage.said
    assert (message.caption, stage.buttons) == ("Sorry.", ["retry:7"])


async def test_while_a_file_goes_that_is_shown(stage: Stage) -> None:
    stage.telegram.fail("sendDocument", "slow:0.5")
    await stage.deliver(TextDelta("text"), file(stage, "a.pdf", "application/pdf"))
    assert (PERSON, 0, "upload_document") in stage.telegram.bot.actions


def test_a_sheet_without_a_text_is_blank() -> None:
    assert Sheet(" \n\u2060").blank
    assert not Sheet("…").blank
