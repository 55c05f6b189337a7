"""How often a workspace is called."""

import aiohttp
import pytest
from support.outgoing import Given

from adapters.channels.slack.api import Limited
from adapters.channels.slack.pacing import PER_MINUTE, Pace


async def test_every_method_has_a_budget_of_its_own(http: aiohttp.ClientSession) -> None:
    given = Given(http)
    pace = Pace(given.allow, "T1")
    await pace.wait("chat.startStream", "C1")
    await pace.wait("chat.startStream", "C2")
    assert given.asked == {"slack:T1:chat.startStream": 2}
    assert PER_MINUTE["chat.startStream"] < 20


async def test_messages_are_counted_for_each_channel(http: aiohttp.ClientSession) -> None:
    given = Given(http)
    for channel in ("C1", "C2"):
        await Pace(given.allow, "T1").wait("chat.postMessage", channel)
    assert set(given.asked) == {"slack:T1:chat.postMessage:C1", "slack:T1:chat.postMessage:C2"}


async def test_what_would_last_longer_than_patience_is_told_at_once(
    http: aiohttp.ClientSession,
) -> None:
    given = Given(http)
    given.waits["chat.update"] = [30.0]
    with pytest.raises(Limited) as limited:
        await Pace(given.allow, "T1").wait("chat.update", "C1", patience=5)
    assert limited.value.retry_after == 30


async def test_the_patient_wait_until_it_is_their_turn(http: aiohttp.ClientSession) -> None:
    given = Given(http)
    given.waits["chat.update"] = [0.01, 0.01]
    await Pace(given.allow, "T1").wait("chat.update", "C1", patience=5)
    assert given.asked["slack:T1:chat.update"] == 3


async def test_what_slack_wants_silence_for_is_not_even_counted(
    http: aiohttp.ClientSession,
) -> None:
    given = Given(http)
    pace = Pace(given.allow, "T1")
    pace.silence("chat.update", 20)
    pace.silence("chat.update", 10)
    with pytest.raises(Limited) as limited:
        await pace.wait("chat.update", "C1", patience=15)
    assert limited.value.retry_after == 20
    await pace.wait("chat.appendStream", "C1")
    assert set(given.asked) == {"slack:T1:chat.appendStream"}
