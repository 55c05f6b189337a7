"""Socket Mode: connections that stay, envelopes that are acknowledged when they are safe."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from support.servers import eventually, free_port
from support.slack import Slack, slack

from adapters.channels.slack import link, sockets
from adapters.channels.slack.sockets import Sockets
from gateway.ports import CannotStart


async def authorize() -> AuthorizeResult:
    """Bolt calls this for every event; a method it could not call."""
    return AuthorizeResult(
        enterprise_id="", team_id="T1", bot_token="xoxb-test", bot_user_id="UBOT"
    )


class Taker:
    """A Bolt app that notes what it is given."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.retries: list[str] = []
        self.store_is_down = False
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.app = AsyncApp(authorize=authorize, process_before_response=True)
        self.app.event("message")(self._message)
        self.app.event(re.compile(".*"))(self._other)
        self.app.command("/ask")(self._command)

    async def _message(self, event: dict[str, Any], request: Any) -> None:
        self.texts.append(event["text"])
        self.retries.append(request.headers.get("x-slack-retry-num", [""])[0])
        await self.go_on.wait()
        if self.store_is_down:
            raise RuntimeError("down")

    async def _other(self) -> None:
        """Acknowledge what nobody asked for."""

    async def _command(self, ack: Any) -> None:
        await ack("heard")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(link, "CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(sockets, "FIRST_PAUSE", 0.02)


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


@pytest.fixture
def taker() -> Taker:
    return Taker()


def made(taker: Taker, url: str, http: aiohttp.ClientSession, token: str = "xapp-test") -> Sockets:
    return Sockets(taker.app, token, url, http, "slack")


@pytest.fixture
async def up(standin: Slack, taker: Taker, http: aiohttp.ClientSession) -> AsyncIterator[Sockets]:
    up = made(taker, standin.api_url, http)
    await up.start()
    await eventually(lambda: up.connected == 2)
    yield up
    await up.stop()


async def test_uses_both_connections(up: Sockets, standin: Slack, taker: Taker) -> None:
    for link_ in standin.links.open:
        await standin.links.event(standin.message(text="hi"), link=link_)
    assert taker.texts == ["hi", "hi"]
    assert [link_.sent for link_ in standin.links.open] == [1, 1]
    assert len(standin.links.acks) == 2
    assert len(standin.called("apps.connections.open")) == 2


async def test_answers_with_what_bolt_says(up: Sockets, standin: Slack) -> None:
    payload = {"command": "/ask", "text": "x", "team_id": "T1", "user_id": "U1"}
    ack = await standin.links.send("slash_commands", payload, accepts=True)
    assert ack["payload"] == {"text": "heard"}


async def test_acknowledges_only_what_was_taken(up: Sockets, standin: Slack, taker: Taker) -> None:
    event = standin.message(text="hi")
    taker.store_is_down = True
    with pytest.raises(TimeoutError):
        await standin.links.event(event, seconds=0.2)
    taker.store_is_down = False
    await standin.links.event(event, retry=1, reason="timeout")
    assert taker.retries == ["0", "1"]


async def test_a_refresh_leaves_no_gap(up: Sockets, standin: Slack, taker: Taker) -> None:
    old = list(standin.links.open)
    for link_ in old:
        await standin.links.disconnect(link_)
    # Slack may still send over a connection that it wants to be replaced.
    await standin.links.event(standin.message(text="late"), link=old[0])
    await eventually(lambda: up.connected == 2)
    new = [link_ for link_ in standin.links.open if link_ not in old]
    await standin.links.event(standin.message(text="new"), link=new[0])
    assert taker.texts == ["late", "new"]


async def test_a_left_connection_is_closed_at_last(
    up: Sockets, standin: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LEAVE_SECONDS", 0.05)
    old = standin.links.open[0]
    await standin.links.disconnect(old, "warning")
    await eventually(lambda: old not in standin.links.open and up.connected == 2)


async def test_too_many_connections_closes_before_it_opens(up: Sockets, standin: Slack) -> None:
    old = standin.links.open[0]
    await standin.links.disconnect(old, "too_many_websockets")
    await eventually(lambda: old not in standin.links.open)
    await eventually(lambda: up.connected == 2)


async def test_connects_anew_after_a_broken_connection(
    up: Sockets, standin: Slack, taker: Taker
) -> None:
    for link_ in list(standin.links.open):
        link_.abort()
    await eventually(lambda: standin.links.made == 4 and up.connected == 2)
    await standin.links.event(standin.message(text="hi"))
    assert taker.texts == ["hi"]


async def test_connects_anew_when_there_is_silence(up: Sockets, standin: Slack) -> None:
    silent = standin.links.open[0]
    silent.silent = True
    await eventually(lambda: silent not in standin.links.open)
    await eventually(lambda: up.connected == 2)
    assert standin.links.made == 3


async def test_a_frame_that_is_no_envelope_costs_one_connection_only(
    up: Sockets, standin: Slack, taker: Taker
) -> None:
    await standin.links.open[0].socket.send_str("[1, 2")
    await standin.links.open[1].socket.send_str('{"type": "unheard_of"}')
    await eventually(lambda: standin.links.made == 3 and up.connected == 2)
    await standin.links.event(standin.message(text="hi"))
    assert taker.texts == ["hi"]


async def test_a_connection_without_a_hello_is_none(
    standin: Slack, taker: Taker, http: aiohttp.ClientSession
) -> None:
    standin.links.greetings = ["warning", "warning"]
    up = made(taker, standin.api_url, http)
    await up.start()
    await eventually(lambda: up.connected == 2)
    assert standin.links.made == 4
    await eventually(lambda: len(standin.links.open) == 2)
    await up.stop()


async def test_no_more_is_read_than_can_be_dispatched(
    standin: Slack, taker: Taker, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_DISPATCHES", 1)
    monkeypatch.setattr(link, "HEARTBEAT_SECONDS", 10)
    up = made(taker, standin.api_url, http)
    await up.start()
    await eventually(lambda: up.connected == 2)
    taker.go_on.clear()
    events = [standin.message(text=text) for text in ("one", "two")]
    sending = [asyncio.ensure_future(standin.links.event(event)) for event in events]
    await asyncio.wait(sending, timeout=0.1)
    assert len(taker.texts) == 1
    taker.go_on.set()
    await asyncio.gather(*sending)
    assert sorted(taker.texts) == ["one", "two"]
    await up.stop()


async def test_a_refused_token_is_said_at_once(
    standin: Slack, taker: Taker, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(CannotStart, match=r"refuses app_token \(invalid_auth\)") as caught:
        await made(taker, standin.api_url, http, "xapp-wrong").start()
    assert "xapp-wrong" not in str(caught.value)


@pytest.mark.parametrize("fault", ["429:0", "500", "cut before"])
async def test_starts_while_slack_is_away(
    standin: Slack, taker: Taker, http: aiohttp.ClientSession, fault: str
) -> None:
    standin.fail("apps.connections.open", fault)
    up = made(taker, standin.api_url, http)
    await up.start()
    await eventually(lambda: up.connected == 2)
    await up.stop()


async def test_starts_when_nothing_listens(taker: Taker, http: aiohttp.ClientSession) -> None:
    up = made(taker, f"http://127.0.0.1:{free_port()}/api/", http)
    await up.start()
    assert up.connected == 0
    await up.stop()


async def test_finishes_what_is_here_before_it_leaves(
    up: Sockets, standin: Slack, taker: Taker
) -> None:
    taker.go_on.clear()
    sending = asyncio.ensure_future(standin.links.event(standin.message(text="hi")))
    await eventually(lambda: taker.texts)
    stopping = asyncio.ensure_future(up.stop())
    with pytest.raises(TimeoutError):
        await standin.links.event(standin.message(text="too late"), seconds=0.1)
    assert not stopping.done()
    taker.go_on.set()
    await sending
    await stopping
    assert taker.texts == ["hi"]
    await eventually(lambda: not standin.links.open)


async def test_leaves_what_takes_too_long(
    up: Sockets, standin: Slack, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "DRAIN_SECONDS", 0.05)
    taker.go_on.clear()
    sending = asyncio.ensure_future(standin.links.event(standin.message(text="hi"), seconds=0.3))
    await eventually(lambda: taker.texts)
    await up.stop()
    with pytest.raises(TimeoutError):
        await sending
