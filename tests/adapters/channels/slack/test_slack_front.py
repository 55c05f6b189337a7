"""The address that Slack posts to: what is let through, and what is answered."""

import gzip
import io
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

WORD = "swordfish"


def event_of(team: Any, **more: Any) -> bytes:
    said = team.slack.message(text=WORD)
    return json.dumps(team.slack.envelope(said, **more)).encode()


async def test_a_signed_event_is_taken(team: Any) -> None:
    body = event_of(team)
    answer = await team.slack.raw(team.url, body, team.slack.signed(body))
    assert (answer.status, answer.body) == (200, "")
    assert [inbound.text for inbound in team.desk.admitted] == [WORD]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=ünicode"},
        {"X-Slack-Signature": "v1=" + "0" * 64},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "٣" * 10},
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Request-Timestamp": str(int(time.time()) - 60)},
    ],
    ids=range(10),
)
async def test_what_is_not_signed_is_refused(team: Any, headers: dict[str, str]) -> None:
    body = event_of(team)
    with capture_logs() as logs:
        answer = await team.slack.raw(team.url, body, team.slack.signed(body) | headers)
    assert answer.status == 401
    assert not team.desk.admitted
    assert [entry["status"] for entry in logs] == [401]
    assert WORD not in str(logs)


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_an_old_or_future_request_is_refused(team: Any, seconds: int) -> None:
    body = event_of(team)
    headers = team.slack.signed(body, at=time.time() + seconds)
    assert (await team.slack.raw(team.url, body, headers)).status == 401


async def test_the_very_bytes_are_signed(team: Any) -> None:
    body = event_of(team)
    assert (await team.slack.raw(team.url, body + b" ", team.slack.signed(body))).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"event": "\xff"}',
        b"[" * 200_000,
        b'{"type": "event_callback", "event": []}',
        b'{"type": "event_callback", "event": {"type": 1}}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "block_actions", "actions": [{}]}',
        b'{"type": "view_submission", "view": 1}',
        b'{"type": ["event_callback"]}',
        b'{"type": "event_callback", "event": {"type": "x"}, "authorizations": [1]}',
    ],
    ids=lambda body: repr(body[:60]),
)
async def test_what_cannot_be_understood_is_said_so(team: Any, body: bytes) -> None:
    answer = await team.slack.raw(team.url, body, team.slack.signed(body))
    assert answer.status == 400


@pytest.mark.parametrize("body", [b"payload=", b"payload=%7B", b"payload=[]", b"payload=%FF"])
async def test_a_form_that_cannot_be_understood_is_said_so(team: Any, body: bytes) -> None:
    headers = team.slack.signed(body, "application/x-www-form-urlencoded")
    assert (await team.slack.raw(team.url, body, headers)).status == 400


async def test_what_is_too_large_is_refused_before_it_is_read(team: Any) -> None:
    body = b"a" * (1024 * 1024 + 1)
    answer = await team.slack.raw(team.url, io.BytesIO(body), team.slack.signed(body))
    assert answer.status == 413


async def test_what_unfolds_to_too_much_is_refused(team: Any) -> None:
    body = gzip.compress(b"a" * (8 * 1024 * 1024))
    headers = team.slack.signed(body) | {"Content-Encoding": "gzip"}
    assert (await team.slack.raw(team.url, body, headers)).status == 413


async def test_what_is_not_what_it_says_it_is_encoded_as_is_refused(team: Any) -> None:
    body = b"not gzip at all"
    headers = team.slack.signed(body) | {"Content-Encoding": "gzip"}
    assert (await team.slack.raw(team.url, body, headers)).status == 400


async def test_slack_learns_that_the_address_is_ours(team: Any) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    answer = await team.slack.raw(team.url, body, team.slack.signed(body))
    assert (answer.status, answer.body) == (200, "3eZbrw1a")
    assert (await team.slack.raw(team.url, body, {})).status == 401


async def test_that_slack_holds_events_back_is_logged(team: Any) -> None:
    body = json.dumps({"type": "app_rate_limited", "team_id": "T1", "api_app_id": "A1"}).encode()
    with capture_logs() as logs:
        answer = await team.slack.raw(team.url, body, team.slack.signed(body))
    assert answer.status == 200
    assert [entry["log_level"] for entry in logs] == ["warning"]


@pytest.mark.parametrize("kind", ["block_suggestion", "view_closed", "dialog_submission", "", "x"])
async def test_what_is_nothing_to_us_is_acknowledged(team: Any, kind: str) -> None:
    body = json.dumps({"type": kind}).encode()
    assert (await team.slack.raw(team.url, body, team.slack.signed(body))).status == 200


async def test_slack_checks_its_connection(team: Any) -> None:
    body = urlencode({"ssl_check": "1", "token": "verification"}).encode()
    headers = team.slack.signed(body, "application/x-www-form-urlencoded")
    assert (await team.slack.raw(team.url, body, headers)).status == 200


async def test_while_the_store_is_away_slack_is_to_send_it_again(team: Any) -> None:
    said = team.slack.message(text="hello")
    team.desk.down = True
    answer = await team.slack.event(team.url, said)
    assert answer.status == 503
    assert "X-Slack-No-Retry" not in answer.headers
    team.desk.down = False
    assert (await team.slack.event(team.url, said, retry=1)).status == 200
    assert len(team.desk.admitted) == 1


async def test_while_slack_does_not_say_who_we_are_it_is_to_send_it_again(team: Any) -> None:
    team.slack.fail("auth.test", "500")
    said = team.slack.message(text="hello")
    assert (await team.slack.event(team.url, said)).status == 503
    assert (await team.slack.event(team.url, said, retry=1)).status == 200
    assert len(team.desk.admitted) == 1
