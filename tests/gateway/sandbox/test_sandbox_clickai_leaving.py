"""What becomes of the ClickAI sandbox's answers that nobody hears to their end."""

import asyncio
import json
import time

import pytest
from support.servers import eventually

from gateway.sandbox.memory import Memory
from gateway.sandbox.texts import RESOURCE

COUNT = "count to 20"
NUMBERS = " ".join(map(str, range(1, 21)))
DETAIL = (
    *("id", "workflow_id", "status", "inputs", "outputs", "error", "total_steps"),
    *("total_tokens", "created_at", "finished_at", "elapsed_time"),
)
"""As recorded of the real server's GET /workflows/run."""


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
async def slow(run_sandbox, memory):
    return await run_sandbox(memory=memory, pace=0.01)


async def leave(sandbox, key, query, until="message"):
    """Ask, and go with the first such event; that event."""
    path = {"app-workflow": "/workflows/run", "app-completion": "/completion-messages"}
    inputs = {"input_text": query, "text": query}
    body = {"inputs": inputs, "query": query, "user": "u1", "response_mode": "streaming"}
    async with sandbox.post(path.get(key, "/chat-messages"), body, key) as response:
        async for line in response.content:
            told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if told.get("event") == until:
                response.close()
                return told
    raise AssertionError(until)


async def detail(sandbox, run, key="app-workflow"):
    async with sandbox.get(f"/workflows/run/{run}", key) as response:
        return response.status, await response.json()


async def ended(sandbox, run, key="app-workflow"):
    async def over():
        _, found = await detail(sandbox, run, key)
        return found if found["status"] != "running" else None

    return await eventually(over)


@pytest.mark.parametrize(
    ("key", "until"),
    [("app-chat", "message"), ("app-agent", "agent_message"), ("app-completion", "message")],
)
async def test_an_answer_is_lost(slow, memory, key, until):
    told = await leave(slow, key, COUNT, until)
    # Another one, as long, is whole: so would be the first.
    async with asyncio.timeout(5):
        await leave(slow, key, COUNT, "message_end")
    turn = memory.turn(told["message_id"], "u1" if key == "app-chat" else f"{key}/u1")
    assert (turn.answer, turn.error) == ("", None)


async def test_a_chatflow_s_is_kept(slow):
    query = f"{COUNT} with a picture with sources"
    told = await leave(slow, "app-chatflow", query, "workflow_started")
    await ended(slow, told["workflow_run_id"], "app-chatflow")
    path = f"/messages?conversation_id={told['conversation_id']}&user=u1"
    async with slow.get(path, "app-chatflow") as response:
        (row,) = (await response.json())["data"]
    assert (row["answer"], row["status"]) == (f"{NUMBERS} [lang=en]", "normal")
    assert row["retriever_resources"] == [RESOURCE]
    (file,) = row["message_files"]
    assert (file["type"], file["belongs_to"]) == ("image", "assistant")


async def test_a_workflow_s_is_kept(slow):
    told = await leave(slow, "app-workflow", COUNT, "text_chunk")
    status, running = await detail(slow, told["workflow_run_id"])
    assert (status, running["status"], running["finished_at"]) == (200, "running", None)
    found = await ended(slow, told["workflow_run_id"])
    assert tuple(found) == DETAIL
    assert (found["status"], found["outputs"]) == ("succeeded", {"result": NUMBERS})
    assert json.loads(found["inputs"])["input_text"] == COUNT
    assert found["created_at"] <= found["finished_at"] <= time.time()


async def test_a_workflow_that_failed(slow):
    told = await leave(slow, "app-workflow", "fail", "workflow_finished")
    found = await ended(slow, told["workflow_run_id"])
    assert (found["status"], found["outputs"]) == ("failed", {})
    assert found["error"]


async def test_a_workflow_that_was_stopped(slow):
    told = await leave(slow, "app-workflow", COUNT, "text_chunk")
    stop = f"/workflows/tasks/{told['task_id']}/stop"
    async with slow.post(stop, {"user": "u1"}, "app-workflow") as response:
        assert response.status == 200
    assert (await ended(slow, told["workflow_run_id"]))["status"] == "stopped"


async def test_a_workflow_that_waits_for_a_person(slow):
    told = await leave(slow, "app-approval", "please", "workflow_paused")
    _, found = await detail(slow, told["workflow_run_id"], "app-approval")
    assert (found["status"], found["finished_at"]) == ("paused", None)


async def test_a_whole_answer_in_one_body_is_kept_too(slow):
    body = {"inputs": {"input_text": COUNT}, "user": "u1", "response_mode": "blocking"}
    async with slow.post("/workflows/run", body, "app-workflow") as response:
        run = (await response.json())["workflow_run_id"]
    assert (await detail(slow, run))[1]["outputs"] == {"result": NUMBERS}


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [("app-workflow", 404, "not_found"), ("app-chat", 400, "not_workflow_app")],
)
async def test_a_run_that_is_none(slow, key, status, code):
    found, body = await detail(slow, "11111111-1111-1111-1111-111111111111", key)
    assert (found, body["code"]) == (status, code)


async def test_a_run_of_another_app(slow):
    told = await leave(slow, "app-workflow", COUNT, "workflow_started")
    assert (await detail(slow, told["workflow_run_id"], "app-reader"))[0] == 404


async def test_old_runs_are_forgotten(slow, monkeypatch):
    monkeypatch.setattr("gateway.sandbox.clickai_records._MOST", 1)
    first = await leave(slow, "app-workflow", "hello", "workflow_finished")
    await leave(slow, "app-workflow", "hello", "workflow_finished")
    assert (await detail(slow, first["workflow_run_id"]))[0] == 404
