"""One call of Slack's Web API, and what became of it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from support.slack import Slack, slack

from adapters.channels.slack import api
from adapters.channels.slack.api import Api, Limited, Refused, Unreached, Unsure


@pytest.fixture
async def stand_in() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


def calling(stand_in: Slack, http: aiohttp.ClientSession) -> Api:
    return Api(http, stand_in.api_url, "xoxb-test")


async def test_a_call_gives_what_slack_says(stand_in: Slack, http: aiohttp.ClientSession) -> None:
    sent = await calling(stand_in, http).call(
        "chat.postMessage", channel="C1", markdown_text="**hi**", thread_ts=None
    )
    assert stand_in.messages["C1", sent["ts"]].text == "**hi**"
    assert stand_in.calls[-1].token == "xoxb-test"
    assert "thread_ts" not in stand_in.calls[-1].args


async def test_what_reads_goes_as_a_form(stand_in: Slack, http: aiohttp.ClientSession) -> None:
    caller = calling(stand_in, http)
    sent = await caller.call("chat.postMessage", channel="C1", markdown_text="a")
    found = await caller.call(
        "conversations.replies", channel="C1", ts=sent["ts"], limit=5, include_all_metadata=True
    )
    assert [message["text"] for message in found["messages"]] == ["a"]
    assert stand_in.complaints == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("is_archived", Refused),
        ("404", Refused),
        ("429:7", Limited),
        ("ratelimited", Limited),
        ("500", Unsure),
        ("fatal_error", Unsure),
        ("200", Unsure),
        ("cut before", Unsure),
        ("cut after", Unsure),
    ],
)
async def test_what_went_wrong_is_told_apart(
    stand_in: Slack, http: aiohttp.ClientSession, fault: str, error: type[Exception]
) -> None:
    stand_in.fail("chat.postMessage", fault)
    with pytest.raises(error) as raised:
        await calling(stand_in, http).call("chat.postMessage", channel="C1", markdown_text="secret")
    assert raised.type is error
    assert "xoxb" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert len(stand_in.called("chat.postMessage")) == 1


async def test_slack_says_how_long_it_is_too_much(
    stand_in: Slack, http: aiohttp.ClientSession
) -> None:
    stand_in.fail("auth.test", "429:7")
    with pytest.raises(Limited) as limited:
        await calling(stand_in, http).call("auth.test")
    assert limited.value.retry_after == 7


async def test_the_code_of_a_refusal_is_kept(stand_in: Slack, http: aiohttp.ClientSession) -> None:
    stand_in.fail("auth.test", "account_inactive", "404")
    for code in ("account_inactive", "unknown_method"):
        with pytest.raises(Refused) as refused:
            await calling(stand_in, http).call("auth.test")
        assert refused.value.code == code


async def test_without_a_connection_nothing_happened(http: aiohttp.ClientSession) -> None:
    with pytest.raises(Unreached):
        await Api(http, "http://127.0.0.1:1/api/", "xoxb-test").call("auth.test")


async def test_a_call_ends(
    stand_in: Slack, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.1)
    stand_in.fail("auth.test", "slow:5")
    with pytest.raises(Unsure):
        await calling(stand_in, http).call("auth.test")


async def test_a_proxy_of_the_environment_is_not_for_this_machine(
    stand_in: Slack, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert (await calling(stand_in, http).call("auth.test"))["ok"]
