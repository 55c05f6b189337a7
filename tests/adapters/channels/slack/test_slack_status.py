"""What people see while nothing is there to read yet."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from support.outgoing import Given
from support.slack import Slack, slack

from adapters.channels.slack import status
from adapters.channels.slack.api import Api
from adapters.channels.slack.messages import Place
from adapters.channels.slack.pacing import Pace
from adapters.channels.slack.status import LINE, SESSION, Status
from adapters.channels.slack.workspace import Workspace


class Stage:
    def __init__(self, stand_in: Slack, http: aiohttp.ClientSession) -> None:
        self.slack = stand_in
        caller = Api(http, stand_in.api_url, "xoxb-test")
        self.given = Given(http)
        self.workspace = Workspace(caller, Pace(self.given.allow, "T1"), "UBOT", "BBOT")
        self.root = stand_in.message(channel="C1", text="?")["ts"]

    def status(self, *, agent: bool = True, thread: str | None = None) -> Status:
        place = Place("C1", self.root if thread is None else thread, "U1", "T1", self.root)
        return Status(self.workspace, place, "is thinking…", agent=agent)

    async def until(self, ready: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not ready():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    @property
    def session(self) -> str:
        return str(self.slack.sessions.get(("C1", self.root), {}).get("status", ""))

    @property
    def line(self) -> str:
        return self.slack.statuses.get(("C1", self.root), "")


@pytest.fixture
async def stage(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(status, "BEGIN_SECONDS", 0.01)
    monkeypatch.setattr(status, "LINE_SECONDS", 0.01)
    async with slack() as standin:
        yield Stage(standin, http)
        assert standin.complaints == []


async def test_a_session_is_at_work_until_it_ends(stage: Stage) -> None:
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.session == "processing")
    await shown.end()
    assert stage.session == "active"


@pytest.mark.parametrize("code", ["feature_disabled", "not_agent_app", "unknown_method"])
async def test_without_sessions_there_is_a_line(stage: Stage, code: str) -> None:
    stage.slack.broken[SESSION] = code
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.line == "is thinking…")
    shown.say("Looking\nit up")
    await stage.until(lambda: stage.line == "Looking it up")
    await shown.end()
    assert stage.line == ""
    again = stage.status()
    again.begin()
    await stage.until(lambda: stage.line)
    await again.end()
    assert len(stage.slack.called(SESSION)) == 1


async def test_without_either_there_is_nothing(stage: Stage) -> None:
    stage.slack.broken.update({SESSION: "unknown_method", LINE: "missing_scope"})
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.slack.called(LINE))
    await shown.end(settled=True)
    again = stage.status()
    again.begin()
    await asyncio.sleep(0.05)
    await again.end()
    assert len(stage.slack.calls) == 2


async def test_what_is_answered_at_once_needs_none(stage: Stage) -> None:
    shown = stage.status()
    shown.begin()
    await shown.end()
    assert stage.slack.calls == []


async def test_a_call_under_way_does_not_overtake_the_end(stage: Stage) -> None:
    stage.slack.fail(SESSION, "slow:0.1")
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.slack.calls)
    await shown.end()
    assert stage.session == "active"


async def test_it_is_said_again_before_slack_takes_it_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "REFRESH_SECONDS", 0.02)
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: len(stage.slack.called(SESSION)) > 2)
    await shown.end()
    assert stage.session == "active"


async def test_what_slack_has_ended_itself_is_left_alone(stage: Stage) -> None:
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.session)
    await shown.end(settled=True)
    assert len(stage.slack.calls) == 1


@pytest.mark.parametrize("fault", ["500", "cut before", "429:5", "channel_not_found"])
async def test_what_fails_is_nobodys_concern(
    stage: Stage, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "CLEAR_PAUSE", 0.0)
    monkeypatch.setattr(status, "CLEAR_SECONDS", 0.0)
    stage.slack.broken[SESSION] = fault
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.slack.calls)
    await shown.end()
    assert {call.method for call in stage.slack.calls} == {SESSION}


@pytest.mark.parametrize("fault", ["500", "cut before", "429:1"])
async def test_it_is_taken_away_for_certain(
    stage: Stage, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "CLEAR_PAUSE", 0.0)
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.session == "processing")
    stage.slack.fail(SESSION, fault)
    await shown.end()
    assert stage.session == "active"


async def test_a_plain_bot_and_a_place_without_thread_have_none(stage: Stage) -> None:
    for shown in (stage.status(agent=False), stage.status(thread="")):
        shown.begin()
        await asyncio.sleep(0.01)
        await shown.end()
    assert stage.slack.calls == []


async def test_what_is_shown_can_be_taken_away_when_all_calls_are_used_up(stage: Stage) -> None:
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: stage.session == "processing")
    stage.given.waits[SESSION] = [30.0]
    await shown.end()
    assert stage.session == "active"


async def test_what_could_not_be_taken_away_is_not_shown(stage: Stage) -> None:
    stage.given.waits[SESSION], stage.given.waits[LINE] = [0.0, 30.0], [30.0]
    shown = stage.status()
    shown.begin()
    await stage.until(lambda: len(stage.given.asked) == 2 or stage.given.waits[SESSION] == [])
    await shown.end()
    assert stage.slack.calls == []
