"""The library's calls travel over the gateway's session, and what became of them is known."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.request import RequestData

from adapters.channels.telegram.errors import (
    Gone,
    Limited,
    Migrated,
    Refused,
    Unauthorized,
    Unreached,
    Unsure,
)
from adapters.channels.telegram.request import SECONDS, AiohttpRequest

TOKEN = "123456:AAHsecretsecretsecretsecretsecretse"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server that answers everything in one way."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def saying(status: int, body: object) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return handler


async def error(http: aiohttp.ClientSession, handler: Handler) -> Exception:
    """How a call fails."""
    async with serving(handler) as url:
        with pytest.raises((Refused, Unsure, Unreached)) as raised:
            await AiohttpRequest(http, TOKEN).post(f"{url}/bot{TOKEN}/getMe", RequestData())
    return raised.value


def refusal(code: int, description: str = "no", **parameters: int) -> dict[str, object]:
    return {
        "ok": False, "error_code": code, "description": description, "parameters": parameters,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, refusal(400), Refused),
        (401, refusal(401), Unauthorized),
        (403, refusal(403), Gone),
        (404, refusal(404), Refused),
        (409, refusal(409), Refused),
        (413, "too large", Refused),
        (429, refusal(429, retry_after=30), Limited),
        (429, "slow down", Limited),
        (400, refusal(400, migrate_to_chat_id=-100123), Migrated),
        (200, refusal(403), Gone),
        (302, refusal(302), Refused),
        (500, refusal(500), Unsure),
        (502, "bad gateway", Unsure),
        (200, [], Unsure),
        (200, {"ok": True}, Unsure),
        (200, {"ok": False}, Unsure),
        (200, {"ok": "yes", "result": 1}, Unsure),
        (400, refusal(400, retry_after="soon"), Refused),  # type: ignore[arg-type]
    ],
)
async def test_answers_are_told_apart(
    http: aiohttp.ClientSession, status: int, body: object, kind: type[Exception]
) -> None:
    assert type(await error(http, saying(status, body))) is kind


async def test_what_a_refusal_says_is_known(http: aiohttp.ClientSession) -> None:
    limited = await error(http, saying(429, refusal(429, retry_after=30)))
    assert isinstance(limited, Limited)
    assert limited.retry_after == 30
    migrated = await error(http, saying(400, refusal(400, migrate_to_chat_id=-100123)))
    assert isinstance(migrated, Migrated)
    assert migrated.chat == -100123
    refused = await error(http, saying(400, refusal(400, "Bad Request: TEXTDRAFT_PEER_INVALID")))
    assert isinstance(refused, Refused)
    assert refused.says("something", "textdraft_peer_invalid")
    assert not refused.says("something")
    assert (refused.code, refused.description) == (400, "Bad Request: TEXTDRAFT_PEER_INVALID")


async def test_the_token_is_taken_out_of_what_is_said(http: aiohttp.ClientSession) -> None:
    refused = await error(http, saying(400, refusal(400, f"no such thing: /bot{TOKEN}/x")))
    assert TOKEN not in str(refused)
    assert "no such thing" in str(refused)


async def test_a_broken_connection_is_unsure(http: aiohttp.ClientSession) -> None:
    async def close(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    assert type(await error(http, close)) is Unsure


async def test_no_connection_is_known_to_be_none(http: aiohttp.ClientSession) -> None:
    async with serving(saying(200, {})) as url:
        gone = url
    with pytest.raises(Unreached, match="ClientConnectorError"):
        await AiohttpRequest(http, TOKEN).post(f"{gone}/bot{TOKEN}/getMe")


async def test_time_is_limited(http: aiohttp.ClientSession) -> None:
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    request = AiohttpRequest(http, TOKEN)
    assert request.read_timeout == SECONDS
    async with serving(hang) as url:
        with pytest.raises(Unsure, match="Timeout"):
            await request.post(f"{url}/bot{TOKEN}/getMe", read_timeout=0.05)
        release.set()


async def test_a_redirect_is_not_followed(http: aiohttp.ClientSession) -> None:
    calls = []

    async def away(request: web.Request) -> web.Response:
        calls.append(request.path)
        raise web.HTTPFound("/elsewhere")

    assert type(await error(http, away)) is Refused
    assert len(calls) == 1


async def test_arguments_are_a_form_and_files_are_parts(http: aiohttp.ClientSession) -> None:
    forms: list[dict[str, object]] = []

    async def keep(request: web.Request) -> web.Response:
        form = await request.post()
        forms.append(
            {
                name: value.file.read() if isinstance(value, web.FileField) else value
                for name, value in form.items()
            }
        )
        return web.json_response({"ok": True, "result": True})

    async with serving(keep) as url:
        request = AiohttpRequest(http, TOKEN)
        bot = Bot(TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request)
        await request.initialize()
        await bot.set_my_commands([("new", "Mới")], language_code="vi")
        await bot.do_api_request("send_thing", {"file": InputFile(b"bytes"), "to": {"a": [1]}})
        await request.shutdown()
    assert forms == [
        {"commands": '[{"command": "new", "description": "M\\u1edbi"}]', "language_code": "vi"},
        {"file": b"bytes", "to": '{"a": [1]}'},
    ]
    assert not http.closed


async def test_httpx_has_no_part_in_it(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a client of httpx")

    monkeypatch.setattr(httpx.AsyncClient, "__init__", refuse)
    monkeypatch.setattr(httpx.Client, "__init__", refuse)
    me = {"id": 1, "is_bot": True, "first_name": "Bot"}
    with caplog.at_level(logging.DEBUG):
        async with serving(saying(200, {"ok": True, "result": me})) as url:
            request = AiohttpRequest(http, TOKEN)
            bot = Bot(TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request)
            assert (await bot.get_me()).id == 1
    assert not [record for record in caplog.records if record.name.startswith("http")]
    assert TOKEN not in caplog.text
