"""Slack's events: how soon they are acknowledged, beside a floor that only verifies them.

``python -m benchmarks.slack_events [--quick]``; README.md says how to read the result.
"""

import itertools
import sys
import time

import msgspec

from benchmarks.slack_side import SECRET, signature
from benchmarks.webhooks import Platform, run

PEOPLE = 60
"""Of the workspace; whom the gateway does not know yet it asks Slack about."""
_numbers = itertools.count(1)


def event(**inner: str) -> bytes:
    """An event of a message, as Slack sends it; each begins a thread of its own."""
    number = next(_numbers)
    ts = f"1700000000.{number:06d}"
    said = {"type": "app_mention", "channel": "C1", "user": f"U{number % PEOPLE}", "team": "T1"}
    said |= {"text": "<@UBOT> 3 0", "ts": ts, "event_ts": ts, **inner}
    authorizations = [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}]
    envelope = {"type": "event_callback", "token": "t", "team_id": "T1", "api_app_id": "A1"}
    more = {"event_id": f"Ev{number}", "event_time": 1700000000, "authorizations": authorizations}
    return msgspec.json.encode({**envelope, **more, "event": said})


def channel(slack: str) -> dict[str, str]:
    """A Slack app whose Slack is there."""
    return {
        "kind": "slack",
        "bot_token": "xoxb-benchmark",
        "signing_secret": SECRET.decode(),
        "api_url": f"{slack}/api/",
    }


def signed(body: bytes) -> str:
    """The headers of a request with that body."""
    at = str(int(time.time()))
    return f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: {signature(at, body)}"


SLACK = Platform(
    name="slack",
    path="/slack/slack/events",
    side="benchmarks.slack_side",
    channel=channel,
    proof=signed,
    message=event,
    nothing=lambda: event(type="message", bot_id="BOTHER"),
)

if __name__ == "__main__":
    sys.exit(run(SLACK, "slack_events"))
