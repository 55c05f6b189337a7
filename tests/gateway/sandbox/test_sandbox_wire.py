"""The sandbox against recordings of a real server, byte for byte."""

import json
import re
from pathlib import Path

import pytest

from gateway.sandbox.answers import Answer, Ending

CAPTURES = Path(__file__).parents[2] / "captures" / "clickai"

_UUID = re.compile(rb"(?!0{8}|1{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERS = [
    (re.compile(rb'("(?:created_at|updated_at|latency)": ?)[\d.e-]+'), rb"\1N"),
    (re.compile(rb'("(?:prompt|completion|total)_price": ?)"[\d.E-]+"'), rb'\1"N"'),
    (re.compile(rb"(pydantic\.dev\\/)[\d.]+"), rb"\1N"),
]


def normalised(body: bytes) -> bytes:
    """The body with every id and number that differs from run to run under a stable name."""
    names: dict[bytes, bytes] = {}
    body = _UUID.sub(lambda m: names.setdefault(m[0], b"<id %d>" % len(names)), body)
    for pattern, name in _NUMBERS:
        body = pattern.sub(name, body)
    return body.rstrip(b"\n")


class Recorded:
    def __init__(self, name: str) -> None:
        raw = next(CAPTURES.glob(f"{name}*.http")).read_bytes()
        asked, _, answered = raw.partition(b"###\nHTTP/1.1 ")
        lines = [line[4:] for line in asked.decode().splitlines()]
        self.method, url = lines[0].split(" ")
        self.path = url.partition("/v1")[2]
        self.body = lines[-1].removeprefix("body/arg: ") if "body/arg" in lines[-1] else None
        self.plain = "body/arg: Content-Type: application/json" not in lines
        self.keyless = not any(line.startswith("Authorization") for line in lines)
        head, _, self.answer = answered.partition(b"\r\n\r\n")
        first, *headers = head.decode().splitlines()
        self.status = int(first.split()[0])
        self.headers = dict(line.split(": ", 1) for line in headers)

    @property
    def query(self) -> str:
        return json.loads(self.body)["query"]

    async def replay(self, sandbox, key="k", **changes):
        headers = {} if self.keyless else {"Authorization": f"Bearer {key}"}
        headers["Content-Type"] = "text/plain" if self.plain else "application/json"
        url = sandbox.url + changes.pop("path", self.path)
        body = json.dumps({**json.loads(self.body), **changes}) if changes else self.body
        async with sandbox.http.request(self.method, url, data=body, headers=headers) as response:
            self.compare_head(response)
            return await response.read()

    def compare_head(self, response) -> None:
        assert response.status == self.status
        assert response.headers["Content-Type"] == self.headers["Content-Type"]
        for name in ("WWW-Authenticate", "Transfer-Encoding"):
            assert response.headers.get(name) == self.headers.get(name)

    def is_like(self, body: bytes) -> None:
        assert normalised(body) == normalised(self.answer)


def saying(text: str, ending: Ending = Ending.WHOLE, pace: float | None = None):
    return lambda *_: Answer(text, ending, pace)


async def test_a_stream(run_sandbox):
    sandbox, recorded = (
        await run_sandbox(saying("You said: My name is Sarah (turn 1)")),
        Recorded("01_"),
    )
    recorded.is_like(await recorded.replay(sandbox))


async def test_a_stream_of_other_scripts(run_sandbox):
    recorded = Recorded("192_")
    sandbox = await run_sandbox(lambda query, _: Answer(f"You said: {query} (turn 1)"))
    recorded.is_like(await recorded.replay(sandbox))


async def test_a_whole_answer_in_the_same_conversation(run_sandbox):
    sandbox = await run_sandbox(saying("Your name is Sarah."))
    first = await sandbox.chat("My name is Sarah")
    recorded = Recorded("02_")
    body = await recorded.replay(sandbox, conversation_id=first["conversation_id"])
    recorded.is_like(body)


async def test_an_empty_answer(run_sandbox):
    recorded = Recorded("24_")
    recorded.is_like(await recorded.replay(await run_sandbox(saying(""))))


async def test_heartbeats(run_sandbox):
    recorded, ping = Recorded("25_"), b"event: ping\n\n"
    assert recorded.answer.startswith(2 * ping)
    sandbox = await run_sandbox(saying("tok0 tok1 tok2", pace=0.25), ping_interval=0.1)
    body = await recorded.replay(sandbox)
    assert body.startswith(2 * ping)
    assert normalised(body.replace(ping, b"")) == normalised(recorded.answer.replace(ping, b""))


async def test_a_failure_midway(run_sandbox, monkeypatch):
    monkeypatch.setattr(
        "gateway.sandbox.clickai_speaking.FAILURE",
        "[mock] InvokeServerUnavailableError: mid-stream",
    )
    sandbox = await run_sandbox(saying("tok0 tok1 tok2 tok3 ", Ending.FAILURE))
    for name in ("21_", "22_"):
        recorded = Recorded(name)
        recorded.is_like(await recorded.replay(sandbox))


async def test_a_failure_before_the_first_word(run_sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.clickai_speaking.FAILURE", "Incorrect API key provided")
    sandbox = await run_sandbox(saying("", Ending.FAILURE))
    for name in ("20_fail_Authorization_stream", "20_fail_Authorization_blocking"):
        recorded = Recorded(name)
        recorded.is_like(await recorded.replay(sandbox))


async def test_too_many_requests(run_sandbox):
    recorded = Recorded("171_")
    recorded.is_like(await recorded.replay(await run_sandbox(saying("", Ending.BUSY))))


@pytest.mark.parametrize(
    "name",
    [
        *("05_", "06_", "07_", "09_", "10_", "11_", "12_", "13_", "15_", "195_", "196_"),
        *("73_", "74_", "105_", "106_", "116_", "118_", "123_", "69_", "194_"),
    ],
)
async def test_what_is_refused(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox))


@pytest.mark.parametrize("name", ["04_", "67_"])
async def test_a_bad_key(sandbox, name):
    recorded = Recorded(name)
    recorded.is_like(await recorded.replay(sandbox, key="bad-key"))


async def test_another_users_conversation(sandbox):
    mine = (await sandbox.chat("hi"))["conversation_id"]
    recorded = Recorded("08_")
    recorded.is_like(await recorded.replay(sandbox, conversation_id=mine))
    recorded = Recorded("103_")
    path = f"/messages?conversation_id={mine}&user=u2"
    recorded.is_like(await recorded.replay(sandbox, path=path))


async def test_a_stopped_answer(run_sandbox):
    recorded = Recorded("70_")
    text = " ".join(f"tok{n}" for n in range(60))
    sandbox = await run_sandbox(saying(text, pace=0.01))
    request = json.loads(recorded.body)
    async with sandbox.post("/chat-messages", request) as response:
        recorded.compare_head(response)
        body = await response.content.readuntil(b"tok16 ")
        task = re.search(rb'"task_id":"([^"]+)"', body)[1].decode()
        path = f"/chat-messages/{task}/stop"
        refused, stopped = Recorded("71_"), Recorded("72_")
        refused.is_like(await refused.replay(sandbox, path=path))
        body += await response.content.readuntil(b"tok25 ")
        assert b"tok25 " in body
        stopped.is_like(await stopped.replay(sandbox, path=path))
        body += await response.content.read()
    # What was said between the seventeenth word and the stop is not in the recording.
    events = normalised(body).split(b"\n\n")
    expected = normalised(recorded.answer).split(b"\n\n")
    assert events[:17] == expected[:17]
    assert events[-1] == expected[-1]
    assert body.count(b'_price":"0E-7"') == 3
    assert len(events) < 60


async def test_the_lists(run_sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.texts.OPENING", "Hello, I am the bot.")
    sandbox = await run_sandbox(lambda query, _: Answer(f"You said: {query} (turn 1)"))
    await sandbox.chat("one")
    await sandbox.chat("see")
    conversation = (await sandbox.chat("My name is Zed"))["conversation_id"]
    recorded = Recorded("101_")
    recorded.is_like(await recorded.replay(sandbox))
    recorded = Recorded("102_")
    path = f"/messages?conversation_id={conversation}&user=u1&limit=20"
    recorded.is_like(await recorded.replay(sandbox, path=path))


async def test_feedback(sandbox):
    message = (await sandbox.chat("hi"))["message_id"]
    for name in ("122_", "124_", "119_", "120_", "121_"):
        recorded = Recorded(name)
        body = await recorded.replay(sandbox, path=f"/messages/{message}/feedbacks")
        recorded.is_like(body)


async def test_suggestions_have_the_recorded_form(sandbox):
    message = (await sandbox.chat("hi"))["message_id"]
    recorded = Recorded("115_")
    body = await recorded.replay(sandbox, path=f"/messages/{message}/suggested?user=u1")
    assert json.loads(body).keys() == json.loads(recorded.answer).keys()
    assert len(json.loads(body)["data"]) == 3


@pytest.mark.parametrize("name", ["60_", "61_"])
async def test_the_description_has_the_recorded_form(sandbox, name):
    recorded = Recorded(name)
    body = json.loads(await recorded.replay(sandbox))
    assert shape(body) == shape(json.loads(recorded.answer))


def shape(value):
    if isinstance(value, dict):
        return [(key, shape(each)) for key, each in value.items()]
    return type(value).__name__
