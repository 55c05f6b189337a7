"""Requests that nobody should send: no server error, no word of theirs in the log."""

import json
import logging
import random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from support.slack import Message, Slack

WORD = "swordfish"
FIELDS = """
    type event team_id enterprise authorizations user channel ts thread_ts text subtype message
    previous_message edited files bot_id item reaction tokens bot actions action_id value view
    callback_id private_metadata state values trigger_id command payload channel_id user_id
    assistant_thread tab hidden response_urls is_ext_shared_channel team api_app_id event_time
    function_data inputs
"""
SAID = f"""
    event_callback block_actions view_submission shortcut message_action message app_mention
    reaction_added app_home_opened message_changed message_deleted agent_session_stopped
    tokens_revoked app_uninstalled assistant_thread_started ask_about comment question feedback
    choice:1 retry T1 E1 C1 D1 U1 UBOT BBOT 1700000000.000100 im file_share home modal /ask new
    stop {WORD}
"""
NAMES, KINDS = st.sampled_from(FIELDS.split()), st.sampled_from(SAID.split())
LEAVES = (
    KINDS | st.just("") | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6)
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=8).map(
    lambda event: {"type": "message", "text": WORD} | event
)
BODIES = st.one_of(
    st.dictionaries(NAMES, VALUES, max_size=10),
    st.builds(lambda event: {"type": "event_callback", "team_id": "T1", "event": event}, EVENTS),
    st.builds(
        lambda body, kind: {"team": {"id": "T1"}, "user": {"id": "U1"}} | body | {"type": kind},
        st.dictionaries(NAMES, VALUES, max_size=10),
        KINDS,
    ),
)


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(payload=BODIES, form=st.booleans())
async def test_no_payload_is_a_server_error(
    team: Any, caplog: pytest.LogCaptureFixture, payload: dict[str, Any], form: bool
) -> None:
    caplog.set_level(logging.INFO)
    text = json.dumps(payload)
    body = (urlencode({"payload": text}) if form else text).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    with capture_logs() as logs:
        answer = await team.slack.raw(team.url, body, team.slack.signed(body, kind))
        await team.settled()
    assert answer.status in (200, 400)
    assert WORD not in str(logs) + caplog.text


async def test_no_broken_request_is_a_server_error(
    team: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    dice = random.Random(7)
    good = json.dumps(team.slack.envelope(team.slack.message(text=WORD))).encode()
    with capture_logs() as logs:
        for _ in range(150):
            body = bytearray(good)
            for _ in range(dice.randrange(1, 6)):
                body[dice.randrange(len(body))] = dice.randrange(256)
            headers = team.slack.signed(bytes(body))
            if dice.random() < 0.3:
                headers["X-Slack-Signature"] = dice.choice(["", "v0=", "v0=ÿ", "☃", "a" * 5000])
            answer = await team.slack.raw(team.url, bytes(body), headers)
            assert answer.status in (200, 400, 401)
    assert WORD not in str(logs) + caplog.text


def payloads(slack: Slack) -> list[Any]:
    """One of everything that Slack sends."""
    direct, mention = slack.message(text=WORD), slack.mention(text=WORD)
    answer = slack.keep(Message(ts=slack.new_ts(), channel="C1", text=WORD, bot_id="BBOT"))
    file = {"id": "F1", "name": WORD, "mimetype": "text/plain", "url_private": "https://x.test/"}
    changed = {"message": direct | {"edited": {"user": "U1", "ts": "2.0"}}, "hidden": True}
    events = [
        direct | {"files": [file], "subtype": "file_share"},
        mention,
        direct | changed | {"subtype": "message_changed", "previous_message": dict(direct)},
        direct | {"subtype": "message_deleted", "previous_message": dict(direct)},
        slack.stop_session("C1", mention["ts"]),
        {
            "type": "reaction_added",
            "user": "U1",
            "reaction": "+1",
            "item": {"type": "message", "channel": "C1", "ts": answer.ts},
        },
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"},
        {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}},
    ]
    buttons = ["feedback", "choice:1", "suggest:1", "retry", "home:new", "home:ask:1"]
    about = {"channel": "C1", "ts": answer.ts}
    view = {"id": "V1", "private_metadata": json.dumps(about), "type": "modal"}
    written = {"values": {"question": {"question": {"type": "x", "value": WORD}}}}
    return [
        *(slack.envelope(event) for event in events),
        *(slack.clicked(answer, {"action_id": name, "value": "like"}) for name in buttons),
        *(
            slack.payload("view_submission", view=view | {"callback_id": name, "state": written})
            for name in ("question", "comment")
        ),
        slack.payload(
            "message_action", callback_id="ask_about", channel={"id": "C1"}, message=answer.shape()
        ),
        {"command": "/ask", "text": WORD, "user_id": "U1", "channel_id": "C1", "team_id": "T1"},
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
    return dice.choice([None, "", 0, -1.5, True, [], {}, [None], {"id": None}, "x" * 300, "☃"])


async def test_no_bent_payload_is_a_server_error(
    team: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    dice, known = random.Random(11), payloads(team.slack)
    with capture_logs() as logs:
        for number in range(600):
            payload = bent(known[number % len(known)], dice)
            body = urlencode({"payload": json.dumps(payload)}).encode()
            headers = team.slack.signed(body, "application/x-www-form-urlencoded")
            answer = await team.slack.raw(team.url, body, headers)
            assert answer.status in (200, 400), (payload, logs[-1])
        await team.settled()
    assert WORD not in str(logs) + caplog.text
    assert {entry["event"] for entry in logs} >= {"an event of an unknown shape was left out"}
