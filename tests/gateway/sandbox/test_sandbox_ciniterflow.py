"""The sandbox's CiniterFlow against recordings of a real server, byte for byte."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.answers import Answer, Answers, Ending
from gateway.sandbox.ciniterflow import CiniterFlow
from gateway.sandbox.server import serving

CAPTURES = Path(__file__).parents[2] / "captures" / "ciniterflow"

RECORDED_FLOWS = {
    "066d3c15-a19e-4f92-9f43-b910551a9232": flows.CHAT.id,
    "6e7a0440-613d-4aaf-ae9a-5ccdb87b9200": flows.CHAT.id,
    "ca2f5b6c-17e2-4b5f-aa3e-f800dc3b5f2b": flows.PLAIN.id,
    "465c14c6-b2af-4962-a1ba-c45008d0b660": flows.TOOLS.id,
    "62e7c55b-94f5-48fc-8f34-7c13984a3b9c": flows.TOOLS.id,
    "11e481fd-6de1-4646-bb7c-9cb3f3cc00b2": flows.AGENTS.id,
    "34d0bd0a-edb7-4704-a528-7f2e0c2cf390": flows.FORM.id,
    "033e2cdb-ee09-4056-9de4-e39a12b4bcae": flows.HUMAN.id,
    "ac6f9625-8a28-4ba8-94a0-628e91a2a376": flows.PROTECTED.id,
    "ff06b3e2-d596-4d5f-b39b-bb2bafa062ec": flows.HOUSE.id,
}
_UUID = re.compile(rb"(?!0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERS = re.compile(rb'("(?:input|output|total)_tokens":)\d+')
_DATES = re.compile(rb'("createdDate":")[^"]+')
# What a trace and the messages in an action hold is the flow's own affair.
_TRACE = re.compile(rb'("event":"agentFlowExecutedData","data":)\[.*\]\}')
_MESSAGES = re.compile(rb'("input":\{"messages":)\[.*?\](,"humanInputEnableFeedback")')


def normalised(body: bytes) -> bytes:
    """The body with every id and number that differs from run to run under a stable name."""
    for recorded, ours in RECORDED_FLOWS.items():
        body = body.replace(recorded.encode(), ours.encode())
    if body.startswith(b"{") and b'"agentFlowExecutedData"' in body:
        whole = {**json.loads(body), "agentFlowExecutedData": []}
        body = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()
    body = _MESSAGES.sub(rb"\1[]\2", _TRACE.sub(rb"\1[]}", body))
    names: dict[bytes, bytes] = {}
    body = _UUID.sub(lambda m: names.setdefault(m[0], b"<id %d>" % len(names)), body)
    return _DATES.sub(rb"\1T", _NUMBERS.sub(rb"\1N", body))


@dataclass
class Running:
    url: str
    http: aiohttp.ClientSession

    async def ask(self, flow: str, question: str, **more: object) -> dict[str, object]:
        url = f"{self.url}/api/v1/prediction/{flow}"
        async with self.http.post(url, json={"question": question, **more}) as response:
            return await response.json()


@pytest.fixture
async def run_flows():
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def run(answer=None, **options):
            answer = answer or (lambda query, _: Answer(f"You said: {query} (turn 1)"))
            api = CiniterFlow(answer, **{"pace": 0, **options})
            app = api.application()
            port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
            return Running(f"http://127.0.0.1:{port}", http)

        yield run


@pytest.fixture
async def sandbox(run_flows):
    return await run_flows()


class Recorded:
    def __init__(self, name: str) -> None:
        (file,) = CAPTURES.glob(f"{name}*.http")
        asked, _, answered = file.read_bytes().partition(b"###\nHTTP/1.1 ")
        lines = [line[4:] for line in asked.decode().splitlines()]
        self.method, url = lines[0].split(" ")
        self.path = re.sub(r"^http://[^/]+", "", url)
        said = [line.removeprefix("body/arg: ") for line in lines[1:]]
        self.sent = next((line for line in said if line.startswith("{")), None)
        self.headers = dict(
            line.split(": ", 1) for line in said if re.match("(Origin|Content-Type):", line)
        )
        head, _, self.answer = answered.partition(b"\r\n\r\n")
        first, *headers = head.decode().splitlines()
        self.status = int(first.split()[0])
        self.answered = dict(line.split(": ", 1) for line in headers)

    async def replay(self, sandbox: Running, key: str = "", **changes: object) -> bytes:
        path = self.path
        for recorded, ours in RECORDED_FLOWS.items():
            path = path.replace(recorded, ours)
        headers = {**self.headers, **({"Authorization": f"Bearer {key}"} if key else {})}
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        body = self.sent
        if changes:
            body = json.dumps({**json.loads(self.sent), **changes}, ensure_ascii=False)
        for recorded, ours in RECORDED_FLOWS.items():
            body = body and body.replace(recorded, ours)
        async with sandbox.http.request(
            self.method, sandbox.url + path, data=body, headers=headers
        ) as response:
            assert response.status == self.status
            for name in ("Content-Type", "X-Accel-Buffering", "Cache-Control", "Retry-After"):
                assert response.headers.get(name) == self.answered.get(name)
            return await response.read()

    def is_like(self, body: bytes) -> None:
        assert normalised(body) == normalised(self.answer)


def saying(text: str, ending: Ending = Ending.WHOLE, pace: float | None = None):
    return lambda *_: Answer(text, ending, pace)


@pytest.mark.parametrize(
    "name",
    ["01_", "02_", "08_", "10_", "12_", "13_", "15_", "16_", "21_", "22_", "23_", "24_", "34_"],
)
async def test_a_chat_flow(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox))


async def test_a_session_is_remembered_under_either_name(run_flows):
    sandbox = await run_flows(Answers("# Nothing\n").answer)
    await sandbox.ask(flows.CHAT.id, "My name is Sarah", chatId="sess-A")
    for name in ("03_", "09_"):
        recorded = Recorded(name)
        recorded.is_like(await recorded.replay(sandbox))


async def test_a_flow_that_does_not_stream(sandbox):
    recorded = Recorded("11_")
    recorded.is_like(await recorded.replay(sandbox))


@pytest.mark.parametrize("name", ["36_", "37_"])
async def test_a_flow_with_tools(run_flows, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(await run_flows(saying("The tool said: 4"))))


@pytest.mark.parametrize("name", ["38_", "39_"])
async def test_an_agentflow(run_flows, name):
    text = {"38_": "You said: My name is Sarah (turn 1)", "39_": "Your name is Sarah."}[name]
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(await run_flows(saying(text))))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("44_", "You said: Subject: Order Body: I received the wrong item (turn 2)"),
        ("45_", "You said: Subject: Order Body: wrong item (turn 2)"),
        ("48_", "You said: Subject: Order Body: wrong item (turn 3)"),
    ],
)
async def test_a_flow_with_a_form(run_flows, name, text):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(await run_flows(saying(text))))


@pytest.mark.parametrize(("asked", "decided"), [("49_", "50_"), ("51_", "52_")])
async def test_a_flow_that_asks_a_person(sandbox, asked, decided):
    for name in (asked, decided):
        recorded = Recorded(name)
        recorded.is_like(await recorded.replay(sandbox))


async def test_a_decision_nobody_asked_for(sandbox):
    recorded = Recorded("55_")
    recorded.is_like(await recorded.replay(sandbox))


@pytest.mark.parametrize("name", ["17_", "18_", "20_", "19_"])
async def test_a_flow_that_a_key_protects(sandbox, name):
    key = {"17_": "", "19_": "sandbox-key"}.get(name, "another")
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox, key))


@pytest.mark.parametrize("name", ["90_", "91_", "92_"])
async def test_a_flow_for_some_pages_only(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox))


@pytest.mark.parametrize("name", ["95_", "96_"])
async def test_too_many_requests(run_flows, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(await run_flows(saying("", Ending.BUSY))))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("29_", ""),
        ("27_", ""),
        ("30_", "tok0 tok1 tok2 tok3 "),
        ("33_", "tok0 tok1 tok2 tok3 "),
        ("41_", ""),
        ("42_", ""),
        ("43_", "tok0 tok1 tok2 tok3 "),
    ],
)
async def test_a_model_that_fails(run_flows, monkeypatch, name, text):
    recorded = Recorded(name)
    why = re.search(rb"- (?:Error in LLM node: )?([^\"]+)\"", recorded.answer)[1].decode()
    monkeypatch.setattr("gateway.sandbox.ciniterflow_runs.FAILURE", why)
    body = await recorded.replay(await run_flows(saying(text, Ending.FAILURE)))
    # The global heartbeat came at a moment of its own.
    recorded.answer = recorded.answer.replace(b":heartbeat\n\n", b"")
    recorded.is_like(body)


async def test_an_empty_answer(run_flows):
    recorded = Recorded("32_")
    recorded.is_like(await recorded.replay(await run_flows(saying(""))))


async def test_a_heartbeat(run_flows):
    recorded, beat = Recorded("35_"), b":heartbeat\n\n"
    sandbox = await run_flows(saying("tok0 tok1 tok2", pace=0.15), heartbeat=0.1)
    body = await recorded.replay(sandbox)
    assert body.startswith(beat)
    assert normalised(body.replace(beat, b"")) == normalised(recorded.answer.replace(beat, b""))


async def test_a_stream_of_an_unknown_flow_never_begins(sandbox):
    url = f"{sandbox.url}/api/v1/prediction/00000000-0000-0000-0000-000000000000"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await sandbox.http.post(url, json={"question": "hi", "streaming": True})


async def test_an_agentflow_is_stopped(run_flows):
    target, stopped = Recorded("115_"), Recorded("116_")
    text = " ".join(f"tok{n}" for n in range(60))
    sandbox = await run_flows(saying(text, pace=0.01))
    url = f"{sandbox.url}/api/v1/prediction/{flows.AGENTS.id}"
    async with sandbox.http.post(url, data=target.sent, headers=target.headers) as response:
        body = await response.content.readuntil(b"tok13 ")
        stopped.is_like(await stopped.replay(sandbox))
        body += await response.content.read()
    events, expected = (normalised(each).split(b"\n\n") for each in (body, target.answer))
    assert events[:19] == expected[:19]
    assert events[-6:] == expected[-6:]


async def test_a_chain_is_not_stopped(run_flows):
    recorded = Recorded("110_")
    sandbox = await run_flows(saying(" ".join(f"tok{n}" for n in range(60)), pace=0.002))
    asked = asyncio.create_task(recorded.replay(sandbox))
    while not (await known(sandbox))["asked"]:
        continue
    await Recorded("111_").replay(sandbox)
    recorded.is_like(await asked)


async def known(sandbox):
    async with sandbox.http.get(f"{sandbox.url}/sandbox/asked") as response:
        return await response.json()


async def test_two_predictions_of_one_chat_are_mixed(run_flows):
    gate = asyncio.Event()
    answers = {"one": Answer("a " * 40, pace=0.01), "two": Answer("b " * 20, pace=0.01)}
    sandbox = await run_flows(lambda query, _: answers[query])
    url = f"{sandbox.url}/api/v1/prediction/{flows.CHAT.id}"

    async def first():
        body = {"question": "one", "streaming": True, "chatId": "dup"}
        async with sandbox.http.post(url, json=body) as response:
            await response.content.readuntil(b'"a "')
            gate.set()
            await response.content.read()

    deaf = asyncio.create_task(first())
    await gate.wait()
    body = {"question": "two", "streaming": True, "chatId": "dup"}
    async with sandbox.http.post(url, json=body) as response:
        said = await response.read()
    assert b'"a "' in said
    assert b'"b "' in said
    assert not deaf.done()
    deaf.cancel()
    await asyncio.gather(deaf, return_exceptions=True)


@pytest.mark.parametrize("name", ["80_", "81_", "82_", "83_", "85_", "89_", "112_"])
async def test_the_routes_around_it(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox))


async def test_ratings_and_contacts(sandbox):
    found = await sandbox.ask(flows.CHAT.id, "hi", chatId="sess-A")
    bad, lead, rated = Recorded("99_"), Recorded("100_"), Recorded("97_")
    bad.is_like(await bad.replay(sandbox))
    lead.is_like(await lead.replay(sandbox))
    body = await rated.replay(sandbox, messageId=found["chatMessageId"])
    rated.is_like(body)
    anew = Recorded("98_")
    anew.path = f"/api/v1/feedback/{json.loads(body)['id']}"
    anew.is_like(await anew.replay(sandbox))


@pytest.mark.parametrize(("flow", "name"), [(flows.TOOLS, "69_"), (flows.CHAT, "70_")])
async def test_files(sandbox, flow, name):
    form = aiohttp.FormData()
    form.add_field("files", b"hello text file", filename="a.txt", content_type="text/plain")
    url = f"{sandbox.url}/api/v1/attachments/{flow.id}/att"
    async with sandbox.http.post(url, data=form) as response:
        Recorded(name).is_like(await response.read())


async def test_a_question_as_a_form(sandbox):
    form = aiohttp.FormData({"question": "hi", "chatId": "up9"})
    form.add_field("files", b"hello text file", filename="a.txt", content_type="text/plain")
    url = f"{sandbox.url}/api/v1/prediction/{flows.CHAT.id}"
    async with sandbox.http.post(url, data=form) as response:
        Recorded("68_").is_like(await response.read())


@pytest.mark.parametrize("name", ["62_", "65_", "66_"])
async def test_uploads_of_a_question(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox))


async def test_the_description_has_the_recorded_form(sandbox):
    recorded = Recorded("84_")
    body = json.loads(await recorded.replay(sandbox))
    assert list(body) == list(json.loads(recorded.answer))


async def test_a_word_chooses_the_kind_of_flow(run_flows):
    sandbox = await run_flows(lambda query, _: Answer(f"You said: {query}"))
    found = await sandbox.ask(flows.CHAT.id, "@human may I?", chatId="c")
    assert found["action"]["mapping"] == {"approve": "Proceed", "reject": "Reject"}
    assert found["text"] == "You said: may I?\n\nProceed with this?"
    assert "usedTools" in await sandbox.ask(flows.AGENTS.id, "@tools 2+2?")
