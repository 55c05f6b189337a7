"""The sandbox as a process, and the ClickAI bot in front of it."""

import asyncio
import signal
import socket
import sys
from contextlib import aclosing, asynccontextmanager
from types import SimpleNamespace

import aiohttp
import pytest

from adapters.bots.clickai import Bot, Config
from gateway.model import (
    Ask,
    Conversation,
    Done,
    Failed,
    Failure,
    Forgotten,
    Reference,
    TextDelta,
)
from gateway.sandbox import server, texts
from gateway.sandbox.__main__ import main


@asynccontextmanager
async def process(*options, port=0):
    """A sandbox process that has said it listens, and the address it said."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.sandbox", "--port", str(port), "--pace", "0", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said = (await running.stdout.readline()).decode()
        assert said.startswith("sandbox listening on http://127.0.0.1:")
        assert said.endswith("/v1\n")
        yield running, said.split()[-1]
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def bot_at(http):
    async def make(url, **config):
        values = {"kind": "clickai", "base_url": url, "api_key": "k", **config}
        bot = Bot("sandbox", Config.model_validate(values))
        await bot.start(SimpleNamespace(http=http))
        return bot

    return make


def ask(text, reference=""):
    return Ask(turn="t", text=text, user="u1", conversation=Conversation(reference))


async def answer(bot, text, reference=""):
    events = [event async for event in bot.answer(ask(text, reference))]
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    conversation = [event.conversation for event in events if isinstance(event, Reference)]
    return said, events[-1], conversation


async def test_a_conversation_survives_a_restart(tmp_path, bot_at):
    kept = ("--memory", str(tmp_path / "memory.jsonl"))
    async with process(*kept) as (running, url):
        _, last, (conversation,) = await answer(await bot_at(url), "My name is Sarah")
        assert last == Done()
        running.send_signal(signal.SIGKILL)
        await running.wait()
    async with process(*kept) as (_, url):
        said, last, _ = await answer(await bot_at(url), "What is my name?", conversation)
        assert (said, last) == ("Your name is Sarah.", Done())


async def test_without_a_memory_a_restart_forgets_and_the_bot_begins_anew(bot_at):
    async with process() as (_, url):
        _, _, (conversation,) = await answer(await bot_at(url), "hello")
    async with process() as (_, url):
        bot = await bot_at(url)
        events = [event async for event in bot.answer(ask("hello", conversation))]
        assert (events[0], events[-1]) == (Forgotten(), Done())
        assert events[1].conversation != conversation


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_told_to_even_while_it_answers(bot_at, number):
    async with process() as (running, url):
        bot = await bot_at(url)
        async with aclosing(bot.answer(ask("count slowly to 500"))) as events:
            await anext(events)
            running.send_signal(number)
            assert await asyncio.wait_for(running.wait(), 5) == 0


async def test_it_ends_with_its_parent():
    async with process("--exit-with-parent") as (running, _):
        running.stdin.close()
        assert await asyncio.wait_for(running.wait(), 5) == 0


async def test_it_waits_for_a_port_that_is_about_to_be_free():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        asyncio.get_running_loop().call_later(0.7, held.close)
        async with process(port=port) as (_, url):
            assert url == f"http://127.0.0.1:{port}/v1"


def test_it_gives_up_on_a_port_that_stays_taken(monkeypatch, capsys):
    monkeypatch.setattr(server, "_BIND_FOR", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as held:
        assert main(["--port", str(held.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


async def test_the_bot_and_its_conversation(sandbox, bot_at):
    bot = await bot_at(sandbox.url)
    said, last, (conversation,) = await answer(bot, "My name is Sarah")
    assert (said, last) == ("Nice to meet you, Sarah. I will remember your name.", Done())
    said, last, _ = await answer(bot, "What is my name?", conversation)
    assert said == "Your name is Sarah."
    assert await sandbox.asked() == [
        {"query": "My name is Sarah", "user": "u1", "conversation_id": conversation},
        {"query": "What is my name?", "user": "u1", "conversation_id": conversation},
    ]


async def test_a_long_answer_arrives_whole(sandbox, bot_at):
    said, last, _ = await answer(await bot_at(sandbox.url), "long")
    assert (said, last) == (texts.long(), Done())


@pytest.mark.parametrize(
    ("order", "failure", "said"),
    [
        ("fail", Failure.UNAVAILABLE, ""),
        ("fail midway", Failure.UNAVAILABLE, texts.HALF),
        ("cut", Failure.INTERRUPTED, texts.HALF),
        ("nothing", Failure.EMPTY, ""),
        ("busy", Failure.BUSY, ""),
        ("hang", Failure.TIMEOUT, ""),
    ],
)
async def test_misbehaviour_reaches_the_bot(sandbox, bot_at, order, failure, said):
    bot = await bot_at(sandbox.url, idle_timeout=0.3)
    shown, last, _ = await answer(bot, order)
    assert isinstance(last, Failed)
    assert (shown, last.failure) == (said, failure)
    assert [each["query"] for each in await sandbox.asked()] == [order]


async def test_a_bad_key_is_refused(sandbox, bot_at):
    _, last, _ = await answer(await bot_at(sandbox.url, api_key="bad"), "hello")
    assert last.failure is Failure.MISCONFIGURED


async def test_stopping_stops(sandbox, bot_at):
    bot = await bot_at(sandbox.url)
    request = ask("count slowly to 500")
    events, said = bot.answer(request), []
    async with aclosing(events):
        async for event in events:
            if isinstance(event, TextDelta):
                said.append(event.text)
            if isinstance(event, Reference):
                await bot.stop_answer(request, event)
    assert event == Done()
    assert said == ["1 "]


async def test_the_introduction(sandbox, bot_at):
    introduction = await (await bot_at(sandbox.url)).introduce()
    assert introduction.opening == texts.OPENING
    assert introduction.suggestions == texts.SUGGESTIONS


async def test_only_the_latest_questions_are_listed(run_sandbox, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.clickai_runs._REMEMBERED_QUESTIONS", 3)
    sandbox = await run_sandbox()
    for n in range(5):
        await sandbox.chat(f"q{n}")
    assert [each["query"] for each in await sandbox.asked()] == ["q2", "q3", "q4"]


async def test_words_come_at_the_pace_that_was_set(run_sandbox):
    sandbox = await run_sandbox(pace=0.02)
    began = asyncio.get_running_loop().time()
    await sandbox.chat("count to 10", mode="blocking")
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_nobody_is_answered_who_has_left(sandbox):
    def answering():
        return [task for task in asyncio.all_tasks() if "RequestHandler.start" in repr(task)]

    body = {"inputs": {}, "query": "hang", "user": "u1", "response_mode": "streaming"}
    async with sandbox.post("/chat-messages", body) as response:
        assert await response.content.readuntil(b"\n\n") == b"event: ping\n\n"
        (task,) = answering()
        response.close()
    done, _ = await asyncio.wait([task], timeout=2)
    assert done == {task}
