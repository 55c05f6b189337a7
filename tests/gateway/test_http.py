"""The person's address, health and metrics, and errors that are always JSON."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

from gateway.http import ClientAddress, errors
from gateway.service import Service

TRUSTED = [ip_network("10.0.0.0/8")]


def request_from(remote: str, forwarded: str = "") -> web.Request:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return make_mocked_request("GET", "/", headers=headers).clone(remote=remote)


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(remote: str, forwarded: str, found: str) -> None:
    assert ClientAddress(TRUSTED)(request_from(remote, forwarded)) == found


async def get(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, Any]:
    async with http.get(url, headers=headers) as response:
        is_json = response.content_type == "application/json"
        return response.status, await (response.json() if is_json else response.text())


async def test_health_and_readiness(gateway: Service, http: aiohttp.ClientSession) -> None:
    assert (await get(http, f"{gateway.url}/healthz"))[1]["status"] == "ok"
    assert await get(http, f"{gateway.url}/readyz") == (200, {"status": "ok"})


async def test_a_head_is_answered_and_names_no_versions(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    for path in ("/", "/healthz"):
        async with http.head(gateway.url + path) as response:
            assert response.status == 200
            assert response.headers["Server"] == "chat-gateway"


async def test_it_is_not_ready_when_nothing_can_be_written(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    client = gateway._connection.client
    await client.config_set("maxmemory", "1mb")
    await client.config_set("maxmemory-policy", "noeviction")
    try:
        status, body = await get(http, f"{gateway.url}/readyz")
        assert status == 503
        assert "maxmemory" in body["reason"]
        widget = Widget(http, gateway.url)
        await widget.open()
        status, answer = await widget.post("messages", id="12345678", text="x")
        assert (status, answer["error"]) == (503, "unavailable")
    finally:
        await client.config_set("maxmemory", "0")
    assert (await get(http, f"{gateway.url}/readyz"))[0] == 200


async def test_it_is_not_ready_when_no_one_takes_messages(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    await gateway._dispatcher.stop(1)
    status, body = await get(http, f"{gateway.url}/readyz")
    assert (status, body["reason"]) == (503, "the dispatcher does not run")


async def test_metrics_count_what_happened(widget: Widget) -> None:
    await widget.ask("hi")
    await widget.ask("fail midway")

    async def text() -> str:
        return str((await get(widget._http, f"{widget._origin}/metrics"))[1])

    metrics = await text()
    assert 'chat_gateway_messages_admitted_total{channel="site",status="accepted"}' in metrics
    assert 'chat_gateway_turns_total{bot="bot",channel="site",state="failed"}' in metrics
    assert 'chat_gateway_first_word_seconds_count{bot="bot"}' in metrics
    assert 'chat_gateway_streams_open{channel="site"} 1.0' in metrics
    assert "chat_gateway_turns_running 0.0" in metrics
    assert 'route="/w/v1/pk_test/messages",status="202"' in metrics
    await widget.leave()

    async def closed() -> bool:
        return 'streams_open{channel="site"} 0.0' in await text()

    await eventually(closed)


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("m" * 20, {}, 401),
        ("m" * 20, {"Authorization": "Bearer wrong"}, 401),
        ("m" * 20, {"Authorization": f"Bearer {'m' * 20}"}, 200),
    ],
)
async def test_metrics_are_for_the_operator(
    redis_url: str,
    folder: Path,
    http: aiohttp.ClientSession,
    token: str,
    headers: dict[str, str],
    status: int,
) -> None:
    config = web_config("http://127.0.0.1:1/v1", redis_url)
    if token:
        config["server"]["metrics_token"] = token
    async with running(loaded(folder, config)) as gateway:
        assert (await get(http, f"{gateway.url}/metrics", **headers))[0] == status


async def test_a_defect_is_a_500_that_says_little(
    http: aiohttp.ClientSession, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("inner details")

    app = web.Application(middlewares=[errors])
    app.router.add_get("/", broken)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    status, body = await get(http, f"http://127.0.0.1:{port}/")
    assert (status, body["error"]) == (500, "internal")
    assert "inner details" not in str(body)
    await runner.cleanup()
