"""Slack when something fails: a limited Slack, a stopped store, a killed gateway, Socket Mode."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.servers import (
    Process,
    end_embedded,
    eventually,
    free_port,
    loaded,
    running,
    web_config,
)
from support.slack import Slack
from support.slack.wiring import People, with_slack
from support.stores import Store, store
from support.visitors import counted

from gateway.ports import CannotStart
from gateway.texts import Texts

BROKE_OFF = Texts().get("en", "failed.interrupted")


async def test_a_limited_slack_loses_nothing(people: People, standin: Slack) -> None:
    standin.fail("chat.appendStream", "429:1")
    standin.fail("chat.stopStream", "500", "cut after")
    thread = await people.mention("count slowly to 6")
    await eventually(lambda: standin.said("C1", thread).strip() == counted(6))
    assert len(standin.thread("C1", thread)) == 1
    assert [call.fault for call in standin.called("chat.stopStream")][:2] == ["500", "cut after"]


async def test_a_slack_without_streams(people: People, standin: Slack) -> None:
    standin.forbidden |= {"chat.startStream", "agents.sessions.setStatus"}
    thread = await people.mention("count to 9")
    await eventually(lambda: standin.said("C1", thread).strip() == counted(9))
    (message,) = standin.thread("C1", thread)
    assert not message.streamed


async def test_a_send_of_unknown_outcome_is_looked_for(people: People, standin: Slack) -> None:
    standin.fail("chat.postMessage", "cut after")
    standin.fail("conversations.replies", "500", "429:1", "cut before")
    thread = await people.mention("count to 3")
    await eventually(lambda: len(standin.called("conversations.replies")) == 4)
    assert await people.answer("C1", thread) == counted(3)
    await people.write("count to 2", channel="C1", thread_ts=thread)
    assert await people.answer("C1", thread, 2) == counted(2)
    assert len(standin.thread("C1", thread)) == 2


@pytest.fixture
def server(folder: Path) -> Iterator[Store]:
    with store(folder / "store") as server:
        yield server


async def test_what_a_stopped_store_cannot_keep_slack_sends_again(
    server: Store, sandbox: str, folder: Path, standin: Slack
) -> None:
    config = with_slack(web_config(sandbox, server.url), standin)
    async with running(loaded(folder, config)) as service:
        people = People(standin, service.url)
        event = standin.mention(text="count to 3")
        server.stop()
        assert (await people.try_to(event, event_id="Ev1")).status == 503
        server.start()

        async def taken() -> bool:
            answer = await people.try_to(event, event_id="Ev1", retry=1)
            return answer.status == 200

        await eventually(taken, 15)
        assert await people.answer("C1", event["ts"]) == "1 2 3"
        assert len(standin.thread("C1", event["ts"])) == 1


@pytest.fixture
async def process(sandbox: str, folder: Path, standin: Slack) -> AsyncIterator[Process]:
    process = Process(folder, with_slack(web_config(sandbox), standin), free_port())
    await process.start()
    yield process
    if process.alive:
        await asyncio.to_thread(process.terminate)
    end_embedded(folder / "data")


async def test_a_gateway_killed_in_the_middle(process: Process, standin: Slack) -> None:
    people = People(standin, process.url)
    thread = await people.mention("count slowly to 9")
    await eventually(lambda: standin.said("C1", thread).strip())
    process.kill()
    shown = standin.said("C1", thread).strip()
    await process.start()
    await eventually(lambda: _has_ended(standin, thread), 15)
    (message,) = standin.thread("C1", thread)
    assert message.text.startswith(shown)
    assert message.text.strip() == counted(9) or BROKE_OFF in str(message.blocks)
    assert "xoxb-" not in process.log


def _has_ended(standin: Slack, thread: str) -> bool:
    said = standin.thread("C1", thread)
    over = any(m.text.strip() == counted(9) or BROKE_OFF in str(m.blocks) for m in said)
    return over and not any(m.streaming for m in said)


async def test_socket_mode(server: Store, sandbox: str, folder: Path, standin: Slack) -> None:
    keys = {"app_token": "xapp-test", "signing_secret": ""}
    config = with_slack(web_config(sandbox, server.url), standin, **keys)
    async with running(loaded(folder, config)) as service:
        people, links = People(standin, service.url), standin.links
        await eventually(lambda: len(links.open) == 2)
        event = standin.mention(text="count to 3")
        server.stop()
        with pytest.raises(TimeoutError):
            await links.event(event, seconds=1)
        server.start()
        for retry in (1, 2):
            await links.event(event, retry=retry, reason="timeout")
        assert await people.answer("C1", event["ts"]) == counted(3)
        assert len(standin.thread("C1", event["ts"])) == 1
    await eventually(lambda: not links.open)


async def test_an_app_token_that_slack_refuses(
    sandbox: str, redis_url: str, folder: Path, standin: Slack
) -> None:
    keys = {"app_token": "xapp-wrong", "signing_secret": ""}
    config = with_slack(web_config(sandbox, redis_url), standin, **keys)
    with pytest.raises(CannotStart, match=r"channel slack: Slack refuses app_token"):
        async with running(loaded(folder, config)):
            pass
