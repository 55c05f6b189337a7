"""The sandbox's command: each vendor's server as a process, and how it is misused."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.sandbox import ciniterflow_flows as flows
from gateway.sandbox.__main__ import main
from gateway.sandbox.server import serving

SECRET = "a-webhook-secret-of-tests"
START = {
    "channel": "API",
    "message": {"data": {"body": "My name is Sarah"}, "type": "text"},
    "bot_key": "bot-key",
    "from": {"user_external_id": "v1", "type": "VISITOR"},
}


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch):
    monkeypatch.delenv("CHATAIBOT_WEBHOOK_URL", raising=False)
    monkeypatch.delenv("CHATAIBOT_WEBHOOK_SECRET", raising=False)


@asynccontextmanager
async def process(*options, **environment):
    """A sandbox process, and the address it said it listens on; it must end when told to."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.sandbox", "--port", "0", "--pace", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        said = (await running.stdout.readline()).decode()
        assert said.startswith("sandbox listening on http://127.0.0.1:")
        yield running, said.split()[-1]
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 5) == 0
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def ask_flow(http, url, question):
    body = {"question": question, "chatId": "c-1"}
    async with http.post(f"{url}/api/v1/prediction/{flows.CHAT.id}", json=body) as response:
        return (await response.json())["text"]


@pytest.mark.parametrize("options", [(), ("--kind", "clickai")])
async def test_clickai_is_the_usual_one(http, options):
    headers = {"Authorization": "Bearer app-workflow"}
    async with (
        process(*options) as (_, url),
        http.get(f"{url}/info", headers=headers) as response,
    ):
        assert url.endswith("/v1")
        assert (await response.json())["mode"] == "workflow"


async def test_ciniterflow_says_which_flows_there_are(http):
    async with process("--kind", "ciniterflow") as (running, url):
        lines = [(await running.stdout.readline()).decode().split() for _ in flows.FLOWS]
        assert [flows.PROTECTED.id, "chat", "sandbox-key"] in lines
        assert "Sarah" in await ask_flow(http, url, "My name is Sarah")


async def test_ciniterflow_remembers_over_a_restart(http, tmp_path):
    options = ("--kind", "ciniterflow", "--memory", str(tmp_path / "memory.jsonl"))
    async with process(*options) as (_, url):
        await ask_flow(http, url, "My name is Sarah")
    async with process(*options) as (_, url):
        assert await ask_flow(http, url, "What is my name?") == "Your name is Sarah."


@pytest.mark.parametrize("in_environment", [False, True])
async def test_chataibot_answers_where_it_was_told_to(http, in_environment):
    received = asyncio.Queue()

    async def receive(request):
        await received.put((request.headers["Authorization"], await request.json()))
        return web.json_response({})

    hook = web.Application()
    hook.router.add_post("/hook", receive)
    async with serving(hook, "127.0.0.1", 0) as port:
        where = f"http://127.0.0.1:{port}/hook"
        options = () if in_environment else ("--webhook-url", where)
        environment = {"CHATAIBOT_WEBHOOK_URL": where} if in_environment else {}
        async with process(
            *("--kind", "chataibot", *options), CHATAIBOT_WEBHOOK_SECRET=SECRET, **environment
        ) as (running, url):
            assert (await running.stdout.readline()).decode() == f"its events go to {where}\n"
            headers = {"Authorization": "Bearer t"}
            address = f"{url}/api/v1/conversations"
            async with http.post(address, json=START, headers=headers) as response:
                assert response.status == 200
            token, body = await asyncio.wait_for(received.get(), 5)
    assert token == f"Bearer {SECRET}"
    assert "Sarah" in body["events"][1]["event"]["payload"]["message"]["data"]["body"]


@pytest.mark.parametrize(
    ("options", "secret", "told"),
    [
        (["--kind", "botpress"], "", "invalid choice"),
        (["--kind", "chataibot"], SECRET, "CHATAIBOT_WEBHOOK_URL"),
        (["--kind", "chataibot", "--webhook-url", "http://x"], "", "CHATAIBOT_WEBHOOK_SECRET"),
        (["--kind", "chataibot", "--memory", "m"], SECRET, "--memory"),
        (["--kind", "ciniterflow", "--webhook-url", "http://x"], "", "--webhook-url"),
        (["--port", "x"], "", "--port"),
    ],
    ids=str,
)
def test_misuse_is_explained(options, secret, told, monkeypatch, capsys):
    if secret:
        monkeypatch.setenv("CHATAIBOT_WEBHOOK_SECRET", secret)
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert told in said.splitlines()[-1]
    assert SECRET not in said


def test_its_help_names_what_it_takes(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for word in ("clickai", "ciniterflow", "chataibot", "CHATAIBOT_WEBHOOK_SECRET", "--pace"):
        assert word in said
