"""Files in the sandbox's CiniterFlow, and what it does instead of an answer."""

import json
from base64 import b64encode
from contextlib import AsyncExitStack

import aiohttp
import pytest

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox import texts
from gateway.sandbox.answers import Answer, Answers
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.ciniterflow_files import PNG, REPORT, Files
from gateway.sandbox.server import serving

DATA = b64encode(PNG).decode()
SERVICE = "Error: predictionsServices.buildChatflow - "


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def serve():
    async with AsyncExitStack() as stack:

        async def serve(answer):
            app = CiniterFlow(answer, pace=0).application()
            port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
            return f"http://127.0.0.1:{port}"

        yield serve


@pytest.fixture
async def server(serve):
    return await serve(Answers("# Nothing\n").answer)


@pytest.fixture
def post(http):
    async def post(url, flow, question, **more):
        body = {"question": question, "chatId": "c1", **more}
        async with http.post(f"{url}/api/v1/prediction/{flow.id}", json=body) as response:
            return response.status, await response.read()

    return post


def upload(kind="file", name="a.png", mime="image/png", data=DATA):
    return {"type": kind, "name": name, "mime": mime, "data": f"data:{mime};base64,{data}"}


def events(body):
    lines = [line for line in body.splitlines() if line.startswith(b"data:")]
    return [tuple(json.loads(line[5:]).values()) for line in lines]


@pytest.mark.parametrize("flow", [flows.CHAT, flows.PLAIN, flows.TOOLS], ids=lambda f: f.kind)
async def test_a_chain_makes_an_image_and_a_table(server, post, http, flow):
    _, body = await post(server, flow, "file")
    image, table = json.loads(body)["artifacts"]
    assert table == {"type": "markdown", "data": texts.TABLE}
    query = {"chatflowId": flow.id, "chatId": "c1", "fileName": image["data"].partition("::")[2]}
    async with http.get(f"{server}/api/v1/get-upload-file", params=query) as response:
        assert await response.read() == PNG
    url = f"{server}/api/v1/openai-assistants-file/download"
    async with http.post(url, json=query) as response:
        assert await response.read() == PNG
    async with http.get(f"{server}/api/v1/get-upload-file?chatId=c1") as response:
        assert (response.status, await response.text()) == (500, "Invalid file path")
    query["chatId"] = "another"
    async with http.get(f"{server}/api/v1/get-upload-file", params=query) as response:
        assert response.status == 500


async def test_an_agentflow_s_text_refers_to_a_report(server, post, http):
    _, body = await post(server, flows.AGENTS, "file", streaming=True)
    (note,) = dict(events(body))["fileAnnotations"]
    assert note == {"filePath": "FILE-STORAGE::report.txt", "fileName": "report.txt"}
    query = {"chatflowId": flows.AGENTS.id, "chatId": "c1", "fileName": "report.txt"}
    async with http.get(f"{server}/api/v1/get-upload-file", params=query) as response:
        assert await response.read() == REPORT


async def test_artifacts_come_behind_the_words(server, post):
    _, body = await post(server, flows.CHAT, "file", streaming=True)
    names = [name for name, _ in events(body)]
    assert names[-4:] == ["token", "artifacts", "metadata", "end"]


async def test_only_so_many_files_are_kept():
    files = Files()
    for n in range(300):
        files.keep("flow", "chat", str(n), b"x")
    assert len(files._kept) == 200


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            upload(name="a.exe"),
            'MIME type mismatch: file extension "exe" does not match declared MIME type '
            '"image/png". Expected: png',
        ),
        (upload(name="a.heic", mime="image/heic"), 'MIME type "image/heic" is not supported'),
        (upload("audio", name="a.mp4", mime="audio/mp4"), "Expected: m4a"),
    ],
)
async def test_a_name_that_does_not_fit(server, post, given, error):
    status, body = await post(server, flows.CHAT, "see", uploads=[given])
    assert status == 500
    said = json.loads(body)["message"]
    assert said.startswith(SERVICE)
    assert said.endswith(error)


@pytest.mark.parametrize(
    ("flow", "text"),
    [
        (flows.TOOLS, "You said: My name is Zo"),
        (flows.CHAT, "You said: see"),
    ],
)
async def test_a_recording_is_heard_where_a_flow_hears(serve, post, http, flow, text):
    server = await serve(lambda query, _: Answer(f"You said: {query}"))
    data = b64encode(b"My name is Zo").decode()
    voice = upload("audio", "a.ogg", "audio/ogg", data)
    _, body = await post(server, flow, "see", uploads=[upload(), voice])
    assert json.loads(body)["text"] == text
    async with http.get(f"{server}/sandbox/asked") as response:
        (asked,) = (await response.json())["asked"]
    assert asked["question"] == "see"
    assert [each["name"] for each in asked["uploads"]] == ["a.png", "a.ogg"]
    assert data not in str(asked)


async def test_a_document_of_a_type_that_is_not_read(server, http):
    form = aiohttp.FormData()
    form.add_field("files", b"PK", filename="a.zip", content_type="application/zip")
    url = f"{server}/api/v1/attachments/{flows.TOOLS.id}/c1"
    async with http.post(url, data=form) as response:
        assert response.status == 500
        assert "File type 'application/zip' is not allowed" in await response.text()


async def test_what_a_flow_with_tools_says_of_itself(server, http):
    for flow, hears in ((flows.TOOLS, True), (flows.CHAT, False)):
        async with http.get(f"{server}/api/v1/public-chatbotConfig/{flow.id}") as response:
            config = await response.json()
        async with http.get(f"{server}/api/v1/chatflows-uploads/{flow.id}") as response:
            assert await response.json() == config["uploads"]
        assert config["uploads"]["isSpeechToTextEnabled"] is hears
        assert ("fullFileUpload" in config) is hears


@pytest.mark.parametrize("flow", [flows.CHAT, flows.AGENTS], ids=lambda f: f.kind)
async def test_what_is_moderated_is_never_said(server, post, flow):
    _, body = await post(server, flow, "moderate", streaming=True)
    said = "".join(data for name, data in events(body) if name == "token")
    assert said == texts.MODERATED
    assert events(body)[-1] == ("end", "[DONE]")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("unauthorized", "Unauthorized"),
        ("provider_quota_exceeded", "[sandbox] provider_quota_exceeded"),
    ],
)
async def test_what_is_refused(server, post, code, said):
    status, body = await post(server, flows.CHAT, f"error {code}")
    assert (status, json.loads(body)["message"]) == (500, SERVICE + said)
    status, body = await post(server, flows.CHAT, f"error {code}", streaming=True)
    assert status == 200
    assert events(body) == [("error", SERVICE + said), ("end", "[DONE]")]


async def test_a_rate_limit_is_a_page_of_its_own(server, post):
    status, body = await post(server, flows.CHAT, "error too_many_requests", streaming=True)
    assert (status, body) == (429, b"Too many messages, slow down")


async def test_an_answer_is_rated_once(server, post, http):
    _, body = await post(server, flows.CHAT, "hello")
    about = json.loads(body)["chatMessageId"]
    rating = {"chatflowid": flows.CHAT.id, "chatId": "c1", "messageId": about}
    for status in (200, 500):
        sent = {**rating, "rating": "THUMBS_UP"}
        async with http.post(f"{server}/api/v1/feedback", json=sent) as response:
            assert response.status == status
