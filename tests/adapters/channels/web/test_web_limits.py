"""Who may talk to a site besides browsers, and how much."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.servers import loaded, running, web_config
from support.widget import Widget

from adapters.channels.web import Config
from adapters.channels.web.limits import Limits, network
from adapters.channels.web.origins import Origins
from gateway.model import Address, Origin, Person
from gateway.ports import Refusal
from gateway.texts import Texts

KEY = "an API key of 32 characters, or more"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.com", True),
        ("https://a.b.example.com", True),
        ("https://SHOP.example.com", True),
        ("https://example.com", False),
        ("https://shopexample.com", False),
        ("http://shop.example.com", False),
        ("https://shop.example.com:8443", False),
        ("https://shop.example.com.evil.example", False),
        ("https://evil.example/.example.com", False),
        ("https://*.example.com", False),
        ("https://.example.com", False),
        ("null", False),
    ],
)
def test_subdomains(origin: str, allowed: bool) -> None:
    origins = Origins("site", ["https://*.example.com"], "https://gw.example")
    try:
        origins.check(origin, "gw.example", "")
    except Refusal:
        assert not allowed
    else:
        assert allowed


async def test_a_program_with_a_key_needs_no_origin(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {"api_keys": [KEY], "sessions_per_minute": 1}
    async with running(loaded(folder, config)) as gateway:
        url = f"{gateway.url}/w/v1/pk_test/session"

        async def opened(**headers: str) -> tuple[int, Any]:
            async with http.post(url, json={}, headers=headers) as response:
                return response.status, await response.json()

        for _ in range(3):
            assert (await opened(**{"X-API-Key": KEY}))[0] == 200
        status, answer = await opened(**{"X-API-Key": KEY[:-1]})
        assert (status, answer["error"]) == (401, "bad_api_key")
        status, answer = await opened()
        assert (status, answer["error"]) == (403, "origin_missing")
        assert (await opened(**{"X-API-Key": "ä" * 40, "Origin": gateway.url}))[0] == 401


async def test_without_keys_no_key_counts(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with running(loaded(folder, web_config(sandbox, redis_url))) as gateway:
        url = f"{gateway.url}/w/v1/pk_test/session"
        async with http.post(url, json={}, headers={"X-API-Key": "x"}) as response:
            assert response.status == 401


@pytest.mark.parametrize(
    "limit",
    [{"address_messages_per_minute": 2}, {"messages_per_minute": 2}, {"messages_per_day": 2}],
)
async def test_messages_of_an_address_and_a_site_are_limited(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession, limit: dict[str, int]
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= limit
    async with running(loaded(folder, config)) as gateway:
        for number in range(3):
            widget = Widget(http, gateway.url)
            await widget.open()
            status, answer = await widget.post("messages", id=f"0000000{number}", text="x")
            assert status == (202 if number < 2 else 429)
        assert answer["error"] == "slow_down"


async def test_a_program_is_no_address(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {"address_messages_per_minute": 1, "api_keys": [KEY]}
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        await widget.open()
        url = f"{gateway.url}/w/v1/pk_test/messages"
        for number in range(3):
            body = {"token": widget.token, "id": f"0000000{number}", "text": "x"}
            async with http.post(url, json=body, headers={"X-API-Key": KEY}) as response:
                assert response.status == 202


class Counter:
    """A gateway that lets nobody through for so many seconds."""

    def __init__(self, wait: float) -> None:
        self._wait = wait

    async def allow(self, bucket: str, per_minute: int, per_day: int = 0) -> float:
        assert (bucket, per_minute, per_day) == ("site:message", 0, 9)
        return self._wait

    def text(self, locale: str, key: str, **values: object) -> str:
        return Texts().get(locale, key, **values)


@pytest.mark.parametrize(("wait", "key"), [(3.2, "slow_down"), (40_000, "web.full")])
async def test_nobody_is_asked_to_wait_a_moment_until_tomorrow(wait: float, key: str) -> None:
    config = Config.model_validate({"kind": "web", "key": "pk_test", "messages_per_day": 9})
    limits = Limits("site", config, Counter(wait))  # type: ignore[arg-type]
    origin = Origin(Address("site", "v"), Person("v", locale="vi"))
    with pytest.raises(Refusal) as refusal:
        await limits.wrote(origin, "203.0.113.9", trusted=False)
    assert refusal.value.message == Texts().get("vi", key, seconds=round(wait))
    assert refusal.value.retry_after == wait
