"""The sandbox's other kinds of apps against recordings of a real server, byte for byte."""

import json
import re
from io import BytesIO

import aiohttp
import pytest
from test_sandbox_wire import CAPTURES, Recorded, normalised, saying

from gateway.sandbox.answers import Answer, Ending

BAD_REQUEST = "[mock] InvokeBadRequestError: mock failure"
FAILURE = "gateway.sandbox.clickai_speaking.FAILURE"

# What the real server counts or measures is not the sandbox's to know.
_MEASURED = re.compile(
    rb'("(?:elapsed_time|finished_at|time_to_first_token|time_to_generate|expiration_time'
    rb'|prompt_tokens|completion_tokens|total_tokens)": ?)[\d.e-]+'
)
_TOKEN = re.compile(rb'("form_token": ?)"[\w-]+"')
_SIGNED = re.compile(rb"(http:\S*?file-preview\?)[^\"]*")


def compared(body):
    for pattern, name in ((_MEASURED, rb"\1N"), (_TOKEN, rb'\1"T"'), (_SIGNED, b"<link>")):
        body = pattern.sub(name, body)
    return normalised(body)


def is_like(recorded, body):
    assert compared(body) == compared(recorded.answer)


def echo(query, _):
    return Answer(f"You said: {query} (turn 1)")


async def test_a_text_generator(run_sandbox):
    sandbox = await run_sandbox(saying("You said: Do: hello\n (turn 1)"))
    for name in ("29_", "30_"):
        recorded = Recorded(name)
        is_like(recorded, await recorded.replay(sandbox, key="app-completion"))


async def test_an_agent(run_sandbox):
    sandbox, recorded = (
        await run_sandbox(saying("The tool said: 2026-11-21 05:07:16")),
        Recorded("26_"),
    )
    is_like(recorded, await recorded.replay(sandbox, key="app-agent"))
    recorded = Recorded("27_")
    is_like(recorded, await recorded.replay(sandbox, key="app-agent"))


async def test_a_chatflow(run_sandbox):
    sandbox, recorded = await run_sandbox(echo), Recorded("31_")
    is_like(recorded, await recorded.replay(sandbox, key="app-chatflow"))


async def test_a_chatflow_s_whole_answer(run_sandbox):
    sandbox, recorded = await run_sandbox(saying("Your name is Sarah.")), Recorded("32_")
    home = await chat(sandbox, "hi", "app-chatflow")
    body = await recorded.replay(sandbox, key="app-chatflow", conversation_id=home)
    is_like(recorded, body)


async def chat(sandbox, query, key):
    body = {"inputs": {}, "query": query, "user": "u1"}
    async with sandbox.post("/chat-messages", body, key) as response:
        return (await response.json())["conversation_id"]


@pytest.mark.parametrize(
    ("names", "said", "reason"),
    [
        (("35_", "37_"), "", BAD_REQUEST),
        (("36_",), "tok0 tok1 tok2 tok3 ", "[mock] InvokeRateLimitError: mid-stream"),
    ],
)
async def test_a_chatflow_that_fails(run_sandbox, monkeypatch, names, said, reason):
    monkeypatch.setattr(FAILURE, reason)
    sandbox = await run_sandbox(saying(said, Ending.FAILURE))
    for name in names:
        recorded = Recorded(name)
        is_like(recorded, await recorded.replay(sandbox, key="app-chatflow"))


async def test_a_workflow(run_sandbox):
    sandbox = await run_sandbox(saying("tok0 tok1 tok2 tok3 tok4"))
    for name in ("40_", "41_"):
        recorded = Recorded(name)
        is_like(recorded, await recorded.replay(sandbox, key="app-workflow"))


async def test_a_workflow_that_fails(run_sandbox, monkeypatch):
    monkeypatch.setattr(FAILURE, BAD_REQUEST)
    sandbox = await run_sandbox(saying("", Ending.FAILURE))
    for name in ("44_", "45_"):
        recorded = Recorded(name)
        is_like(recorded, await recorded.replay(sandbox, key="app-workflow"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("33_", "app-chatflow"),
        ("42_", "app-workflow"),
        ("96_", "app-chatflow"),
    ],
)
async def test_what_cannot_begin_is_never_told(run_sandbox, monkeypatch, name, key):
    monkeypatch.setattr("gateway.sandbox.clickai_speaking.SILENCE", 0.1)
    recorded = Recorded(name)
    assert await recorded.replay(await run_sandbox(), key=key) == b"event: ping\n\n"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("34_", "app-chatflow"), ("43_", "app-workflow"), ("46_", "app-chat")),
        *(("16_", "app-completion"), ("17_", "app-chat"), ("18_", "app-chat-form")),
        *(("19_", "app-chat-form"), ("92_", "app-chat"), ("95_", "app-chat")),
        *(("109_", "app-chat"), ("130_", "app-chat"), ("132_", "app-chat"), ("134_", "app-chat")),
        *(("144_", "app-chatflow"), ("156_", "app-approval"), ("62_", "app-chat")),
        *(("151_", "app-approval-old"), ("154_", "app-approval-old")),
    ],
)
async def test_what_is_refused(sandbox, name, key):
    recorded = Recorded(name)
    is_like(recorded, await recorded.replay(sandbox, key=key))


async def test_another_users_file(sandbox):
    held = json.loads((await upload(sandbox, "80_"))[0])["id"]
    recorded = Recorded("91_")
    files = [{"type": "image", "transfer_method": "local_file", "upload_file_id": held}]
    is_like(recorded, await recorded.replay(sandbox, files=files))


@pytest.mark.parametrize("name", ["90_", "93_", "94_"])
async def test_files_in_a_message(run_sandbox, name):
    recorded = Recorded(name)
    (file,) = json.loads(recorded.body)["files"]
    sandbox = await run_sandbox(saying(f"You said: see <{file['type']}> (turn 1)"))
    held = json.loads((await upload(sandbox, "80_"))[0])["id"]
    body = await recorded.replay(sandbox, files=[{**file, "upload_file_id": held}])
    is_like(recorded, body)


# How curl was told to send the files of each recording.
FORMS = {
    "80_": [("file", "a.png", "image/png", 74)],
    "81_": [("file", "a.txt", "text/plain", 15)],
    "82_": [("file", "big.png", "image/png", 11 << 20)],
    "84_": [],
    "85_": [("file", "a.png", "image/png", 74), ("file2", "a.txt", "text/plain", 15)],
    "86_": [("file", "a.png", "image/png", 74)],
    "87_": [("file", "x.exe", "application/x-msdownload", 15)],
    "88_": [("file", "", "text/plain", 5)],
    "140_": [("file", "a.wav", "audio/wav", 12)],
    "141_": [("file", "a.txt", "text/plain", 15)],
    "142_": [("file", "a.wav", "audio/wav", 12)],
}


async def upload(sandbox, name, key="app-chat"):
    """The answer to the form of a recording, and its status."""
    raw = next(CAPTURES.glob(f"{name}*.http")).read_bytes()
    path = re.match(rb"### POST \S*?/v1(\S+)", raw)[1].decode()
    form = aiohttp.FormData(default_to_multipart=True)
    for field, filename, kind, size in FORMS[name]:
        content = BytesIO(bytes(size)) if filename else "hello"
        form.add_field(field, content, filename=filename or None, content_type=kind)
    form.add_field("user", "u1")
    headers = {"Authorization": f"Bearer {key}"}
    async with sandbox.http.post(sandbox.url + path, data=form, headers=headers) as response:
        return await response.read(), response.status


@pytest.mark.parametrize("name", FORMS)
async def test_forms_with_files(sandbox, name):
    raw = next(CAPTURES.glob(f"{name}*.http")).read_bytes()
    answer = raw[raw.rindex(b"HTTP/1.1 ") :]
    key = "app-chatflow" if name == "142_" else "app-chat"
    body, status = await upload(sandbox, name, key)
    assert status == int(answer.split()[1])
    assert compared(body) == compared(answer.partition(b"\r\n\r\n")[2])


async def test_an_uploaded_file_can_be_seen_by_its_user(sandbox):
    held = json.loads((await upload(sandbox, "81_"))[0])["id"]
    async with sandbox.get(f"/files/{held}/preview?user=u1") as response:
        assert (await response.read(), response.content_type) == (bytes(15), "text/plain")
    async with sandbox.get(f"/files/{held}/preview?user=u2") as response:
        assert response.status == 404


async def test_speech(sandbox):
    body = {"text": "hello world", "user": "u1"}
    async with sandbox.post("/text-to-audio", body) as response:
        assert response.headers["Content-Type"] == "audio/mpeg"
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert await response.read() == b"ID3MOCK0ID3MOCK1ID3MOCK2"


async def test_names(run_sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.texts.OPENING", "Hello, I am the bot.")
    sandbox = await run_sandbox(echo)
    home = (await sandbox.chat("My name is Zed"))["conversation_id"]
    for name in ("107_", "108_", "133_"):
        recorded, path = Recorded(name), f"/conversations/{home}"
        body = await recorded.replay(sandbox, path=path if name == "133_" else f"{path}/name")
        is_like(recorded, body)


async def test_variables(sandbox):
    home = await chat(sandbox, "hi", "app-chatflow")
    recorded, path = Recorded("112_"), f"/conversations/{home}/variables"
    body = await recorded.replay(sandbox, key="app-chatflow", path=f"{path}?user=u1")
    is_like(recorded, body)
    (variable,) = json.loads(body)["data"]
    recorded = Recorded("113_")
    path = f"{path}/{variable['id']}"
    is_like(recorded, await recorded.replay(sandbox, key="app-chatflow", path=path))
    home = (await sandbox.chat("hi"))["conversation_id"]
    recorded, path = Recorded("110_"), f"/conversations/{home}/variables?user=u1"
    is_like(recorded, await recorded.replay(sandbox, path=path))


async def test_no_suggestions(sandbox):
    home = await chat(sandbox, "hi", "app-chatflow")
    async with sandbox.get(f"/messages?conversation_id={home}&user=u1", "app-chatflow") as r:
        (message,) = (await r.json())["data"]
    recorded, path = Recorded("117_"), f"/messages/{message['id']}/suggested?user=u1"
    is_like(recorded, await recorded.replay(sandbox, key="app-chatflow", path=path))


@pytest.mark.parametrize("key", ["app-approval", "app-approval-old"])
async def test_a_chatflow_that_asks_a_person(sandbox, key):
    recorded = Recorded("150_")
    is_like(recorded, await recorded.replay(sandbox, key=key))


async def test_a_form_is_for_one_user_and_once(sandbox):
    recorded = Recorded("150_")
    body = (await recorded.replay(sandbox, key="app-approval")).decode()
    token, run = (
        re.search(rf'"{name}":"([^"]+)"', body)[1] for name in ("form_token", "workflow_run_id")
    )
    path, events = f"/form/human_input/{token}", f"/workflow/{run}/events?user=u1"
    said = {"inputs": {"note": "ok"}, "action": "approve", "user": "u1"}

    async def status(method, path, body=None):
        headers = {"Authorization": "Bearer app-approval"}
        url = sandbox.url + path
        async with sandbox.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.text()

    assert (await status("GET", f"{path}?user=u1"))[0] == 200
    assert (await status("GET", f"{path}?user=u2"))[0] == 404
    assert (await status("GET", events))[0] == 404
    assert (await status("POST", path, {**said, "action": "other"}))[0] == 400
    assert (await status("POST", path, {**said, "user": "u2"}))[0] == 404
    assert (await status("POST", path, said))[0] == 200
    code, body = await status("POST", path, said)
    assert (code, json.loads(body)["code"]) == (412, "human_input_form_submitted")
    code, body = await status("GET", events)
    assert code == 200
    assert '"answer":"Approve. "' in body
    assert body.rindex("message_end") < body.rindex("workflow_finished")


async def test_a_form_expires(sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.clickai_forms.FORM_SECONDS", -1)
    body = (await Recorded("150_").replay(sandbox, key="app-approval")).decode()
    token = re.search(r'"form_token":"([^"]+)"', body)[1]
    async with sandbox.get(f"/form/human_input/{token}?user=u1", "app-approval") as response:
        assert (response.status, (await response.json())["code"]) == (
            412,
            "human_input_form_expired",
        )


async def test_a_stopped_workflow(run_sandbox):
    recorded, told = Recorded("77_"), Recorded("78_")
    text = " ".join(f"tok{n}" for n in range(60))
    sandbox = await run_sandbox(saying(text, pace=0.01))
    async with sandbox.post("/workflows/run", json.loads(recorded.body), "app-workflow") as r:
        body = await r.content.readuntil(b"tok12 ")
        task = re.search(rb'"task_id":"([^"]+)"', body)[1].decode()
        path = f"/workflows/tasks/{task}/stop"
        # Whoever it is: a workflow's user is not looked at.
        told.is_like(await told.replay(sandbox, path=path, user="u2"))
        body += await r.content.read()
    events, expected = (compared(each).split(b"\n\n") for each in (body, recorded.answer))
    assert events[:18] == expected[:18]
    assert events[-1] == expected[-1]
    assert len(events) < 50


async def test_moderation(run_sandbox):
    sandbox = await run_sandbox()
    for key, path, event in (
        ("app-chat", "/chat-messages", b"message_replace"),
        ("app-chatflow", "/chat-messages", b"message_replace"),
        ("app-workflow", "/workflows/run", b"text_replace"),
    ):
        body = {"inputs": {"input_text": "moderate"}, "query": "moderate", "user": "u1"}
        async with sandbox.post(path, {**body, "response_mode": "streaming"}, key) as response:
            assert event in await response.read()
        async with sandbox.post(path, body, key) as response:
            assert "taken back" in await response.text()


async def test_a_file_of_the_bot_s(sandbox):
    body = {"inputs": {}, "query": "file", "user": "u1", "response_mode": "streaming"}
    async with sandbox.post("/chat-messages", body) as response:
        said = await response.text()
    link = re.search(r'"url":"([^"]+)"', said)[1]
    root = sandbox.url.removesuffix("/v1")
    async with sandbox.http.get(root + link) as response:
        assert await response.text() == "A file that the bot has made.\n"
    async with sandbox.http.get(root + link.partition("?")[0]) as response:
        assert response.status == 404


async def test_users_of_one_app_are_strangers_to_another(sandbox):
    home = await chat(sandbox, "hi", "app-chatflow")
    async with sandbox.get(f"/messages?conversation_id={home}&user=u1", "app-chat") as response:
        assert response.status == 404
    async with sandbox.get("/conversations?user=u1", "app-agent") as response:
        assert (await response.json())["data"] == []


async def test_a_page_of_conversations_behind_none(sandbox):
    async with sandbox.get("/conversations?user=u1&last_id=x") as response:
        assert response.status == 404
