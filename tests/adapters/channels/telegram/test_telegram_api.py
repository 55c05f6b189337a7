"""One bot's API: what is asked for, and that the token is in nothing that comes of it."""

import asyncio
import json
import logging
import random
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from adapters.channels.telegram import filehost, request
from adapters.channels.telegram.api import (
    TOO_BIG,
    Api,
    Gone,
    Limited,
    Migrated,
    Refused,
    Unauthorized,
    Unreached,
    Unsure,
)

TOKEN = "123456:AAHsecretsecretsecretsecretsecretse"
MESSAGE = {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}}
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="choice:1:0")]])


class Server:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self.manner: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.manner:
            return await self.manner(request)
        bot, _, method = request.path.removeprefix("/").partition("/")
        assert bot == f"bot{TOKEN}"
        form = await request.post()
        self.calls.append((method, {name: _read(value) for name, value in form.items()}))
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, tuple):
            code, description = answer
            body = {"ok": False, "error_code": code, "description": description}
            return web.json_response(body, status=code)
        return web.json_response({"ok": True, "result": answer})

    async def file(self, request: web.Request) -> web.StreamResponse:
        if self.manner:
            return await self.manner(request)
        assert request.match_info["token"] == TOKEN
        data = self.files.get(request.match_info["path"])
        return web.Response(body=data) if data is not None else web.Response(status=404)


def _read(value: Any) -> Any:
    if isinstance(value, web.FileField):
        return value.file.read()
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server."""
    server, application = Server(), web.Application()
    application.router.add_get("/file/bot{token}/{path:.*}", server.file)
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
def api(server: Server, http: aiohttp.ClientSession) -> Api:
    """Its API."""
    return Api(http, server.url, TOKEN)


async def test_a_message_is_sent_with_all_that_belongs_to_it(server: Server, api: Api) -> None:
    server.answers = [MESSAGE, MESSAGE]
    bold = MessageEntity("bold", 0, 2)
    sent = await api.send(
        5, "hi", entities=[bold], thread=3, reply_to=9, keyboard=KEYBOARD, silent=True
    )
    assert sent == 7
    await api.send(5, "https://a.example", preview=True)
    first, second = server.calls
    assert first == (
        "sendMessage",
        {
            "chat_id": 5,
            "text": "hi",
            "entities": [{"type": "bold", "offset": 0, "length": 2}],
            "message_thread_id": 3,
            "reply_parameters": {"message_id": 9, "allow_sending_without_reply": True},
            "reply_markup": KEYBOARD.to_dict(),
            "link_preview_options": {"is_disabled": True},
            "disable_notification": True,
        },
    )
    assert second == ("sendMessage", {"chat_id": 5, "text": "https://a.example"})


async def test_an_edit_that_changes_nothing_is_done(server: Server, api: Api) -> None:
    server.answers = [
        (400, "Bad Request: message is not modified: specified new message content…"),
        (400, "Bad Request: message to edit not found"),
    ]
    await api.edit(5, 7, "hi", keyboard=KEYBOARD)
    assert server.calls[0][1]["reply_markup"] == KEYBOARD.to_dict()
    with pytest.raises(Refused, match="not found"):
        await api.edit(5, 7, "hi")


async def test_a_draft_has_the_stop_button(server: Server, api: Api) -> None:
    await api.draft(5, 1, "so far", thread=2)
    await api.draft(5, 1, "", stop=False)
    assert server.calls == [
        (
            "sendMessageDraft",
            {
                "chat_id": 5, "draft_id": 1, "text": "so far", "message_thread_id": 2,
                "can_stop": True,
            },
        ),
        ("sendMessageDraft", {"chat_id": 5, "draft_id": 1, "text": ""}),
    ]  # fmt: skip


async def test_rich_messages_are_sent_as_markdown(server: Server, api: Api) -> None:
    server.answers = [MESSAGE, (404, "Not Found")]
    assert await api.send_rich(5, "| a |", reply_to=9, keyboard=KEYBOARD) == 7
    assert server.calls[0][1]["rich_message"] == {"markdown": "| a |"}
    assert server.calls[0][1]["reply_markup"] == KEYBOARD.to_dict()
    with pytest.raises(Refused) as refused:
        await api.send_rich(5, "| a |")
    assert (type(refused.value), refused.value.code) == (Refused, 404)


async def test_any_method_can_be_called(server: Server, api: Api) -> None:
    server.answers = [{"url": ""}, MESSAGE]
    assert await api.call("getWebhookInfo") == {"url": ""}
    await api.call("sendDocument", chat_id=5, document=b"bytes", caption=None, entities=[{"a": 1}])
    assert server.calls[1] == (
        "sendDocument",
        {"chat_id": 5, "document": b"bytes", "entities": [{"a": 1}]},
    )


async def test_small_things(server: Server, api: Api) -> None:
    await api.act(5, "typing", 3)
    await api.delete(5, 7)
    await api.answer_callback("11", "taken")
    assert server.calls == [
        ("sendChatAction", {"chat_id": 5, "action": "typing", "message_thread_id": 3}),
        ("deleteMessage", {"chat_id": 5, "message_id": 7}),
        ("answerCallbackQuery", {"callback_query_id": 11, "text": "taken"}),
    ]


async def test_a_press_that_waits_no_longer_is_done(server: Server, api: Api) -> None:
    stale = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    server.answers = [(400, stale), (400, "Bad Request: no")]
    await api.answer_callback("11")
    with pytest.raises(Refused):
        await api.answer_callback("11")


async def test_who_the_bot_is_is_asked_once(server: Server, api: Api) -> None:
    server.answers = [{"id": 1, "is_bot": True, "first_name": "B", "username": "b_bot"}]
    assert (await api.me()).username == "b_bot"
    assert (await api.me()).id == 1
    assert len(server.calls) == 1


@pytest.mark.parametrize("code", [401, 404])
async def test_a_wrong_token_is_known(server: Server, api: Api, code: int) -> None:
    server.answers = [(code, "Not Found"), (404, "Not Found")]
    with pytest.raises(Unauthorized):
        await api.me()
    with pytest.raises(Refused) as refused:
        await api.act(5, "typing")
    assert not isinstance(refused.value, Unauthorized)


async def test_updates_are_raw(server: Server, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    update = {"update_id": 4, "stopped_message_generation": {"draft_id": 1}}
    server.answers = [[update], {"no": "list"}]
    assert await api.updates(4, 1, ["message"]) == [update]
    assert server.calls == [
        ("getUpdates", {"offset": 4, "timeout": 1, "allowed_updates": ["message"]})
    ]
    with pytest.raises(Unsure):
        await api.updates(4, 1, [])


async def test_a_poll_may_last_longer_than_a_call(
    server: Server, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "SECONDS", 0.05)
    release = asyncio.Event()

    async def late(_: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({"ok": True, "result": []})

    server.manner = late
    with pytest.raises(Unsure):
        await api.call("getMe")
    poll = asyncio.create_task(api.updates(0, 1, []))
    with pytest.raises(Unsure):
        await api.call("getMe")
    release.set()
    assert await poll == []


async def test_files_are_downloaded_up_to_a_size(server: Server, api: Api) -> None:
    server.files["photos/a b.jpg"] = b"x" * 1000
    server.answers = [{"file_path": path} for path in ("photos/a b.jpg",) * 2]
    server.answers += [{"file_path": "gone"}, {}, (400, "Bad Request: file is too big")]
    assert await api.download("f", 1000) == b"x" * 1000
    for kind, phrase in ((Refused, TOO_BIG), (Refused, "not available"), (Unsure, "unreadable")):
        with pytest.raises(kind, match=phrase):
            await api.download("f", 999)
    with pytest.raises(Refused) as refused:
        await api.download("f", 999)
    assert refused.value.says(TOO_BIG)


async def test_a_server_on_this_machine_gives_paths(
    server: Server, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    api, file = Api(http, server.url, TOKEN, local=True), tmp_path / "a.ogg"
    file.write_bytes(b"voice")
    server.answers = [{"file_path": str(file)}] * 2 + [{"file_path": str(tmp_path / "none")}]
    assert await api.download("f", 5) == b"voice"
    with pytest.raises(Refused, match=TOO_BIG):
        await api.download("f", 4)
    with pytest.raises(Refused, match="not available"):
        await api.download("f", 5)


CALLS: list[Callable[[Api], Awaitable[Any]]] = [
    lambda api: api.me(),
    lambda api: api.send(5, "secret text", entities=[MessageEntity("bold", 0, 2)]),
    lambda api: api.edit(5, 7, "secret text"),
    lambda api: api.draft(5, 1, "secret text"),
    lambda api: api.act(5, "typing"),
    lambda api: api.delete(5, 7),
    lambda api: api.answer_callback("11", "secret text"),
    lambda api: api.send_rich(5, "secret text"),
    lambda api: api.call("sendDocument", chat_id=5, document=b"secret text"),
    lambda api: api.call("setWebhook", url="https://a.example", secret_token="secret text"),
    lambda api: api.updates(0, 0, []),
    lambda api: api.download("f", 100),
]
BODIES = [
    b"", b"nonsense", b"\xff\xfe", b"null", b"[]", b'"x"', b'{"ok": true}',
    b'{"ok": 1, "result": 2}',
    b'{"ok": true, "result": null}', b'{"ok": true, "result": 5}', b'{"ok": true, "result": "x"}',
    b'{"ok": true, "result": {"message_id": "x", "file_path": "\\u0000?#/../.."}}',
    b'{"ok": true, "result": [[], 4]}', b'{"ok": false, "description": "/bot%s/x secret"}',
    b'{"ok": false, "error_code": "x", "parameters": 4}', b"<html>%s</html>",
]  # fmt: skip


def everything(error: BaseException) -> str:
    """All that could be written of an error, its causes and what was handled when it was raised."""
    said, seen = "", error
    while seen is not None:
        said += f"{seen} {seen!r} {seen.args} {''.join(traceback.format_exception(seen))}"
        seen = seen.__cause__ or seen.__context__
    return said


@pytest.mark.parametrize("call", CALLS)
async def test_the_token_and_texts_are_in_no_error_and_no_log(
    call: Callable[[Api], Awaitable[Any]],
    server: Server,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(1)
    monkeypatch.setattr(request, "SECONDS", 0.1)
    monkeypatch.setattr(filehost, "SECONDS", 0.1)

    async def any_manner(asked: web.Request) -> web.StreamResponse:
        await asked.read()
        manner = chance.random()
        if manner < 0.1:
            assert asked.transport
            asked.transport.abort()
        if manner > 0.97:
            await asyncio.sleep(0.2)
        body = chance.choice(BODIES).replace(b"%s", TOKEN.encode())
        return web.Response(body=body, status=chance.choice((200, 200, 400, 404, 429, 500, 999)))

    server.manner = any_manner
    said = repr(api)
    with caplog.at_level(logging.DEBUG):
        for _ in range(60):
            try:
                await call(api)
            except (Refused, Unsure, Unreached) as error:
                said += everything(error)
    assert TOKEN not in said + caplog.text
    assert TOKEN.partition(":")[2] not in said + caplog.text
    assert "secret text" not in said.replace('"secret text"', "") + caplog.text


@pytest.mark.parametrize("call", [CALLS[0], CALLS[1], CALLS[-1]])
async def test_the_token_is_in_no_error_of_the_connection(
    call: Callable[[Api], Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"garbage\r\n\r\n")
        writer.close()

    line = await asyncio.start_server(garbage, "127.0.0.1", 0)
    async with line:
        url = f"http://127.0.0.1:{line.sockets[0].getsockname()[1]}"
        with pytest.raises(Unsure) as unsure:
            await call(Api(http, url, TOKEN))
    with pytest.raises(Unreached) as unreached:
        await call(Api(http, url, TOKEN))
    # What aiohttp raises says where it went.
    assert TOKEN not in everything(unsure.value) + everything(unreached.value)


async def test_the_token_is_in_no_error_of_the_file_host(server: Server, api: Api) -> None:
    async def garbage(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("getFile"):
            return web.json_response({"ok": True, "result": {"file_path": "x y"}})
        assert request.transport
        request.transport.write(b"garbage\r\n\r\n")  # type: ignore[attr-defined]
        return web.Response()

    server.manner = garbage
    with pytest.raises(Unsure) as unsure:
        await api.download("f", 10)
    assert TOKEN not in everything(unsure.value)


async def test_no_kind_of_error_is_another(server: Server, api: Api) -> None:
    for kind in (Limited, Migrated, Gone, Unauthorized):
        assert issubclass(kind, Refused)
    assert not issubclass(Unsure, Refused)
    assert not issubclass(Unreached, Unsure)
