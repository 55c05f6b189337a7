"""The wire protocol, over real HTTP: what works, and how every mistake is answered."""

import asyncio
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.servers import eventually, loaded, running, web_config
from support.widget import Widget

from adapters.channels.web.limits import ASIDE_PER_MINUTE
from gateway.ports import StoreUnavailable
from gateway.service import Service
from gateway.telemetry import configure_logging
from gateway.texts import Texts


async def test_a_question_is_answered_as_a_stream(widget: Widget) -> None:
    end = await widget.ask("My name is Sarah")
    assert "Sarah" in end["text"]
    assert end["state"] == "done"
    assert widget.texts["1"] == end["text"]
    kinds = [kind for kind, _ in widget.events]
    assert kinds[0] == "user"
    assert kinds[1] == "start"
    assert kinds.count("delta") > 3
    assert kinds[-1] == "end"


async def test_the_conversation_goes_on(widget: Widget) -> None:
    await widget.ask("My name is Sarah")
    assert "Sarah" in (await widget.ask("what is my name?"))["text"]


async def test_new_begins_a_new_conversation(widget: Widget) -> None:
    await widget.ask("My name is Sarah")
    assert (await widget.ask("/new"))["text"] == Texts().get("en", "new_conversation")
    assert "Sarah" not in (await widget.ask("what is my name?"))["text"]


async def test_a_session_is_resumed_with_its_history(widget: Widget) -> None:
    end = await widget.ask("My name is Sarah")
    session = await widget.open()
    assert [(m["kind"], m["text"]) for m in session["history"]] == [
        ("user", "My name is Sarah"),
        ("bot", end["text"]),
    ]
    assert session["history"][0]["turn"] == session["history"][1]["turn"] == "1"
    assert session["waiting"] is False


async def test_a_new_visitor_is_told_what_the_bot_says_first(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    session = await Widget(http, gateway.url).open()
    assert session["title"] == "Test"
    assert session["opening"]
    assert session["suggestions"]
    assert session["limits"] == {"text": 4000, "file": 10 * 1024 * 1024}


async def test_a_message_sent_twice_is_answered_once(widget: Widget) -> None:
    first = await widget.say("My name is Sarah", id="11111111-aaaa")
    second = await widget.say("My name is Sarah", id="11111111-aaaa")
    assert (first["status"], second["status"]) == ("accepted", "duplicate")
    assert first["turn"] == second["turn"]
    await widget.end("1")
    assert len(await widget.bots()) == 1


async def test_two_tabs_see_the_same(widget: Widget, http: aiohttp.ClientSession) -> None:
    other = Widget(http, widget._origin)
    other.token, other.cursor = widget.token, widget.cursor
    other.read()
    await other.connected.wait()
    end = await widget.ask("markdown")
    assert (await other.end("1"))["text"] == end["text"] == other.texts["1"]
    assert ("user", "markdown") in [(k, d.get("text")) for k, d in other.events]
    await other.leave()


async def test_a_reader_that_comes_in_the_middle_misses_nothing(
    widget: Widget, http: aiohttp.ClientSession
) -> None:
    await widget.say("count to 1000")
    await eventually(lambda: len(widget.texts.get("1", "")) > 500)
    late = Widget(http, widget._origin)
    late.token = widget.token
    session = await late.open()
    assert session["waiting"] is True
    assert [m["kind"] for m in session["history"]] == ["user"]
    late.read()
    await asyncio.sleep(0.05)
    await late.leave()
    late.read()
    assert (await late.end("1"))["text"] == (await widget.end("1"))["text"]
    assert late.texts["1"] == widget.texts["1"]
    await late.leave()


async def test_stop_keeps_what_was_shown(widget: Widget) -> None:
    await widget.say("count slowly to 100")
    await eventually(lambda: widget.texts.get("1"))
    assert await widget.post("stop") == (200, {"stopped": True})
    end = await widget.end("1")
    assert end["state"] == "stopped"
    assert end["text"] == widget.texts["1"] != ""
    assert end["notices"] == [Texts().get("en", "stopped")]
    assert await widget.post("stop") == (200, {"stopped": False})


async def test_a_typed_stop_stops(widget: Widget) -> None:
    await widget.say("count slowly to 100")
    await eventually(lambda: widget.texts.get("1"))
    assert (await widget.ask("/stop"))["text"] == Texts().get("en", "stopped")
    assert widget.ends["1"]["state"] == "stopped"


async def test_a_failure_is_told_in_the_person_s_language(
    gateway: Service, http: aiohttp.ClientSession
) -> None:
    widget = Widget(http, gateway.url)
    await widget.open(lang="vi-VN")
    widget.read()
    await widget.say("fail midway")
    end = await widget.end("1")
    assert end["state"] == "failed"
    assert end["text"]
    assert end["notices"][-1] in Texts().catalogues["vi"].values()
    await widget.leave()


Body = dict[str, Any] | bytes
MISTAKES = [
    ("messages", b"{not json", 400, "bad_json"),
    ("messages", b"[1, 2]", 400, "bad_request"),
    ("messages", b'{"token": 5}', 400, "bad_request"),
    ("messages", b"\xff\xfe", 400, "bad_json"),
    ("messages", b"", 400, "bad_json"),
    ("messages", {"id": "12345678", "text": "x"}, 401, "no_token"),
    ("events", {}, 401, "no_token"),
    ("stop", {"token": "x"}, 401, "bad_token"),
    ("history", {"token": "a.b.c"}, 401, "bad_token"),
    ("messages", b'{"text": "' + b"x" * 70_000 + b'"}', 413, "too_large"),
    ("messages", b"x" * 10_000_000, 413, "too_large"),
]


@pytest.mark.parametrize(("command", "body", "status", "code"), MISTAKES)
async def test_a_mistake_is_explained(
    gateway: Service,
    http: aiohttp.ClientSession,
    command: str,
    body: Body,
    status: int,
    code: str,
) -> None:
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    url = f"{gateway.url}/w/v1/pk_test/{command}"
    async with http.post(url, data=data, headers={"Origin": gateway.url}) as response:
        answer = await response.json()
        assert (response.status, answer["error"]) == (status, code)
        assert len(answer["message"]) > 10
        assert response.headers["Access-Control-Allow-Origin"] == gateway.url


@pytest.mark.parametrize(
    "body",
    [
        {"id": "short", "text": "x"},
        {"id": "with space!", "text": "x"},
        {"id": "12345678", "text": "   "},
        {"id": "12345678", "text": "x" * 4001},
    ],
)
async def test_a_bad_message_is_explained(widget: Widget, body: dict[str, str]) -> None:
    status, answer = await widget.post("messages", **body)
    assert (status, answer["error"]) == (400, "bad_request")


async def test_a_token_of_another_site_does_not_count(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["other"] = {"kind": "web", "key": "pk_other"}
    config["routes"].append({"channel": "other", "bot": "bot"})
    async with running(loaded(folder, config)) as gateway:
        here, there = (Widget(http, gateway.url, key) for key in ("pk_test", "pk_other"))
        await here.open()
        there.token = here.token
        status, answer = await there.post("messages", id="12345678", text="x")
        assert (status, answer["error"]) == (401, "wrong_site")


@pytest.mark.parametrize(
    ("origin", "status", "code"),
    [
        ("https://shop.example", 200, ""),
        ("https://evil.example", 403, "origin_refused"),
        ("http://shop.example", 403, "origin_refused"),
        ("https://shop.example.evil.example", 403, "origin_refused"),
        ("null", 403, "origin_refused"),
        ("", 403, "origin_missing"),
    ],
)
async def test_only_listed_origins_may_talk(
    gateway: Service, http: aiohttp.ClientSession, origin: str, status: int, code: str
) -> None:
    headers = {"Origin": origin} if origin else {}
    url = f"{gateway.url}/w/v1/pk_test/session"
    async with http.post(url, data="{}", headers=headers) as response:
        answer = await response.json()
        assert (response.status, answer.get("error", "")) == (status, code)
        assert response.headers.get("Access-Control-Allow-Origin", "") == origin
        if code == "origin_refused":
            assert "channels.site.origins" in answer["message"]


@pytest.mark.parametrize(
    ("origin", "status"), [("https://shop.example", 204), ("https://evil.example", 403)]
)
async def test_preflights_are_for_listed_origins(
    gateway: Service, http: aiohttp.ClientSession, origin: str, status: int
) -> None:
    url = f"{gateway.url}/w/v1/pk_test/messages"
    async with http.options(url, headers={"Origin": origin}) as response:
        assert response.status == status
        allowed = response.headers.get("Access-Control-Allow-Headers", "")
        assert ("Authorization" in allowed) is (status == 204)


async def test_json_with_a_bearer_token_is_the_same(widget: Widget) -> None:
    headers = {"Origin": widget._origin, "Authorization": f"Bearer {widget.token}"}
    url = f"{widget._base}/messages"
    body = {"id": "12345678", "text": "hi"}
    async with widget._http.post(url, json=body, headers=headers) as response:
        assert response.status == 202
    assert (await widget.end("1"))["state"] == "done"


async def test_a_visitor_who_writes_too_much_is_slowed_down(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url, limits={"messages_per_minute": 2})
    async with running(loaded(folder, config)) as gateway:
        widget, other = (Widget(http, gateway.url) for _ in range(2))
        await widget.open(lang="vi")
        for n in (1, 2):
            await widget.say("x", id=f"0000000{n}")
        body = json.dumps({"token": widget.token, "id": "00000003", "text": "x"})
        headers = {"Origin": gateway.url}
        async with http.post(f"{widget._base}/messages", data=body, headers=headers) as response:
            answer = await response.json()
            assert (response.status, answer["error"]) == (429, "slow_down")
            seconds = response.headers["Retry-After"]
            assert answer["message"] == Texts().get("vi", "slow_down", seconds=seconds)
        assert (await widget.say("x", id="00000001"))["status"] == "duplicate"
        assert (await widget.say("/stop"))["status"] == "accepted"
        await other.open()
        await other.say("x")


async def test_an_address_opens_only_so_many_sessions(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["sessions_per_minute"] = 2
    async with running(loaded(folder, config)) as gateway:
        widget, other, third = (Widget(http, gateway.url) for _ in range(3))
        await widget.open()
        await other.open()
        status, answer = await third.post("session")
        assert (status, answer["error"]) == (429, "slow_down")
        assert (await widget.post("session"))[0] == 200


async def test_a_visitor_who_rates_too_much_is_slowed_down(widget: Widget) -> None:
    rate = partial(widget.post, "feedback", turn="1", rating="like")
    answers = [await rate() for _ in range(2 * ASIDE_PER_MINUTE)]
    refused = [answer["error"] for status, answer in answers if status == 429]
    assert 0 < len(refused) <= ASIDE_PER_MINUTE
    assert set(refused) == {"slow_down"}
    await widget.say("x")


async def test_a_person_whom_no_route_lets_in_is_told(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["routes"][0]["allow"] = {"people": ["somebody-else"]}
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        status, answer = await widget.post("session")
        assert (status, answer["error"]) == (403, "refused")


async def test_a_lane_that_is_full_says_busy(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url, limits={"waiting_messages": 2})
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        await widget.open()
        for _ in range(2):
            await widget.say("count slowly to 100")
        status, answer = await widget.post("messages", id="12345678", text="x")
        assert (status, answer["error"]) == (429, "busy")
        assert answer["message"] == Texts().get("", "busy")
        await widget.post("stop")


async def test_too_many_streams_of_one_visitor_are_refused(widget: Widget) -> None:
    others = [Widget(widget._http, widget._origin) for _ in range(11)]
    for other in others:
        other.token, other.cursor = widget.token, widget.cursor
        other.read()
    await widget.ask("hi")
    for other in others:
        await other.end("1")
    status, answer = await widget.post("events", cursor="")
    assert (status, answer["error"]) == (429, "slow_down")
    for other in others:
        await other.leave()


async def test_an_old_cursor_is_told_to_begin_anew(widget: Widget) -> None:
    await widget.leave()
    widget.cursor = "7-1000001"
    widget.read()
    await eventually(lambda: widget.events)
    assert widget.events == [("reset", {})]


async def test_a_stream_whose_log_cannot_be_read_asks_its_client_to_come_back(
    gateway: Service, widget: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    await widget.connected.wait()

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr("gateway.store.replies.Replies.read", away)
    (lane,) = gateway._hub._readers
    gateway._hub.refresh(lane)
    await eventually(lambda: ("bye", {}) in widget.events)
    monkeypatch.undo()
    widget.read()
    assert (await widget.ask("hi"))["state"] == "done"


async def test_what_is_not_there_is_a_404(gateway: Service, http: aiohttp.ClientSession) -> None:
    for path in ("/nowhere", "/w/v1/pk_unknown/session", "/widget/../secrets", "/widget/x.js"):
        async with http.post(gateway.url + path, data="{}") as response:
            assert response.status in (404, 405)
            assert (await response.json())["message"]
    async with http.get(f"{gateway.url}/widget/panel.ts") as response:
        assert response.status == 404


async def test_mistakes_are_one_line_of_the_log_each(
    sandbox: str,
    redis_url: str,
    folder: Path,
    http: aiohttp.ClientSession,
    capsys: pytest.CaptureFixture[str],
    own_logging: None,
) -> None:
    async with running(loaded(folder, web_config(sandbox, redis_url))) as gateway:
        configure_logging("info", "json", [])
        url = f"{gateway.url}/w/v1/pk_test/messages"
        bodies = ['{"token": "tok-secret", "text": "private words"', "{}", "x" * 100_000]
        for body in bodies:
            async with http.post(url, data=body, headers={"Origin": gateway.url}):
                pass
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["status"]) for line in lines] == [
        ("request refused", 400),
        ("request refused", 401),
        ("request refused", 413),
    ]
    assert not any("private" in str(line) or "secret" in str(line) for line in lines)
