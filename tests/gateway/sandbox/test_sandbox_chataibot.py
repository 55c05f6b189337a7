"""The sandbox as ChatAIBot: both requests, the events it sends, and how it refuses."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.sandbox.answers import Answers
from gateway.sandbox.chataibot import ChatAIBot
from gateway.sandbox.chataibot_bodies import BUTTONS, REFUSALS
from gateway.sandbox.chataibot_files import MADE
from gateway.sandbox.server import serving

START = {
    "channel": "API",
    "message": {"data": {"body": "Hello"}, "type": "text"},
    "variables": {"contact": {"name": "User Name", "email": "example@domain.com"}},
    "bot_key": "bot-key",
    "from": {"user_external_id": "v1", "type": "VISITOR"},
}


@dataclass
class Account:
    """A sandbox and what its webhook has received."""

    url: str
    http: aiohttp.ClientSession
    inbox: asyncio.Queue[dict[str, Any]]
    statuses: list[int]

    async def post(self, path: str, body: Any, token: str = "t") -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.post(self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def start(self, text: str = "Hello", **changes: Any) -> tuple[int, dict[str, Any]]:
        message = {"data": {"body": text}, "type": "text"}
        return await self.post("/conversations", {**START, "message": message, **changes})

    async def say(self, conversation: str, text: str, **data: Any) -> tuple[int, dict[str, Any]]:
        message = {"data": {"body": text, **data}, "type": "text"}
        body = {"message": message, "user": {"type": "VISITOR"}}
        return await self.post(f"/conversation/{conversation}/messages", body)

    async def events(self) -> list[dict[str, Any]]:
        request = await asyncio.wait_for(self.inbox.get(), 5)
        return [each["event"] for each in request["body"]["events"]]

    async def said(self) -> list[tuple[str, str]]:
        messages = [event["payload"].get("message") for event in await self.events()]
        return [(each["from"]["type"], each["data"]["body"]) for each in messages if each]


@pytest.fixture
async def account(http: aiohttp.ClientSession) -> AsyncIterator[Account]:
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    statuses: list[int] = []

    async def receive(request: web.Request) -> web.Response:
        inbox.put_nowait({"headers": request.headers, "body": await request.json()})
        return web.json_response({"ok": True}, status=statuses.pop(0) if statuses else 200)

    hook = web.Application()
    hook.router.add_post("/hook", receive)
    sandbox = ChatAIBot(Answers("# Gateway\n").answer, webhook_token="secret", delay=0.01)
    async with (
        serving(hook, "127.0.0.1", 0) as hook_port,
        serving(sandbox.application(), "127.0.0.1", 0) as port,
    ):
        sandbox.webhook_url = f"http://127.0.0.1:{hook_port}/hook"
        yield Account(f"http://127.0.0.1:{port}/api/v1", http, inbox, statuses)


async def test_a_conversation_starts_as_documented(account: Account) -> None:
    status, body = await account.start()
    assert status == 200
    assert body["ok"] is True
    assert set(body["conversation"]) == {"id", "created_at", "assignee"}
    assert set(body["conversation"]["assignee"]) == {"id", "to"}
    assert body["contact"] == {
        "name": "User Name",
        "email": "example@domain.com",
        "visitor_key": "v1_4711",
    }


async def test_a_message_is_taken_as_documented(account: Account) -> None:
    _, started = await account.start()
    status, body = await account.say(started["conversation"]["id"], "more")
    assert (status, body["ok"], set(body)) == (200, True, {"ok", "message_id"})


async def test_the_answer_comes_to_the_webhook_with_its_token(account: Account) -> None:
    _, started = await account.start("My name is Sarah")
    request = await asyncio.wait_for(account.inbox.get(), 5)
    assert request["headers"]["Authorization"] == "Bearer secret"
    echo, answer = (each["event"]["payload"] for each in request["body"]["events"])
    assert echo["message"]["from"]["type"] == "VISITOR"
    assert answer["conversation"] == {"id": started["conversation"]["id"]}
    assert "Sarah" in answer["message"]["data"]["body"]


async def test_a_conversation_is_remembered(account: Account) -> None:
    _, started = await account.start("My name is Sarah")
    await account.said()
    await account.say(started["conversation"]["id"], "What is my name?")
    assert (await account.said())[1] == ("BOT", "Your name is Sarah.")


async def test_a_button_prompt_and_its_press(account: Account) -> None:
    _, started = await account.start("buttons")
    prompt = (await account.events())[1]["payload"]["message"]["data"]
    assert prompt["buttons"] == list(BUTTONS)
    button = prompt["buttons"][0]
    carried = {key: button[key] for key in ("callback", "next_dialog", "key")}
    await account.say(started["conversation"]["id"], button["label"], **carried)
    assert "k-hours" in (await account.said())[1][1]


async def test_the_same_event_comes_twice(account: Account) -> None:
    await account.start("twice")
    assert await account.events() == await account.events()


async def test_an_event_goes_ahead_of_its_response(account: Account) -> None:
    await account.start("early")
    assert account.inbox.qsize() == 1


async def test_an_agent_speaks_and_a_silent_bot_does_not(account: Account) -> None:
    await account.start("agent")
    assert (await account.said())[1][0] == "AGENT"
    await account.start("silent")
    assert await account.said() == [("VISITOR", "silent")]


async def test_a_file_of_the_bot_is_where_it_says(account: Account) -> None:
    await account.start("file")
    (file,) = (await account.events())[1]["payload"]["message"]["data"]["files"]
    assert set(file) == {"filename", "link", "mime_type", "extension"}
    async with account.http.get(file["link"]) as response:
        assert (response.status, await response.read()) == (200, MADE)


async def test_a_file_of_a_visitor_is_fetched(account: Account) -> None:
    base = account.url.removesuffix("/api/v1")
    links = {
        "a": f"{base}/sandbox/files/made.txt",
        "b": f"{base}/nowhere",
        "c": "http://127.0.0.1:9/",
    }
    files = [
        {"filename": name, "link": link, "mime_type": "text/plain", "extension": "txt"}
        for name, link in links.items()
    ]
    await account.start(message={"data": {"files": files}, "type": "text"})
    answer = (await account.events())[1]["payload"]["message"]["data"]["body"]
    assert answer.splitlines() == [
        "I have received a (30 bytes).",
        "I have received b (status 404).",
        "I have received c (nothing).",
    ]


async def test_a_closed_conversation_is_said_to_be_and_takes_no_more(account: Account) -> None:
    _, started = await account.start("close")
    last = (await account.events())[-1]
    assert last["payload"]["conversation"]["status"] == "closed"
    status, body = await account.say(started["conversation"]["id"], "more")
    assert (status, body["code"]) == (404, "CONVERSATION_NOT_FOUND")


async def test_an_event_that_was_not_taken_comes_again(account: Account) -> None:
    account.statuses.append(503)
    await account.start()
    assert await account.events() == await account.events()


@pytest.mark.parametrize("word", REFUSALS)
async def test_words_are_refused(account: Account, word: str) -> None:
    status, code = REFUSALS[word]
    given, body = await account.start(word)
    assert set(body) == {"ok", "error", "code", "message", "status"}
    assert (given, body["ok"], body["code"], body["status"]) == (status, False, code, status)


@pytest.mark.parametrize(("word", "status"), [("busy", 429), ("fail", 500), ("not ok", 200)])
async def test_other_words_fail(account: Account, word: str, status: int) -> None:
    given, body = await account.start(word)
    assert (given, body["ok"]) == (status, False)


@pytest.mark.parametrize("token", ["", "bad-token"])
async def test_a_token_is_needed(account: Account, token: str) -> None:
    status, body = await account.post("/conversations", START, token)
    assert (status, body["code"]) == (401, "JWT_SIGNATURE_EXCEPTION")


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "WEB"},
        {"bot_key": ""},
        {"from": {"user_external_id": "v1"}},
        {"from": {"type": "VISITOR"}},
        {"message": {"data": {"body": "Hello"}}},
        {"message": {"data": {}, "type": "text"}},
        {"message": {"data": [], "type": "text"}},
        {"message": {"data": {"files": []}, "type": "text"}},
        {"message": {"data": {"files": [{"link": "x"}]}, "type": "text"}},
        {"message": {"data": {"files": "x"}, "type": "text"}},
        {"message": "Hello"},
    ],
    ids=str,
)
async def test_what_is_wrong_is_refused(account: Account, changes: dict[str, Any]) -> None:
    status, body = await account.start(**changes)
    assert (status, body["code"]) == (400, "INVALID_REQUEST")


async def test_what_was_asked_can_be_seen(account: Account) -> None:
    await account.post("/conversations", START)
    url = account.url.removesuffix("/api/v1") + "/sandbox/asked"
    async with account.http.get(url) as response:
        assert await response.json() == {
            "asked": [{"path": "/api/v1/conversations", "body": START}]
        }


async def test_what_is_under_way_ends_with_the_server(http: aiohttp.ClientSession) -> None:
    sandbox = ChatAIBot(Answers("").answer, webhook_url="http://127.0.0.1:9/", delay=60)
    async with serving(sandbox.application(), "127.0.0.1", 0) as port:
        account = Account(f"http://127.0.0.1:{port}/api/v1", http, asyncio.Queue(), [])
        await account.start()
        assert len(sandbox._deliveries) == 1
    assert not sandbox._deliveries
