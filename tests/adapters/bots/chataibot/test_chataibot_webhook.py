"""The webhook: who is let in, what is acknowledged, and what a person is told."""

import asyncio
import io
import json

import pytest
from structlog.testing import capture_logs

from adapters.bots.chataibot import inbox
from gateway.model import TextDelta


@pytest.fixture(autouse=True)
def known(bot, gateway):
    """The conversation of all these events."""
    gateway.known.add("conv-1")


def texts(gateway):
    return [push.events[0].text for push in gateway.pushes]


@pytest.mark.parametrize(
    "place",
    [
        {"headers": {"Authorization": "Bearer {}"}},
        {"headers": {"Authorization": "{}"}},
        {"headers": {"X-Webhook-Token": "{}"}},
        {"params": {"token": "{}"}},
        {"body": {"token": "{}"}},
    ],
    ids=["bearer", "bare", "header", "query", "body"],
)
async def test_the_secret_may_stand_in_any_of_several_places(post, gateway, said, secret, place):
    def request(token):
        place_with = json.loads(json.dumps(place).replace("{}", token))
        body = {"events": [said()], **place_with.pop("body", {})}
        return post(body=body, **{"headers": {}, **place_with})

    for wrong in ("", f"{secret}x", secret[:-1], "café"):
        if wrong.isascii() or "headers" not in place:
            assert await request(wrong) == (401, {"error": "bad_token"})
    assert gateway.tried == []
    assert await request(secret) == (200, {"ok": True, "token": secret})
    assert texts(gateway) == ["Hi!"]


async def test_without_the_secret_nothing_else_is_said(post):
    assert await post(data=b"{", headers={}) == (401, {"error": "bad_token"})


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'"\xff"', b"[" * 100_000])
async def test_what_is_no_json_is_refused(post, raw):
    assert await post(data=raw) == (400, {"error": "bad_json"})


async def test_a_body_beyond_the_limit_is_refused(post):
    assert await post(data=io.BytesIO(b" " * (1024 * 1024 + 1))) == (413, {"error": "too_large"})


@pytest.mark.parametrize(
    "body",
    [{}, [], 7, None, "x", {"events": []}, {"events": [7, None, {"event": 3}]}, {"event": {}}],
)
async def test_a_handshake_and_the_odd_are_acknowledged(post, gateway, secret, body):
    raw = json.dumps(body).encode()
    assert await post(data=raw) == (200, {"ok": True, "token": secret})
    assert gateway.tried == []


@pytest.mark.parametrize(
    "wrap",
    [
        lambda event: {"events": [event]},
        lambda event: {"events": [event["event"]]},
        lambda event: event,
        lambda event: event["event"],
        lambda event: [event],
        lambda event: {"type": "message", **event["event"]["payload"]},
    ],
    ids=["events", "bare events", "event", "bare", "list", "flat"],
)
async def test_an_event_may_be_wrapped_in_several_ways(post, gateway, said, wrap):
    assert (await post(body=wrap(said())))[0] == 200
    (push,) = gateway.pushes
    assert (push.alias, push.name, push.events) == ("conv-1", "m-1", (TextDelta("Hi!"),))


@pytest.mark.parametrize("sender", ["BOT", "AGENT", "bot"])
async def test_bots_and_agents_are_relayed(post, gateway, said, sender):
    await post(said(sender=sender))
    assert texts(gateway) == ["Hi!"]


async def test_what_the_person_wrote_does_not_come_back(post, gateway, said):
    await post(said("mine", "VISITOR"), said("theirs", number=2))
    assert texts(gateway) == ["theirs"]


async def test_events_are_told_in_the_order_of_their_times(post, gateway, said):
    untimed = said("third", number=9)
    del untimed["event"]["payload"]["message"]["created_at"]
    await post(said("second", number=2), untimed, said("first", number=1))
    assert texts(gateway) == ["first", "second", "third"]


@pytest.mark.parametrize(
    "times",
    [
        (1.5, 2.5),
        (1_740_000_000_000, 1_740_000_001_000),
        ("2025-01-01T00:00:00+07:00", "2024-12-31 18:00:00"),
        ("2025-01-01T00:00:00.5Z", 1_740_000_001_000),
    ],
)
async def test_times_may_be_written_in_several_ways(post, gateway, said, times):
    events = [said("earlier", number=1), said("later", number=2)]
    for event, time in zip(events, times, strict=True):
        event["event"]["payload"]["message"]["created_at"] = time
    await post(*reversed(events))
    assert texts(gateway) == ["earlier", "later"]


async def test_the_same_message_is_the_same_push(post, gateway, said):
    await post(said(), said())
    await post(said())
    assert len(gateway.pushes) == 1
    assert gateway.repeats == ["m-1", "m-1"]


async def test_a_message_without_an_id_is_known_by_what_it_is(post, gateway, said):
    event, other = said(), said(number=2)
    for each in (event, other):
        del each["event"]["payload"]["message"]["id"]
    await post(event, other)
    await post(event)
    assert len(gateway.pushes) == 2
    assert len(gateway.repeats) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"conversation": {"id": "conv-1"}},
        {"conversation_id": "conv-1"},
        {"conversation_key": "conv-1"},
        {"external_key": "conv-1"},
        {"conversation_id": "another", "external_key": "conv-1"},
        {"contact": {"visitor_key": "conv-1_4711"}},
    ],
)
async def test_the_conversation_may_be_named_in_several_ways(post, gateway, said, payload):
    event = said()
    del event["event"]["payload"]["conversation"]
    event["event"]["payload"].update(payload)
    await post(event)
    assert [push.alias for push in gateway.pushes] == ["conv-1"]


async def test_fields_may_stand_elsewhere(make_bot, post, gateway):
    fields = {
        "conversation": ["payload.chat"],
        "body": ["payload.words"],
        "message": ["payload"],
        "sender": ["payload.who"],
        "message_id": ["payload.number"],
    }
    await make_bot(fields=fields)
    payload = {"chat": "conv-1", "words": "Hi!", "who": "BOT", "number": 7}
    await post({"type": "x", "payload": payload})
    (push,) = gateway.pushes
    assert (push.name, push.events) == ("7", (TextDelta("Hi!"),))


async def test_unknown_kinds_are_acknowledged_and_counted(post, gateway):
    label = {"type": "label_create", "payload": {"conversation": {"id": "conv-1"}}}
    delivered = {"type": "message_status", "payload": {"status": "closed", "message": {"id": "1"}}}
    assert (await post(label, delivered))[0] == 200
    assert gateway.unknown_events == ["label_create", "message_status of unnamed"]
    assert gateway.tried == []


async def test_a_sender_that_is_unknown_is_not_relayed(post, gateway, said):
    assert (await post(said("whose?", "SOMEBODY")))[0] == 200
    assert gateway.tried == []
    assert gateway.unknown_events == ["message_create of SOMEBODY"]


async def test_a_message_without_anything_to_see_is_of_an_unknown_kind(post, gateway, said):
    assert (await post(said("", type="form")))[0] == 200
    assert gateway.tried == []
    assert gateway.unknown_events == ["message_create of BOT"]


async def test_a_store_that_is_away_has_it_sent_again(post, gateway, said):
    gateway.unavailable = True
    assert await post(said()) == (503, {"error": "unavailable"})
    gateway.unavailable = False
    assert (await post(said()))[0] == 200
    assert texts(gateway) == ["Hi!"]


async def test_a_conversation_nobody_knows_is_acknowledged_in_the_end(
    post, gateway, said, monkeypatch
):
    monkeypatch.setattr(inbox, "WAIT", 0.3)
    gateway.known.clear()
    with capture_logs() as logs:
        assert (await post(said("my private words")))[0] == 200
    assert len(gateway.tried) > 1
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("chataibot.conversation_unknown", "warning")
    ]
    assert "private" not in str(logs)


async def test_a_conversation_may_become_known(post, gateway, said):
    gateway.known.clear()
    first = asyncio.create_task(post(said("first")))
    await gateway.until(lambda: gateway.tried)
    # One that comes later and would find the conversation at once still waits behind it.
    second = asyncio.create_task(post(said("second", number=2)))
    gateway.known.add("conv-1")
    assert [status for status, _ in await asyncio.gather(first, second)] == [200, 200]
    assert texts(gateway) == ["first", "second"]


async def test_too_many_that_wait_are_sent_again(post, gateway, said, monkeypatch):
    monkeypatch.setattr(inbox, "_MOST_WAITING", 0)
    gateway.known.clear()
    assert (await post(said()))[0] == 503


async def test_too_many_at_once_are_sent_again(post, said, monkeypatch):
    monkeypatch.setattr(inbox, "_MOST_AT_ONCE", 0)
    assert (await post(said()))[0] == 503


async def test_no_word_of_anyone_is_logged(post, said, secret, gateway):
    with capture_logs() as logs:
        await post(said("my private words", buttons=[{"label": "private"}]))
        await post(said(sender="my private words", number=2))
    assert "private" not in str(logs) + str(gateway.unknown_events)
    assert secret not in str(logs)


@pytest.mark.parametrize(
    ("word", "sender", "shown"),
    [
        ("agent.typing_on", "AGENT", [("conv-1", True)]),
        ("TYPING", "", [("conv-1", True)]),
        ("conversation.typing.stopped", "AGENT", [("conv-1", False)]),
        ("typing_on", "VISITOR", []),
    ],
)
async def test_that_an_agent_writes_is_shown(post, gateway, word, sender, shown):
    payload = {"conversation": {"id": "conv-1"}, "from": {"type": sender}}
    event = {"type": word, "payload": payload}
    assert (await post(body={"events": [event]}))[0] == 200
    assert gateway.writing[: len(shown)] == shown
    assert bool(gateway.writing) == bool(shown)
    assert gateway.pushes == []
