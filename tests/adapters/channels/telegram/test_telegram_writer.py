"""The whole answer arrives, once, whatever goes wrong on the way."""

import asyncio
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.telegram import Telegram, telegram
from support.telegram_stage import GROUP, PERSON, Stage
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.channels.telegram import messages, pacing, writer
from adapters.channels.telegram.errors import Gone, Limited, Refused, Unauthorized, Unreached
from adapters.channels.telegram.messages import Adrift
from adapters.channels.telegram.sheets import Sheet, italic
from adapters.channels.telegram.tempo import Frame, Way
from adapters.channels.telegram.utf16 import length
from adapters.channels.telegram.writer import Writer

NOTHING = Sheet("")
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("👍", callback_data="like:7")]])
WORDS = (
    "word", "Tiếng Việt", "漢字。", "Größe", "**bold**", "`code`", "👩‍💻", "🇻🇳", "end.\n\n",
    "\n- item", "\n\n```py\nx = 1\n```\n\n", "[link](https://example.com/a_(b))",
)  # fmt: skip


@pytest.fixture
async def standin() -> AsyncIterator[Telegram]:
    async with telegram() as serving:
        yield serving
        assert serving.complaints == []


@pytest.fixture
def stage(standin: Telegram, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    monkeypatch.setattr(pacing, "EVERY", 0.0)
    monkeypatch.setattr(pacing, "ALL_EVERY", 0.0)
    return Stage(standin, http)


@pytest.fixture
def group(stage: Stage) -> Stage:
    stage.chat = GROUP
    return stage


def long(seed: int, size: int = 12_000) -> str:
    chance, text = random.Random(seed), ""
    while len(text) < size:
        text += f"{chance.choice(WORDS)} "
    return text.strip()


def sheets(stage: Stage, text: str) -> list[str]:
    """What the messages of an answer show, for one that nothing went wrong with."""
    return [sheet.text.strip() for sheet in stage.writer().sheets(text, NOTHING)]


async def test_a_draft_grows_and_becomes_a_message(stage: Stage) -> None:
    answer = stage.writer()
    for text in ("Hello", "Hello world"):
        assert await answer.show(Frame(text)) == 0.0
        (draft,) = stage.telegram.drafts.values()
        assert (draft.text, draft.stoppable) == (text, True)
    assert stage.said == []
    await answer.finish("Hello **world**!", NOTHING, KEYBOARD)
    (message,) = stage.said
    assert message.text == "Hello world!"
    assert [entity["type"] for entity in message.entities] == ["bold"]
    assert (stage.buttons, message.preview) == (["like:7"], False)
    assert stage.telegram.drafts == {}
    assert stage.notes.shows == ["Hello", "Hello world", "Hello **world**!"]
    assert stage.notes.parts == {"0": str(message.id)}
    assert answer.written == [message.id]


async def test_without_a_text_a_draft_says_that_the_bot_thinks(stage: Stage) -> None:
    answer = stage.writer()
    await answer.show(Frame())
    await answer.show(Frame(doing="Searching"))
    assert stage.telegram.frames(PERSON) == ["", "Searching"]
    assert stage.notes.shows == ["", ""]


async def test_what_an_attempt_had_shown_is_not_forgotten_for_a_thought(stage: Stage) -> None:
    stage.notes.shown = "half"
    await stage.writer().show(Frame())
    assert stage.notes.shown == "half"


async def test_what_outgrows_a_draft_is_sent(stage: Stage) -> None:
    answer, text = stage.writer(), "Words that fill a message. " * 300
    await answer.show(Frame(text[:6000]))
    (first,) = stage.texts
    (draft,) = stage.telegram.drafts.values()
    assert length(first) <= 4096
    assert draft.text.strip()
    await answer.finish(text, NOTHING, KEYBOARD)
    assert stage.texts == sheets(stage, text)
    assert stage.texts[0] == first
    assert [bool(message.keyboard) for message in stage.said] == [False, False, True]


async def test_in_a_group_a_message_is_edited(group: Stage) -> None:
    answer = group.writer(Way.EDIT)
    for text in ("Hello", "Hello world"):
        assert await answer.show(Frame(text)) == 0.0
        assert group.texts == [text]
    await answer.finish("Hello world!", italic("note"), KEYBOARD)
    assert group.texts == ["Hello world!\n\nnote"]
    assert [group.count(m) for m in ("sendMessage", "editMessageText")] == [1, 2]
    assert group.count("sendMessageDraft") == 0


async def test_what_outgrows_an_edited_message_goes_on_in_the_next(group: Stage) -> None:
    answer, text = group.writer(Way.EDIT), long(2)
    for at in range(500, len(text), 500):
        await answer.show(Frame(text[:at]))
    assert len(group.said) > 3
    await answer.finish(text, NOTHING)
    assert group.texts == sheets(group, text)


async def test_an_answer_is_sent_at_once_when_that_is_wanted(stage: Stage) -> None:
    await stage.writer(Way.OFF).finish("all", NOTHING)
    assert [call.method for call in stage.telegram.calls] == ["sendMessage"]


async def test_nothing_is_no_message(stage: Stage) -> None:
    await stage.writer().finish(" \n\u2060", NOTHING)
    assert stage.telegram.calls == []


async def test_what_stands_below_alone_is_a_message(stage: Stage) -> None:
    await stage.writer().finish("", italic("Sorry."))
    assert stage.texts == ["Sorry."]


async def test_what_stands_below_goes_on_in_a_message_of_its_own(stage: Stage) -> None:
    await stage.writer().finish("x " * 1800, italic("n" * 900), KEYBOARD)
    assert [len(text) for text in stage.texts] == [3599, 900]
    assert [bool(message.keyboard) for message in stage.said] == [False, True]


async def test_what_shows_the_same_is_not_edited(group: Stage) -> None:
    answer = group.writer(Way.EDIT)
    await answer.show(Frame("all"))
    await answer.show(Frame("all"))
    await answer.finish("all", NOTHING)
    assert [call.method for call in group.telegram.calls] == ["sendMessage"]


async def test_a_later_attempt_goes_on_with_what_is_there(group: Stage) -> None:
    text = long(3)
    await group.writer(Way.EDIT).show(Frame(text[:7000]))
    there = [message.id for message in group.said]
    await group.writer(Way.EDIT).finish(text, NOTHING, KEYBOARD)
    assert group.texts == sheets(group, text)
    assert [message.id for message in group.said][: len(there)] == there


async def test_delivered_once_more_it_is_the_same(stage: Stage) -> None:
    text = long(4)
    for _ in range(2):
        await stage.writer().finish(text, NOTHING, KEYBOARD)
    assert stage.texts == sheets(stage, text)


async def test_what_became_shorter_takes_messages_away(group: Stage) -> None:
    await group.writer(Way.EDIT).show(Frame(long(5)))
    group.notes.parts["9"] = ""
    await group.writer(Way.EDIT).finish("moderated", NOTHING)
    assert group.texts == ["moderated"]
    assert set(group.notes.parts) == {"0"}


async def test_a_message_that_somebody_deleted_is_sent_again(group: Stage) -> None:
    answer = group.writer(Way.EDIT)
    await answer.show(Frame("first"))
    group.said[0].deleted = True
    await answer.finish("first, second", NOTHING)
    assert group.texts == ["first, second"]


async def test_a_message_that_cannot_be_taken_away_stays(group: Stage) -> None:
    await group.writer(Way.EDIT).show(Frame(long(6, 5000)))
    group.telegram.fail("deleteMessage", "400:Bad Request: message can't be deleted for everyone")
    await group.writer(Way.EDIT).finish("short", NOTHING)
    assert group.texts[0] == "short"
    assert set(group.notes.parts) == {"0"}


# Limits.


@pytest.mark.parametrize(
    ("way", "method"), [(Way.DRAFT, "sendMessageDraft"), (Way.EDIT, "sendMessage")]
)
async def test_a_frame_does_not_wait_for_the_limits(stage: Stage, way: Way, method: str) -> None:
    stage.telegram.fail(method, "429:30")
    answer = stage.writer(way)
    assert await answer.show(Frame("Hello")) > 25
    assert await answer.show(Frame("Hello world")) > 25
    assert stage.count(method) == 1
    assert answer.way is way
    assert stage.notes.parts == {}


@pytest.mark.parametrize("way", [Way.DRAFT, Way.EDIT])
async def test_the_end_waits_for_the_limits(stage: Stage, way: Way) -> None:
    answer = stage.writer(way)
    await answer.show(Frame("Hello"))
    stage.telegram.fail("sendMessage" if way is Way.DRAFT else "editMessageText", "429:1")
    await answer.finish("Hello world", NOTHING, KEYBOARD)
    assert stage.texts == ["Hello world"]
    assert stage.telegram.hammered == []


async def test_an_end_that_would_wait_for_minutes_is_given_back(stage: Stage) -> None:
    text = long(7)
    stage.telegram.fail("sendMessage", "ok", "429:300")
    with pytest.raises(Limited) as limited:
        await stage.writer().finish(text, NOTHING)
    assert limited.value.retry_after > 290
    assert set(stage.notes.parts) == {"0"}
    stage.pace = pacing.Pace("telegram", stage.hall.allow)
    stage.telegram.faults.quiet.clear()
    await stage.writer().finish(text, NOTHING)
    assert stage.texts == sheets(stage, text)


# Ways that are closed.


async def test_where_no_drafts_are_taken_a_message_is_edited(stage: Stage) -> None:
    stage.telegram.fail("sendMessageDraft", "400:Bad Request: TEXTDRAFT_PEER_INVALID")
    answer = stage.writer()
    assert await answer.show(Frame("Hello")) > 0
    assert await answer.show(Frame("Hello")) == 0
    assert stage.texts == ["Hello"]
    assert not stage.abilities.drafts(PERSON)
    assert stage.abilities.drafts(PERSON + 1)


async def test_a_chat_that_refuses_drafts_three_times_is_not_asked_again(stage: Stage) -> None:
    stage.telegram.faults.broken["sendMessageDraft"] = "400:Bad Request: who knows"
    answer = stage.writer()
    for _ in range(3):
        assert await answer.show(Frame("a")) > 0
    assert await answer.show(Frame("a")) == 0
    assert stage.texts == ["a"]
    assert not stage.abilities.drafts(PERSON)
    assert stage.abilities.drafts(PERSON + 1)


async def test_a_telegram_without_drafts_is_asked_three_times(stage: Stage) -> None:
    stage.telegram.forbidden.add("sendMessageDraft")
    answer = stage.writer()
    for text in ("a", "ab", "abc"):
        assert await answer.show(Frame(text)) > 0
    assert await answer.show(Frame("abcd")) == 0
    assert stage.texts == ["abcd"]
    assert stage.count("sendMessageDraft") == 3
    assert not stage.abilities.drafts(PERSON + 1)


async def test_a_draft_that_is_taken_makes_up_for_those_refused(stage: Stage) -> None:
    answer = stage.writer()
    for _ in range(4):
        stage.telegram.fail("sendMessageDraft", "400:Bad Request: who knows")
        await answer.show(Frame("a"))
        await answer.show(Frame("b"))
    assert answer.way is Way.DRAFT


@pytest.mark.parametrize("fault", ["429:9", "500", "garbage", "cut before"])
async def test_other_faults_of_drafts_change_nothing(stage: Stage, fault: str) -> None:
    stage.telegram.fail("sendMessageDraft", *[fault] * 5)
    answer = stage.writer()
    for _ in range(5):
        assert await answer.show(Frame("a")) > 0
    assert answer.way is Way.DRAFT
    assert stage.abilities.drafts(PERSON)


# Refusals.


@pytest.mark.parametrize(
    "says",
    [
        "Bad Request: can't parse entities: whatever",
        "Bad Request: can't parse MessageEntity",
        "Bad Request: ENTITY_BOUNDS_INVALID",
    ],
)
async def test_entities_that_are_refused_are_left_out(stage: Stage, says: str) -> None:
    answer = stage.writer()
    for method in ("sendMessageDraft", "sendMessage"):
        stage.telegram.fail(method, f"400:{says}")
    await answer.show(Frame("a **b**"))
    assert stage.telegram.frames(PERSON) == ["a b"]
    await answer.finish("a **b** c", NOTHING, KEYBOARD)
    (message,) = stage.said
    assert (message.text, message.entities) == ("a b c", [])
    assert stage.buttons == ["like:7"]


async def test_a_keyboard_that_is_refused_is_left_out(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", "400:Bad Request: BUTTON_DATA_INVALID")
    await stage.writer().finish("all", NOTHING, KEYBOARD)
    assert [(message.text, message.keyboard) for message in stage.said] == [("all", [])]


async def test_what_is_too_long_after_all_is_cut_once_more(stage: Stage) -> None:
    text = long(8, 3500)
    stage.telegram.fail("sendMessage", "400:Bad Request: message is too long")
    await stage.writer().finish(text, NOTHING)
    assert len(stage.texts) == 2
    assert "".join("".join(stage.texts).split()) == "".join("".join(sheets(stage, text)).split())


async def test_a_frame_that_is_too_long_after_all_is_cut_too(group: Stage) -> None:
    answer, text = group.writer(Way.EDIT), "Words that fill a message. " * 100
    group.telegram.fail("sendMessage", "400:Bad Request: message is too long")
    assert await answer.show(Frame(text)) > 0
    assert await answer.show(Frame(text)) == 0
    assert len(group.said) == 2
    await answer.finish(text, NOTHING)
    assert "".join("".join(group.texts).split()) == "".join(text.split())


@pytest.mark.parametrize("way", [Way.DRAFT, Way.EDIT])
async def test_a_topic_that_is_gone_is_done_without(stage: Stage, way: Way) -> None:
    stage.thread = "999"
    answer = stage.writer(way)
    await answer.show(Frame("Hello"))
    await answer.finish("Hello world", NOTHING)
    assert [(message.text, message.thread) for message in stage.said] == [("Hello world", 0)]
    refused = [call for call in stage.telegram.calls if call.error]
    assert len(refused) == 1


async def test_a_group_that_moved_is_followed(group: Stage) -> None:
    group.chat = -5
    group.telegram.chat(-5).migrated_to = GROUP
    await group.writer(Way.EDIT).finish("Hello", NOTHING)
    assert group.telegram.texts(GROUP) == ["Hello"]
    assert await group.homes.chat_of("-5") == GROUP


async def test_a_group_that_moves_on_and_on_is_not_followed(group: Stage) -> None:
    group.chat = -5
    group.telegram.chat(-5).migrated_to = -5
    with pytest.raises(Refused):
        await group.writer(Way.EDIT).finish("Hello", NOTHING)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("403:Forbidden: bot was blocked by the user", Gone),
        ("401:Unauthorized", Unauthorized),
        ("400:Bad Request: chat not found", Refused),
        ("400:Bad Request: TOPIC_CLOSED", Refused),
    ],
)
async def test_what_is_for_good_is_raised(stage: Stage, fault: str, error: type[Exception]) -> None:
    answer = stage.writer(Way.EDIT)
    stage.telegram.faults.broken["*"] = fault
    assert await answer.show(Frame("Hello")) == 0
    assert await answer.show(Frame("Hello world")) == 0
    assert stage.count("sendMessage") <= 1
    with pytest.raises(error):
        await answer.finish("Hello world!", NOTHING)
    assert stage.notes.parts == {}


# Connections that break.


async def test_a_send_that_may_have_been_done_is_given_back(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", "cut after")
    with pytest.raises(Adrift):
        await stage.writer().finish("all", NOTHING)
    assert stage.notes.parts["0"] == ""
    await stage.writer().finish("all", NOTHING)
    assert stage.texts == ["all", "all"]
    assert stage.notes.parts["0"] == str(stage.said[1].id)


async def test_what_nobody_ever_confirms_is_not_sent_for_ever(stage: Stage) -> None:
    stage.telegram.fail("sendMessage", *["cut after"] * 9)
    for _ in range(messages.SENDS_MOST - 1):
        with pytest.raises(Adrift):
            await stage.writer().finish("all", NOTHING)
    with pytest.raises(Refused):
        await stage.writer().finish("all", NOTHING)
    assert len(stage.texts) == messages.SENDS_MOST == 8


async def test_a_first_frame_that_may_have_been_sent_is_sent_again_at_the_end(group: Stage) -> None:
    answer = group.writer(Way.EDIT)
    group.telegram.fail("sendMessage", "cut before")
    for text in ("a", "ab"):
        assert await answer.show(Frame(text)) == 0
    assert group.count("sendMessage") == 1
    await answer.finish("abc", NOTHING)
    assert group.texts == ["abc"]


@pytest.mark.parametrize("fault", ["cut before", "cut after", "500", "502", "garbage"])
async def test_an_edit_that_may_have_been_done_is_done_again(group: Stage, fault: str) -> None:
    answer = group.writer(Way.EDIT)
    await answer.show(Frame("a"))
    group.telegram.fail("editMessageText", fault, fault)
    assert await answer.show(Frame("ab")) > 0
    await answer.finish("abc", NOTHING, KEYBOARD)
    assert group.texts == ["abc"]
    assert group.buttons == ["like:7"]


async def test_while_nobody_answers_nothing_was_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FINAL_SECONDS", 0.0)
    stage.api = messages.Api(stage.hall.http, "http://127.0.0.1:1", stage.telegram.token)
    answer = stage.writer(Way.EDIT)
    assert await answer.show(Frame("a")) > 0
    with pytest.raises(Unreached):
        await answer.finish("ab", NOTHING)
    assert stage.notes.parts == {}


async def test_while_the_store_is_away_nothing_is_sent(stage: Stage) -> None:
    answer = stage.writer(Way.EDIT)
    stage.notes.away = 1
    assert await answer.show(Frame("a")) > 0
    assert stage.telegram.calls == []
    stage.notes.away = 2
    await answer.finish("ab", NOTHING)
    assert stage.texts == ["ab"]


async def test_what_is_out_is_noted_however_long_the_store_is_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "PAUSE", 0.01)
    stage.telegram.fail("sendMessage", "slow:0.05")
    finishing = asyncio.create_task(stage.writer().finish("all", NOTHING))
    await stage.until(lambda: stage.count("sendMessage"))
    stage.notes.away = 3
    await finishing
    assert stage.notes.parts == {"0": str(stage.said[0].id)}


# Rich messages.

TABLE = "before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter"


async def test_a_table_is_laid_out_by_telegram_when_that_is_wanted(stage: Stage) -> None:
    answer = stage.writer(rich=True)
    await answer.show(Frame(TABLE[:20]))
    await answer.finish(TABLE, italic("note"), KEYBOARD)
    assert [message.rich for message in stage.said] == [{"markdown": TABLE}, {}]
    assert stage.texts[1] == "note"
    assert stage.buttons == ["like:7"]


async def test_a_message_that_was_edited_can_become_rich(group: Stage) -> None:
    answer = group.writer(Way.EDIT, rich=True)
    await answer.show(Frame(TABLE[:20]))
    await answer.finish(TABLE, NOTHING, KEYBOARD)
    (message,) = group.said
    assert message.rich == {"markdown": TABLE}
    await group.writer(Way.EDIT, rich=True).finish(TABLE, NOTHING, KEYBOARD)
    assert len(group.said) == 1


async def test_what_needs_no_layout_is_no_rich_message(stage: Stage) -> None:
    await stage.writer(rich=True).finish("| no table", NOTHING)
    assert stage.count("sendRichMessage") == 0


async def test_a_telegram_without_rich_messages_is_asked_once(stage: Stage) -> None:
    stage.telegram.rich = False
    for turn in range(2):
        stage.notes.parts.clear()
        await stage.writer(rich=True).finish(f"{turn} {TABLE}", NOTHING)
    assert stage.count("sendRichMessage") == 1
    assert len(stage.said) == 2


async def test_a_rich_message_that_is_refused_is_a_plain_one(stage: Stage) -> None:
    stage.telegram.fail("sendRichMessage", "400:Bad Request: RICH_MESSAGE_INVALID")
    await stage.writer(rich=True).finish(TABLE, NOTHING, KEYBOARD)
    assert stage.texts == sheets(stage, TABLE)
    assert stage.abilities.rich


# All of it at once.

FAULTS = {
    "sendMessageDraft": ("429:1", "400:Bad Request: what", "cut after", "cut before", "500"),
    "editMessageText": ("429:1", "400:can't parse entities", "cut after", "cut before", "502"),
    "sendMessage": ("429:1", "400:can't parse entities"),
    "deleteMessage": ("429:1", "cut after"),
}


async def finished(stage: Stage, answer: Writer, text: str) -> None:
    """Finish it as the gateway would: offered again, after a while, in another attempt."""
    for _ in range(9):
        try:
            return await answer.finish(text, NOTHING, KEYBOARD)
        except (Limited, Adrift):
            answer = stage.writer(Way.EDIT)
    raise AssertionError("never finished")


@pytest.mark.parametrize("seed", range(24))
async def test_whatever_goes_wrong_the_whole_answer_is_there_once(
    stage: Stage, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, text, at = random.Random(seed), long(seed), 0
    # A second is a moment here: what is tested is what arrives.
    monkeypatch.setattr(stage.pace, "silence", lambda *_: None)
    stage.chat, way = chance.choice([(PERSON, Way.DRAFT), (PERSON, Way.EDIT), (GROUP, Way.EDIT)])
    for method, faults in FAULTS.items():
        queue = chance.choices((*faults, "ok", "ok"), k=12)
        stage.telegram.fail(method, *queue)
    answer = stage.writer(way)
    while at < len(text):
        at += chance.randint(1, 1500)
        await answer.show(Frame(text[:at]))
        if chance.random() < 0.1:
            answer = stage.writer(way)
    await finished(stage, answer, text)
    assert stage.texts == sheets(stage, text)
    assert stage.buttons == ["like:7"]
    parts = {part for part in stage.notes.parts if part.isdigit()}
    assert parts == {str(n) for n in range(len(stage.said))}


@pytest.mark.parametrize("seed", range(6))
async def test_sends_that_were_cut_are_repeated_and_nothing_else(stage: Stage, seed: int) -> None:
    chance, text = random.Random(seed), long(seed)
    stage.telegram.fail("sendMessage", *chance.choices(["ok", "cut before", "cut after"], k=6))
    await finished(stage, stage.writer(Way.EDIT), text)
    wanted = sheets(stage, text)
    known = {int(name) for part, name in stage.notes.parts.items() if part.isdigit()}
    assert [message.text for message in stage.said if message.id in known] == wanted
    cut = [call for call in stage.telegram.called("sendMessage") if call.fault == "cut after"]
    assert len(stage.said) == len(wanted) + len(cut)
