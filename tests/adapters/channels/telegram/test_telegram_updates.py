"""What updates ask for, done: messages, edits, albums, migrations, stops, and what is nothing."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.model import Inbound, Rating
from gateway.ports import Admission, NotRouted

GROUP = -1_000_000_000_001
BASIC = -77
SENT = {"turn": "4", "place": "42", "thread": "", "person": "42"}


def last(line: Any) -> Inbound:
    """What was taken last."""
    found: Inbound = line.admitted[-1]
    return found


async def test_in_a_group_only_what_is_for_the_bot_is_taken(open_line: Any, tg: Any) -> None:
    tg.bot.reads_all = True
    line = await open_line()
    await line.bring(tg.group("hello all"), tg.mention("what is it?"), tg.group("hm"))
    assert line.texts == ["what is it?"]
    assert last(line).origin.facts["chat_type"] == "supergroup"


async def test_or_everything_if_it_is_told_so(open_line: Any, tg: Any) -> None:
    tg.bot.reads_all = True
    line = await open_line(group_replies="all")
    await line.bring(tg.group("hello all"))
    assert line.texts == ["hello all"]


async def test_a_reply_to_the_bot_is_for_the_bot(line: Any) -> None:
    own = await _own_message(line)
    await line.bring(line.telegram.reply("and then?", own))
    assert line.texts == ["and then?"]


async def test_topics_are_threads(line: Any) -> None:
    await line.bring(line.telegram.topic("what is it?", 7))
    assert last(line).origin.address.thread == "7"


async def test_a_new_conversation_can_begin_with_a_question(line: Any) -> None:
    update = line.telegram.private("/new what is it?")
    await line.bring(update, update)
    assert line.texts == ["/new", "what is it?"]


async def test_files_stay_where_they_are(line: Any) -> None:
    await line.bring(line.telegram.photo(b"png", "what is it?"))
    (photo,) = last(line).attachments
    assert (photo.content, bool(photo.remote)) == ("", True)
    assert line.telegram.called("getFile") == []


async def test_an_album_is_taken_whole_although_only_its_first_part_names_the_bot(
    open_line: Any, tg: Any
) -> None:
    tg.bot.reads_all = True
    line = await open_line()
    parts = tg.album([b"1", b"2", b"3"], "@test_bot look", chat=GROUP)
    parts[0]["message"]["caption_entities"] = [{"type": "mention", "offset": 0, "length": 9}]
    await line.bring(*parts, tg.photo(b"4", chat=GROUP))
    assert [(said.text, said.more) for said in line.admitted] == [
        ("look", True),
        ("", True),
        ("", True),
    ]


async def test_the_rest_of_a_cut_text_is_taken_too(open_line: Any, tg: Any) -> None:
    tg.bot.reads_all = True
    line = await open_line()
    long = "x" * (4096 - len("@test_bot "))
    await line.bring(tg.mention(long), tg.group("the rest"), tg.group("x", user=43))
    assert line.texts == [long, "the rest"]


async def test_edits_are_ignored(line: Any) -> None:
    update = line.telegram.private("hello")
    await line.bring(update, line.telegram.edited(update, "hello you"))
    assert line.texts == ["hello"]


async def test_or_answered_once_if_it_is_told_so(open_line: Any, tg: Any) -> None:
    line = await open_line(edits="answer")
    update = tg.private("hello")
    edit = tg.edited(update, "hello you")
    await line.bring(update, edit, edit, tg.edited(update, "hello you"))
    assert line.texts == ["hello", "hello you"]
    assert last(line).id.startswith(line.admitted[0].id + ":")


async def test_an_edit_that_changes_no_word_is_none(open_line: Any, tg: Any) -> None:
    line = await open_line(edits="answer")
    update = tg.private("hello")
    await line.bring(update, tg.edited(update, "hello"))
    await line.bring(tg.update("edited_message", _moved(update)))
    assert line.texts == ["hello"]


@pytest.mark.parametrize("heard", [slice(2), slice(1), slice(1, 2)], ids=["both", "old", "new"])
async def test_a_group_that_migrates_goes_on(line: Any, heard: slice) -> None:
    await line.bring(line.telegram.mention("one", chat=BASIC))
    await line.bring(*line.telegram.migration(BASIC, GROUP)[heard])
    await line.bring(line.telegram.mention("two", chat=GROUP))
    assert line.texts == ["one", "two"]
    one, two = (said.origin for said in line.admitted)
    assert one.address == two.address
    assert (one.facts["chat"], two.facts["chat"]) == (str(BASIC), str(GROUP))


async def test_whoever_blocks_the_bot_ends_what_runs(line: Any) -> None:
    await line.bring(line.telegram.member(42, "kicked"), line.telegram.member(42, "member"))
    (halted,) = line.desk.halted
    assert (halted.address.place, halted.person.id) == ("42", "42")


async def test_the_stop_button_ends_the_answer_of_its_thread(line: Any) -> None:
    chat = {"id": 42, "type": "private"}
    for thread in ({}, {"message_thread_id": 5}):
        stopped = {"chat": chat, "draft_id": 1} | thread
        await line.bring(line.telegram.update("stopped_message_generation", stopped))
    assert [origin.address.thread for origin in line.desk.halted] == ["", "5"]
    assert line.desk.halted[0].person.id == "42"


async def test_what_no_route_leads_to_is_nothing(
    line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unrouted(_: object) -> bool:
        raise NotRouted("nowhere")

    monkeypatch.setattr(line.desk, "halt", unrouted)
    assert await line.bring(line.telegram.member(42, "kicked")) == [200]
    assert not [key for key in line.desk.memory if key.startswith("poison")]


@pytest.mark.parametrize(
    ("before", "now", "user", "rated"),
    [
        ("", "👍", 42, [Rating.LIKE]),
        ("👍", "👎", 42, [Rating.DISLIKE]),
        ("👍", "", 42, [Rating.NONE]),
        ("", "🎉", 42, []),
        ("🎉", "", 42, []),
        ("", "👍", 43, []),
    ],
)
async def test_a_reaction_rates_the_answer(
    line: Any, before: str, now: str, user: int, rated: list[Rating]
) -> None:
    own = await _own_message(line, 42)
    line.desk.memory[f"sent:42:{own.id}"] = json.dumps(SENT).encode()
    await line.bring(line.telegram.reaction(own, now, user=user, before=before))
    assert [rating for _, _, rating, _ in line.desk.rated] == rated
    assert all(origin.address.place == "42" for origin, *_ in line.desk.rated)


async def test_a_reaction_to_anything_else_is_nothing(line: Any) -> None:
    own = await _own_message(line, 42)
    await line.bring(line.telegram.reaction(own))
    assert line.desk.rated == []


async def test_an_unknown_update_is_ignored_and_said_once(line: Any) -> None:
    with capture_logs() as logs:
        for kind in ("poll", "poll", "swordfish"):
            assert (await line.post({"update_id": 7, kind: {"x": 1}})).status == 200
    kinds = [entry["kind"] for entry in logs if "ignored" in entry["event"]]
    assert kinds == ["poll", "unknown"]
    assert line.texts == []


async def test_who_is_not_taken_is_told_why_once(line: Any) -> None:
    line.desk.admission = Admission("busy", notice="Too many.")
    update = line.telegram.private("hello")
    await line.bring(update, update)
    assert line.telegram.texts(42) == ["Too many."]


async def test_in_a_group_as_a_reply_in_its_topic(line: Any) -> None:
    line.desk.admission = Admission("refused", notice="Not open to you.")
    update = line.telegram.topic("hello", 7)
    await line.bring(update)
    (said,) = line.telegram.said(update["message"]["chat"]["id"])
    assert (said.thread, said.reply_to) == (7, update["message"]["message_id"])


async def test_a_notice_that_cannot_be_said_costs_nothing(line: Any) -> None:
    line.desk.admission = Admission("busy", notice="Too many.")
    line.telegram.fail("sendMessage", "403:Forbidden: bot was blocked by the user")
    assert await line.bring(line.telegram.private("hello")) == [200]


async def test_private_chats_go_on_while_telegram_does_not_say_who_the_bot_is(
    open_line: Any, tg: Any
) -> None:
    tg.fail("getMe", *["500"] * 50)
    line = await open_line()
    assert await line.bring(tg.private("hello")) == [200]
    # Whether it is for the bot cannot be known: it has to come again.
    assert await line.bring(tg.mention("hello")) == [503]
    tg.faults = type(tg.faults)()
    assert await line.bring(tg.mention("hello again")) == [200]
    assert line.texts == ["hello", "hello again"]


async def test_the_bot_s_name_is_remembered_for_when_telegram_is_away(
    open_line: Any, tg: Any, desk: Any
) -> None:
    line = await open_line()
    await line.bring(tg.mention("hello"))
    assert desk.memory["username"] == b"test_bot"
    tg.fail("getMe", *["500"] * 50)
    line = await open_line()
    await line.bring(tg.mention("hello again"))
    assert line.texts == ["hello", "hello again"]


async def _own_message(line: Any, chat: int = GROUP):
    """A message of the bot's in a chat."""
    api = line.channel._outbound._api
    id_ = await api.send(chat, "An answer.")
    return line.telegram.messages[chat, id_]


def _moved(update: dict[str, Any]) -> dict[str, Any]:
    """A live location that went on."""
    raw = dict(update["message"]) | {"edit_date": 77, "location": {"latitude": 1, "longitude": 2}}
    del raw["text"]
    return raw
