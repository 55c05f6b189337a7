"""Tokens at rest, and tokens that run out."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from support.kept import Kept, memory
from support.servers import eventually
from support.slack import Slack, slack
from support.slack.state import CLIENT_ID, CLIENT_SECRET

from adapters.channels.slack import tokens
from adapters.channels.slack.api import Unreached
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.tokens import Rotation, Sealer, Shelf
from gateway.ports import StoreUnavailable

HOUR = 3600


class Door:
    name = "team"


DOOR = Door()


class Replica:
    """One process that speaks in the workspaces."""

    def __init__(self, kept: Kept, api_url: str) -> None:
        self.kept = kept
        self.shelf = Shelf(DOOR, kept)
        grants = Grants(kept.http, api_url, CLIENT_ID, CLIENT_SECRET)
        self.rotation = Rotation(DOOR, kept, self.shelf, grants)

    async def fresh(self) -> Installation:
        found = await self.shelf.read("T1")
        assert found
        return await self.rotation.fresh(found)


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        standin.refreshes["xoxe-1-first"] = "T1"
        yield standin


@pytest.fixture
async def replicas(
    redis_url: str, standin: Slack, http: aiohttp.ClientSession
) -> AsyncIterator[list[Replica]]:
    async with memory(redis_url) as kept:
        yield [Replica(Kept(kept, http), standin.api_url) for _ in range(3)]


def installation(lives: float) -> Installation:
    return Installation(
        "T1", "", "UBOT", "BBOT", "A1", "xoxe.xoxb-old", "xoxe-1-first", time.time() + lives
    )


def test_what_is_sealed_opens_with_any_key_and_only_with_one() -> None:
    old, new = b"o" * 32, b"n" * 32
    sealed = Sealer("p", [old]).seal(b"secret")
    assert b"secret" not in sealed
    assert Sealer("p", [new, old]).open(sealed) == b"secret"
    assert Sealer("p", [new]).open(sealed) is None
    assert Sealer("other", [old]).open(sealed) is None
    assert Sealer("p", [new]).open(Sealer("p", [new, old]).seal(b"s")) == b"s"


def test_no_byte_of_it_may_change() -> None:
    sealer = Sealer("p", [b"k" * 32])
    sealed = sealer.seal(b"secret")
    for n in range(len(sealed)):
        assert sealer.open(sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :]) is None


def test_an_installation_does_not_show_its_secrets() -> None:
    shown = repr(installation(0)) + str(installation(0))
    assert "T1" in shown
    assert "xox" not in shown


async def test_the_store_holds_no_token(replicas: list[Replica]) -> None:
    kept = replicas[0].kept
    await replicas[0].shelf.write(installation(HOUR))
    stored = await kept.recall(DOOR, "install:T1")
    assert stored
    assert b"xox" not in stored
    assert await replicas[1].shelf.read("T1") == await replicas[0].shelf.read("T1")


async def test_a_record_of_another_workspace_or_another_key_is_not_used(
    replicas: list[Replica],
) -> None:
    kept = replicas[0].kept
    await replicas[0].shelf.write(installation(HOUR))
    stored = await kept.recall(DOOR, "install:T1")
    assert stored
    await kept.remember(DOOR, "install:T2", stored, 0)
    assert await replicas[0].shelf.read("T2") is None
    kept.keys = [b"x" * 32]
    assert await Shelf(DOOR, kept).read("T1") is None


async def test_a_token_with_time_left_is_left(replicas: list[Replica], standin: Slack) -> None:
    await replicas[0].shelf.write(installation(3 * HOUR))
    assert (await replicas[0].fresh()).token == "xoxe.xoxb-old"
    lasting = msgspec.structs.replace(installation(0), refresh="", expires_at=0.0)
    assert await replicas[0].rotation.fresh(lasting) is lasting
    assert standin.calls == []


async def test_a_token_is_renewed_once_however_many_want_it(
    replicas: list[Replica], standin: Slack
) -> None:
    standin.fail("oauth.v2.access", "slow:0.3")
    await replicas[0].shelf.write(installation(HOUR))
    found = await asyncio.gather(*(replica.fresh() for replica in replicas for _ in range(5)))
    assert len(standin.called("oauth.v2.access")) == 1
    assert {each.token for each in found} == {found[0].token}
    assert standin.tokens[found[0].token] == "T1"
    assert found[0].expires_at > time.time() + 11 * HOUR
    assert (found[0].bot_user, found[0].bot_id) == ("UBOT", "BBOT")
    assert await replicas[2].shelf.read("T1") == found[0]


async def test_a_renewal_goes_on_when_its_asker_is_gone(
    replicas: list[Replica], standin: Slack
) -> None:
    standin.fail("oauth.v2.access", "slow:0.2")
    await replicas[0].shelf.write(installation(HOUR))
    asker = asyncio.create_task(replicas[0].fresh())
    await eventually(lambda: standin.calls)
    asker.cancel()
    await replicas[0].rotation.stop()
    found = await replicas[1].shelf.read("T1")
    assert found
    assert standin.tokens[found.token] == "T1"


@pytest.mark.parametrize("fault", ["500", "cut before", "429:1", "invalid_refresh_token"])
async def test_a_token_that_lives_is_kept_when_it_cannot_be_renewed(
    replicas: list[Replica], standin: Slack, fault: str
) -> None:
    standin.fail("oauth.v2.access", fault)
    await replicas[0].shelf.write(installation(HOUR))
    assert (await replicas[0].fresh()).token == "xoxe.xoxb-old"
    # It is not tried again with every message.
    assert (await replicas[0].fresh()).token == "xoxe.xoxb-old"
    assert len(standin.called("oauth.v2.access")) == 1


async def test_a_token_that_has_run_out_is_not_used(
    replicas: list[Replica], standin: Slack
) -> None:
    standin.fail("oauth.v2.access", "500")
    await replicas[0].shelf.write(installation(-1))
    with pytest.raises(Unreached):
        await replicas[0].fresh()
    assert (await replicas[0].fresh()).token in standin.tokens


async def test_who_waits_for_another_replica_in_vain_goes_on_with_the_old_token(
    replicas: list[Replica], standin: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(tokens, "POLL_SECONDS", 0.01)
    await replicas[0].shelf.write(installation(HOUR))
    await replicas[0].kept.claim(DOOR, "rotating:T1", b"1", 30)
    assert (await replicas[1].fresh()).token == "xoxe.xoxb-old"
    assert standin.calls == []


async def test_what_another_has_just_renewed_is_not_renewed_again(
    replicas: list[Replica], standin: Slack
) -> None:
    await replicas[0].shelf.write(installation(HOUR))
    read_before = await replicas[1].shelf.read("T1")
    assert read_before
    renewed = await replicas[0].fresh()
    assert await replicas[1].rotation.fresh(read_before) == renewed
    assert len(standin.called("oauth.v2.access")) == 1


async def test_a_new_token_outlives_a_store_that_is_away(
    replicas: list[Replica], standin: Slack
) -> None:
    standin.fail("oauth.v2.access", "slow:0.2")
    replica = replicas[0]
    await replica.shelf.write(installation(HOUR))
    asking = asyncio.create_task(replica.fresh())
    await eventually(lambda: standin.calls)
    replica.kept.away = True
    with pytest.raises(StoreUnavailable):
        await asking
    replica.kept.away = False
    await replica.kept.drop(DOOR, "rotating:T1")
    renewed = await replica.fresh()
    assert standin.tokens[renewed.token] == "T1"
    assert len(standin.called("oauth.v2.access")) == 1
    assert await replicas[1].shelf.read("T1") == renewed
