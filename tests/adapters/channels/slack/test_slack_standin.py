"""The stand-in Slack: slack_sdk's own clients work against it, and it is as strict as Slack."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from support.servers import eventually
from support.slack import Slack, Workspace, slack

PERSON = {"recipient_user_id": "U1", "recipient_team_id": "T1"}


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


@pytest.fixture
def client(standin: Slack) -> AsyncWebClient:
    client = AsyncWebClient("xoxb-test", base_url=standin.api_url, retry_handlers=[])
    client.proxy = None
    return client


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_knows_its_tokens(standin: Slack, client: AsyncWebClient) -> None:
    standin.add(Workspace(team="T2", token="xoxb-two", bot_user="UBOT2", bot_id="BBOT2"))
    assert (await client.auth_test())["user_id"] == "UBOT"
    assert (await client.auth_test(token="xoxb-two"))["team_id"] == "T2"
    assert await refused(client.auth_test(token="xoxb-wrong")) == "invalid_auth"
    await client.auth_revoke()
    assert await refused(client.auth_test()) == "token_revoked"


async def test_streams_a_message(standin: Slack, client: AsyncWebClient) -> None:
    ts = standin.mention()["ts"]
    begun = await client.chat_startStream(channel="C1", thread_ts=ts, markdown_text="a", **PERSON)
    here = {"channel": "C1", "ts": begun["ts"]}
    await client.chat_appendStream(**here, markdown_text="b")
    assert await refused(client.chat_update(**here, text="x")) == "streaming_state_conflict"
    ended = await client.chat_stopStream(**here, markdown_text="c")
    assert ended["message"]["text"] == standin.said("C1", ts) == "abc"
    late = client.chat_appendStream(**here, markdown_text="d")
    assert await refused(late) == "message_not_in_streaming_state"
    assert standin.complaints == []


async def test_a_stream_has_its_limits(standin: Slack, client: AsyncWebClient) -> None:
    ts = standin.mention()["ts"]
    nobody = client.chat_startStream(channel="C1", thread_ts=ts)
    assert await refused(nobody) == "missing_recipient_user_id"
    unreal = client.chat_startStream(channel="C1", thread_ts="1.1", **PERSON)
    assert await refused(unreal) == "invalid_thread_ts"
    begun = await client.chat_startStream(channel="C1", thread_ts=ts, **PERSON)
    here = {"channel": "C1", "ts": begun["ts"]}
    await client.chat_appendStream(**here, markdown_text="ü" * 5_000)
    more = client.chat_appendStream(**here, markdown_text="ü" * 600)
    assert await refused(more) == "msg_too_long"
    standin.stream_seconds = 0
    old = client.chat_stopStream(**here)
    assert await refused(old) == "message_not_in_streaming_state"
    await client.chat_update(**here, markdown_text="whole")
    assert standin.said("C1", ts) == "whole"


async def test_a_person_stops_a_stream(standin: Slack, client: AsyncWebClient) -> None:
    ts = standin.mention()["ts"]
    begun = await client.chat_startStream(channel="C1", thread_ts=ts, **PERSON)
    event = standin.stop_session("C1", ts)
    assert event["streaming_message_ts"] == [begun["ts"]]
    here = {"channel": "C1", "ts": begun["ts"]}
    assert await refused(client.chat_appendStream(**here, markdown_text="b")) == "stopped_by_user"
    await client.chat_stopStream(**here, session_status="active")
    assert standin.sessions["C1", ts]["status"] == "active"


async def test_is_strict(standin: Slack, client: AsyncWebClient) -> None:
    assert await refused(client.chat_postMessage(channel="C1", text="x", colour="red"))
    assert await refused(client.api_call("files.info", json={"file": "F1"}))
    assert len(standin.complaints) == 2
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x" * 76}}
    blocks = [{"type": "actions", "elements": [button]}]
    long = client.chat_postMessage(channel="C1", text="x", blocks=blocks)
    assert await refused(long) == "invalid_blocks"


async def test_fails_on_purpose(standin: Slack, client: AsyncWebClient) -> None:
    standin.fail("chat.postMessage", "is_archived", "500", "cut before", "cut after")
    assert await refused(client.chat_postMessage(channel="C1", text="x")) == "is_archived"
    for text in ("500", "before", "after"):
        with pytest.raises((SlackApiError, aiohttp.ClientError)):
            await client.chat_postMessage(channel="C1", text=text)
    assert [message.text for message in standin.posted("C1")] == ["after"]
    assert [call.error for call in standin.called("chat.postMessage")][:3] == [
        "is_archived", "500", "cut before",
    ]  # fmt: skip


async def test_limits_calls(standin: Slack, client: AsyncWebClient) -> None:
    standin.limits["auth.test"] = (1, 60)
    await client.auth_test()
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) > 50


async def test_takes_and_gives_files(standin: Slack, client: AsyncWebClient) -> None:
    ts = standin.message()["ts"]
    await client.files_upload_v2(channel="D1", thread_ts=ts, content=b"hello", filename="a.txt")
    shown = standin.thread("D1", ts)[0].files[0]
    async with aiohttp.ClientSession() as http:
        async with http.get(shown["url_private"]) as response:
            assert response.content_type == "text/html"
        mine = {"Authorization": "Bearer xoxb-test"}
        async with http.get(shown["url_private"], headers=mine) as response:
            assert await response.read() == b"hello"
    assert standin.complaints == []


async def test_gives_tokens_that_are_renewed_once(standin: Slack, client: AsyncWebClient) -> None:
    standin.rotation = True
    standin.codes["code"] = "T1"
    # The library's own method makes aiohttp warn.
    who = aiohttp.encode_basic_auth(standin.client_id, standin.client_secret)

    def access(**form: str) -> Any:
        headers = {"Authorization": who}
        return client.api_call("oauth.v2.access", data=form, headers=headers)

    first = await access(code="code")
    assert await refused(access(code="code")) == "invalid_code"
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await access(**again)
    assert (await client.auth_test(token=second["access_token"]))["team_id"] == "T1"
    assert await refused(access(**again)) == "invalid_refresh_token"


async def test_signs_what_it_sends(standin: Slack) -> None:
    bodies = list[tuple[str, bytes]]()

    async def take(request: web.Request) -> web.Response:
        body, at = await request.read(), request.headers["X-Slack-Request-Timestamp"]
        mark = hmac.new(b"secret", f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        assert request.headers["X-Slack-Signature"] == f"v0={mark}"
        bodies.append((request.content_type, body))
        return web.Response(text="taken")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    message = standin.keep(standin.messages["C1", standin.mention()["ts"]])
    answers = [
        await standin.event(url, standin.message()),
        await standin.action(url, message, {"action_id": "a"}),
        await standin.command(url, text="hi"),
        await standin.shortcut(url, message, "ask"),
        await standin.view_submission(url, {"type": "modal"}, {}),
    ]
    await runner.cleanup()
    assert [answer.body for answer in answers] == ["taken"] * 5
    assert len(bodies) == 5


async def test_speaks_socket_mode(standin: Slack, client: AsyncWebClient) -> None:
    app = SocketModeClient("xapp-test", web_client=client)
    app.proxy = None

    async def acknowledge(app: Any, request: SocketModeRequest) -> None:
        await app.send_socket_mode_response(SocketModeResponse(request.envelope_id, {"a": 1}))

    app.socket_mode_request_listeners.append(acknowledge)
    await app.connect()
    await eventually(lambda: standin.links.open)
    ack = await standin.links.event(standin.message())
    assert ack["payload"] == {"a": 1}
    await standin.links.disconnect(standin.links.open[0])
    await eventually(lambda: standin.links.made == 2)
    await app.close()
    await asyncio.sleep(0)
    assert await refused(client.apps_connections_open(app_token="xapp-no")) == "invalid_auth"
