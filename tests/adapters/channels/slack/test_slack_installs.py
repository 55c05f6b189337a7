"""Where the app is installed, and with what it speaks there."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from structlog.testing import capture_logs
from support.kept import Kept, memory
from support.servers import eventually, free_port
from support.slack import Slack, Workspace, slack
from support.slack.access import revoke_token
from support.slack.state import CLIENT_ID, CLIENT_SECRET

from adapters.channels.slack import installs
from adapters.channels.slack.api import Unreached
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installs import Installation, Installs, ManyWorkspaces, OneWorkspace
from gateway.ports import StoreUnavailable


class Door:
    name = "team"


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


@pytest.fixture
def one(standin: Slack, http: aiohttp.ClientSession) -> OneWorkspace:
    return OneWorkspace("team", "xoxb-test", standin.api_url, http)


@pytest.fixture
async def kept(redis_url: str, http: aiohttp.ClientSession) -> AsyncIterator[Kept]:
    async with memory(redis_url) as store:
        yield Kept(store, http)


@pytest.fixture
def many(kept: Kept, standin: Slack) -> ManyWorkspaces:
    grants = Grants(kept.http, standin.api_url, CLIENT_ID, CLIENT_SECRET)
    return ManyWorkspaces(Door(), kept, grants)


def installation(team: str = "T1", enterprise: str = "", token: str = "xoxb-1") -> Installation:
    return Installation(team, enterprise, "UBOT", "BBOT", "A1", token, made_at=time.time())


async def test_slack_is_asked_once_whose_token_it_is(one: OneWorkspace, standin: Slack) -> None:
    standin.fail("auth.test", "slow:0.1")
    found = await asyncio.gather(*(one.find("T1") for _ in range(20)))
    assert set(found) == {await one.find("T1")}
    assert found[0] == Installation("T1", "", "UBOT", "BBOT", "", "xoxb-test")
    assert len(standin.called("auth.test")) == 1
    assert standin.complaints == []


async def test_one_workspace_is_no_other(one: OneWorkspace) -> None:
    assert await one.find("T2") is None
    assert await one.find("T2", "E1") is None
    assert await one.find("") is None


async def test_a_workspace_of_an_organisation_is_not_all_of_it(
    one: OneWorkspace, standin: Slack
) -> None:
    standin.add(Workspace(enterprise="E1"))
    found = await one.find("T1", "E1")
    assert found
    assert (found.team, found.enterprise, found.home) == ("T1", "E1", "T1")
    assert await one.find("T2", "E1") is None


async def test_an_organisation_s_token_speaks_in_all_its_workspaces(
    one: OneWorkspace, standin: Slack
) -> None:
    standin.add(Workspace(enterprise="E1", org=True))
    found = await one.find("T7", "E1")
    assert found
    assert (found.team, found.home) == ("", "E1")
    assert await one.find("E1") is found
    assert await one.find("", "E1") is found
    assert await one.find("T7", "E2") is None


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after", "429:1", "internal_error"])
async def test_it_is_asked_again_when_slack_was_away(
    one: OneWorkspace, standin: Slack, fault: str
) -> None:
    standin.fail("auth.test", fault)
    with pytest.raises(Unreached):
        await one.find("T1")
    assert await one.find("T1")


async def test_without_a_connection_it_is_asked_again(http: aiohttp.ClientSession) -> None:
    one = OneWorkspace("team", "xoxb-test", f"http://127.0.0.1:{free_port()}/api/", http)
    with pytest.raises(Unreached):
        await one.find("T1")


async def test_a_refused_token_is_said_once_and_never_shown(
    standin: Slack, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = OneWorkspace("team", "xoxb-wrong", standin.api_url, http)
    with capture_logs() as logs:
        assert await one.find("T1") is None
        assert await one.find("T1") is None
        assert len(standin.called("auth.test")) == 1
        monkeypatch.setattr(installs, "REFUSED_SECONDS", 0.0)
        one._refused_until = 0.0
        assert await one.find("T1") is None
        assert len(standin.called("auth.test")) == 2
    assert [(line["log_level"], line["key"], line["reason"]) for line in logs] == [
        ("error", "channels.team.bot_token", "invalid_auth")
    ]
    assert "xoxb" not in str(logs)


async def test_an_asker_who_leaves_takes_nobody_along(one: OneWorkspace, standin: Slack) -> None:
    standin.fail("auth.test", "slow:0.2")
    leaver, other = asyncio.create_task(one.find("T1")), asyncio.create_task(one.find("T1"))
    await eventually(lambda: standin.calls)
    leaver.cancel()
    assert await other
    assert len(standin.calls) == 1


async def test_after_an_uninstall_slack_is_asked_again(one: OneWorkspace, standin: Slack) -> None:
    assert await one.find("T1")
    await one.uninstalled("T2")
    await one.revoked("T1", "", ["UOTHER"])
    assert await one.find("T1")
    revoke_token(standin, "xoxb-test")
    await one.revoked("T1", "", ["UBOT"])
    assert await one.find("T1") is None
    assert len(standin.called("auth.test")) == 2


async def test_every_workspace_has_its_own(many: ManyWorkspaces) -> None:
    for number in (1, 2):
        await many.add(installation(f"T{number}", token=f"xoxb-{number}"))
    assert await many.find("T2") == await many.find("T2", "E9")
    found = [await many.find(f"T{number}") for number in (1, 2, 3)]
    assert [each and each.token for each in found] == ["xoxb-1", "xoxb-2", None]
    await many.add(installation("T1", token="xoxb-new"))
    again = await many.find("T1")
    assert again
    assert again.token == "xoxb-new"


async def test_an_organisation_stands_in_for_its_workspaces(many: ManyWorkspaces) -> None:
    await many.add(installation("", "E1", "xoxb-org"))
    await many.add(installation("T2", "E1", "xoxb-own"))
    found = [await many.find(*where) for where in (("T1", "E1"), ("T2", "E1"), ("E1", ""))]
    assert [each and each.token for each in found] == ["xoxb-org", "xoxb-own", "xoxb-org"]
    assert await many.find("T1") is None


async def test_what_was_taken_out_is_forgotten(many: ManyWorkspaces) -> None:
    for each in (installation("T1", "E1"), installation("T2", "E1"), installation("", "E1", "x")):
        await many.add(each)
    await many.uninstalled("T1", "E1")
    await many.revoked("T2", "E1", ["UOTHER"])
    found = [await many.find(team, "E1") for team in ("T1", "T2")]
    assert [each and each.home for each in found] == ["E1", "T2"]
    await many.uninstalled("T3", "E1")
    await many.revoked("T2", "E1", ["UBOT"])
    assert (await many.find("T2")) is None
    assert await many.find("T3", "E1")
    await many.uninstalled("", "E1")
    assert await many.find("T3", "E1") is None


async def test_late_news_of_an_uninstall_leaves_the_new_installation(many: ManyWorkspaces) -> None:
    await many.add(installation())
    await many.uninstalled("T1", at=time.time() - 60)
    await many.revoked("T1", "", ["UBOT"], at=time.time() - 60)
    assert await many.find("T1")
    await many.uninstalled("T1", at=int(time.time()))
    assert await many.find("T1") is None


async def test_without_the_store_nothing_is_known(many: ManyWorkspaces, kept: Kept) -> None:
    kept.away = True
    for asked in (many.find("T1"), many.add(installation()), many.uninstalled("T1")):
        with pytest.raises(StoreUnavailable):
            await asked


async def test_both_are_installs(one: OneWorkspace, many: ManyWorkspaces) -> None:
    each: Installs
    for each in (one, many):
        assert await each.find("T9") is None
        await each.stop()
