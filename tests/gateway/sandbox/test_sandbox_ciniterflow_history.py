"""The CiniterFlow sandbox's answers as it keeps them, whether anybody hears them or not."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from support.servers import eventually

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.answers import Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving
from gateway.sandbox.texts import DOCUMENT

CAPTURE = Path(__file__).parents[2] / "captures/ciniterflow/123_disconnect_messages.http"
NUMBERS = " ".join(map(str, range(1, 21)))
KEY = {"Authorization": "Bearer sandbox-key"}


class Server:
    def __init__(self, url, http):
        self.url = f"{url}/api/v1"
        self.http = http

    def ask(self, question, flow=flows.CHAT, **more):
        body = {"question": question, "streaming": True, "chatId": "c", **more}
        return self.http.post(f"{self.url}/prediction/{flow.id}", json=body)

    async def heard(self, question, flow=flows.CHAT, **more):
        async with self.ask(question, flow, **more) as response:
            return await response.text()

    async def asked(self):
        url = self.url.removesuffix("/api/v1")
        async with self.http.get(f"{url}/sandbox/asked") as response:
            return (await response.json())["asked"]

    async def rows(self, flow=flows.CHAT, **query):
        url = f"{self.url}/chatmessage/{flow.id}"
        async with self.http.get(url, params=query, headers=KEY) as response:
            assert response.status == 200
            return await response.json()

    async def kept(self, flow=flows.CHAT, **query):
        return await eventually(lambda: self.rows(flow, **query))


@pytest.fixture
async def server():
    api = CiniterFlow(Answers("# Chat Gateway\n").answer, pace=0.01)
    async with (
        serving(api.application(), "127.0.0.1", 0) as port,
        aiohttp.ClientSession() as http,
    ):
        yield Server(f"http://127.0.0.1:{port}", http)


async def test_an_answer_nobody_hears_is_given_all_the_same(server):
    async with server.ask("count to 20") as response:
        await response.content.readuntil(b'"1 "')
        response.close()
    # The question is kept with its answer, and not before.
    assert await server.rows(chatId="c") == []
    question, answer = await server.kept(chatId="c")
    assert (question["role"], question["content"]) == ("userMessage", "count to 20")
    assert (answer["role"], answer["content"]) == ("apiMessage", NUMBERS)
    recorded = json.loads(CAPTURE.read_bytes().partition(b"\r\n\r\n")[2])
    assert list(question) == list(answer) == list(recorded[0])


async def test_so_is_one_in_one_piece(server):
    asking = asyncio.create_task(server.heard("count to 20", flows.PLAIN))
    await eventually(server.asked)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    _, answer = await server.kept(flows.PLAIN, chatId="c")
    assert answer["content"] == NUMBERS


async def test_a_connection_that_was_cut_ends_nothing(server):
    with pytest.raises(aiohttp.ClientError):
        await server.heard("cut")
    _, answer = await server.kept(chatId="c")
    assert answer["content"].startswith("This answer begins well enough")


@pytest.mark.parametrize("flow", [flows.CHAT, flows.AGENTS])
async def test_what_failed_is_not_kept(server, flow):
    assert "error" in await server.heard("fail midway", flow)
    assert await server.rows(flow) == []


async def test_what_comes_with_an_answer_is_kept_with_it(server):
    await server.heard("file with sources", flows.TOOLS)
    _, answer = await server.rows(flows.TOOLS)
    assert answer["sourceDocuments"] == [DOCUMENT]
    assert [each["type"] for each in answer["artifacts"]] == ["png", "markdown"]
    assert answer["usedTools"][0]["tool"] == "calculator"
    await server.heard("may I?", flows.HUMAN, chatId="d")
    _, answer = await server.rows(flows.HUMAN)
    assert answer["action"]["data"]["nodeLabel"] == "Human Input"


async def test_a_session_may_have_several_chats(server):
    for chat in ("c1", "c2"):
        await server.heard("hello", chatId=chat, overrideConfig={"sessionId": "s"})
    assert len(await server.rows(sessionId="s")) == 4
    assert {row["chatId"] for row in await server.rows(sessionId="s", chatId="c2")} == {"c2"}
    assert await server.rows(flows.AGENTS, sessionId="s") == []


async def test_a_chat_is_deleted(server):
    for chat in ("c1", "c2"):
        await server.heard("hello", chatId=chat)
    url = f"{server.url}/chatmessage/{flows.CHAT.id}?chatId=c1"
    async with server.http.delete(url) as response:
        assert response.status == 401
    async with server.http.delete(url, headers=KEY) as response:
        assert await response.json() == {"raw": [], "affected": 2}
    assert {row["chatId"] for row in await server.rows()} == {"c2"}
    unknown = f"{server.url}/chatmessage/00000000-0000-0000-0000-000000000000?chatId=c1"
    async with server.http.delete(unknown, headers=KEY) as response:
        assert response.status == 404
