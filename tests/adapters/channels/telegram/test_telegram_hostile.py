"""Updates that nobody should send: no server error, no word of theirs in the log."""

import json
import logging
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from support.telegram import Telegram

WORD = "swordfish"
GROUP = -1_000_000_000_001
KINDS = """
    message edited_message callback_query message_reaction my_chat_member
    stopped_message_generation channel_post poll
"""
FIELDS = f"""
    {KINDS} update_id message_id chat from sender_chat id type title text caption entities date
    caption_entities offset length url user reply_to_message quote photo document voice file_id
    file_name file_size media_group_id message_thread_id is_topic_message is_bot via_bot username
    data inline_keyboard reply_markup new_reaction old_reaction emoji new_chat_member status
    draft_id migrate_to_chat_id migrate_from_chat_id rich_message blocks cells items poll contact
    venue location latitude longitude edit_date first_name language_code
"""
SAID = f"""
    private group supergroup mention text_mention text_link code pre bot_command @test_bot /new
    /start@test_bot like:4 choice:4:0 retry:4 👍 kicked left emoji paragraph {WORD}
"""
NAMES, WORDS = st.sampled_from(FIELDS.split()), st.sampled_from(SAID.split())
LEAVES = (
    WORDS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([42, GROUP, 7, 0, -1])
    | st.floats(allow_nan=False)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6)
)
CHATS = st.sampled_from([{"id": 42, "type": "private"}, {"id": GROUP, "type": "supergroup"}])
CONTENTS = st.builds(
    lambda chat, found: (
        {"message_id": 5, "chat": chat, "from": {"id": 42}, "text": WORD, "id": "7"} | found
    ),
    CHATS,
    st.dictionaries(NAMES, VALUES, max_size=8),
)
UPDATES = st.builds(
    lambda kind, content: {"update_id": 7, kind: content},
    st.sampled_from(KINDS.split()),
    CONTENTS | VALUES,
) | st.dictionaries(NAMES, VALUES, max_size=8)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(update=UPDATES)
async def test_no_update_is_a_server_error(
    line: Any, caplog: pytest.LogCaptureFixture, update: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        answer = await line.post(update)
        await line.settled()
    assert answer.status in (200, 400), logs
    assert WORD not in str(logs) + caplog.text


async def test_no_broken_request_is_a_server_error(
    line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dice = random.Random(7)
    good = json.dumps(line.telegram.mention(WORD)).encode()
    statuses = set()
    with capture_logs() as logs:
        for _ in range(200):
            body = bytearray(good)
            for _ in range(dice.randrange(1, 6)):
                body[dice.randrange(len(body))] = dice.randrange(256)
            secret = dice.choice([None, None, "x", "ÿ", "a" * 4000])
            answer = await line.post(None, body=bytes(body), secret=secret)
            statuses.add(answer.status)
        await line.settled()
    assert statuses == {200, 400, 403}
    assert WORD not in str(logs) + caplog.text


async def known(line: Any) -> list[dict[str, Any]]:
    """One of everything that Telegram sends."""
    tg: Telegram = line.telegram
    api = line.channel._outbound._api
    own = tg.messages[42, await api.send(42, WORD)]
    own.keyboard = [[{"text": "👍", "callback_data": "like:4"}]]
    written = tg.private(WORD)
    stopped = {"chat": {"id": 42, "type": "private"}, "draft_id": 1, "message_thread_id": 5}
    block = {"type": "paragraph", "text": [WORD, {"type": "bold", "text": WORD}]}
    return [
        tg.mention(WORD),
        tg.topic(WORD, 7),
        tg.anonymous(WORD),
        tg.reply(WORD, own),
        tg.edited(written, f"{WORD} {WORD}"),
        *tg.album([b"1", b"2"], WORD),
        tg.document(b"1", WORD),
        tg.voice(),
        *(tg.callback(own, data) for data in ("like:4", "choice:4:0", "retry:4")),
        tg.reaction(own),
        tg.member(43, "kicked"),
        tg.update("stopped_message_generation", stopped),
        *tg.migration(),
        tg.message(42, rich_message={"blocks": [block]}),
        tg.message(42, location={"latitude": 1.5, "longitude": 2.5}),
    ]


def bent(value: Any, dice: random.Random) -> Any:
    """The value with something else, or nothing, in one place."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        key = dice.choice(list(value))
        if dice.random() < 0.2:
            return {name: each for name, each in value.items() if name != key}
        return value | {key: bent(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.6:
        return [bent(value[0], dice), *value[1:]]
    return dice.choice([None, "", 0, -1.5, 1 << 70, True, [], {}, [None], {"id": None}, "☃" * 99])


async def test_no_bent_update_is_a_server_error(
    open_line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    line = await open_line(edits="answer", group_replies="all")
    caplog.set_level(logging.DEBUG)
    dice, updates = random.Random(11), await known(line)
    with capture_logs() as logs:
        for number in range(1000):
            update = bent(updates[number % len(updates)], dice)
            answer = await line.post(update)
            assert answer.status in (200, 400), (update, logs[-1])
        await line.settled()
    assert WORD not in str(logs) + caplog.text
    assert line.admitted
    assert {key.partition(":")[0] for key in line.desk.memory} >= {"poison", "ask"}
    # What no code can digest is what Telegram would never send, and no defect of this code.
    errors = {entry.get("error") for entry in logs if entry["log_level"] == "error"}
    assert errors == {"ValidationError"}
