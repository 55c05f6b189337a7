"""What ``check --live`` says of a Slack app."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from support.servers import free_port
from support.slack import Slack, slack

from adapters.channels.slack.config import Config
from adapters.channels.slack.live import describe
from adapters.channels.slack.manifest import scopes
from gateway.ports import Description

URL = "https://chat.example.com"
HTTP = {"bot_token": "xoxb-test", "signing_secret": "s"}
SOCKET = {"bot_token": "xoxb-test", "app_token": "xapp-test"}
OAUTH = {"client_id": "1.1", "client_secret": "c", "signing_secret": "s"}
OAUTH_OVER_SOCKET = {"client_id": "1.1", "client_secret": "c", "app_token": "xapp-test"}


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


async def asked(standin: Slack, public_url: str = URL, **keys: Any) -> Description:
    config = Config(kind="slack", api_url=standin.api_url, **keys)
    async with aiohttp.ClientSession() as http:
        return await describe("team", config, http, public_url)


async def granted(given: str, **keys: Any) -> Description:
    """What is said of a token with these scopes."""

    async def auth_test(_: web.Request) -> web.Response:
        said = {"ok": True, "team": "Acme\x1b[2J", "user": "helper", "team_id": "T1"}
        return web.json_response(said, headers={"X-OAuth-Scopes": given})

    app = web.Application()
    app.router.add_post("/api/auth.test", auth_test)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    config = Config(kind="slack", api_url=api_url, **(HTTP | keys))
    async with aiohttp.ClientSession() as http:
        described = await describe("team", config, http, URL)
    await runner.cleanup()
    return described


@pytest.mark.parametrize(
    ("way", "url", "facts"),
    [
        (HTTP, URL, {"workspace": "One", "bot": "bot", "over": "HTTP"}),
        (SOCKET, "", {"workspace": "One", "bot": "bot", "over": "Socket Mode"}),
        (OAUTH, URL, {"to install at": f"{URL}/slack/team/install", "over": "HTTP"}),
    ],
)
async def test_an_app_that_is_well_is_described(
    standin: Slack, way: dict[str, Any], url: str, facts: dict[str, str]
) -> None:
    assert await asked(standin, url, **way) == Description(facts)


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (HTTP | {"bot_token": "xoxb-wrong"}, ["bot_token was refused (invalid_auth)"]),
        (SOCKET | {"app_token": "xapp-wrong"}, ["app_token was refused (invalid_auth)"]),
        (
            {"bot_token": "xoxb-wrong", "app_token": "xapp-wrong"},
            ["app_token was refused", "bot_token was refused"],
        ),
    ],
)
async def test_a_refused_token_is_named_and_not_shown(
    standin: Slack, way: dict[str, Any], words: list[str]
) -> None:
    said = await asked(standin, **way)
    assert all(word in said.problem for word in words)
    assert "wrong" not in str(said)


@pytest.mark.parametrize("way", [HTTP, OAUTH, OAUTH_OVER_SOCKET])
@pytest.mark.parametrize(("url", "found"), [("", "not set"), ("http://a.example", "http://a.ex")])
async def test_slack_must_reach_the_gateway(
    standin: Slack, way: dict[str, Any], url: str, found: str
) -> None:
    said = await asked(standin, url, **way)
    assert said.problem.startswith(f"server.public_url is {found}")


@pytest.mark.parametrize(
    ("fault", "words"),
    [("500", "HTTP 500"), ("cut before", "no usable answer"), ("429:9", "asked too often")],
)
async def test_a_slack_that_fails_is_said_to(standin: Slack, fault: str, words: str) -> None:
    standin.fail("auth.test", fault)
    said = await asked(standin, **HTTP)
    assert said.problem.startswith("auth.test: ")
    assert words in said.problem


async def test_no_connection_is_said_too() -> None:
    config = Config(kind="slack", api_url=f"http://127.0.0.1:{free_port()}/api/", **HTTP)
    async with aiohttp.ClientSession() as http:
        said = await describe("team", config, http, URL)
    assert said.problem.startswith("no connection to http://127.0.0.1")


async def test_scopes_that_are_missing_are_named() -> None:
    needed = scopes(Config(kind="slack", **HTTP))
    said = await granted(", ".join(each for each in needed if each not in ("commands", "im:write")))
    assert "not allowed commands, im:write:" in said.problem
    assert "chat-gateway slack manifest team" in said.problem
    assert not (await granted(",".join(needed))).problem
    assert not (await granted(",".join({*needed} - {"files:read"}), max_file_mb=0)).problem


async def test_a_name_that_would_upset_the_terminal_is_not_printed() -> None:
    said = await granted(",".join(scopes(Config(kind="slack", **HTTP))))
    assert said.abilities["workspace"] == "(unreadable)"
