"""The stand-in for a bot: a process that speaks ClickAI's streaming and stamps every token.

``python -m benchmarks.stand_in`` prints its address and runs until it is told to stop. A question
is two numbers, tokens and milliseconds between them. The answer's text is what is measured with:
``a<ns>@<who asked>`` when the question was there, ``t<ns>`` as each token leaves, both on the
machine's monotonic clock. Who asked is the first part of the path, so each caller has its own.
"""

import asyncio
import time
from uuid import uuid4

import msgspec
from aiohttp import web

from benchmarks.serving import run

THINKING = 0.02
"""Seconds before the first token."""


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer one question."""
    body = await request.read()
    asked = f"a{time.monotonic_ns()}@{request.match_info['caller']} "
    question = msgspec.json.decode(body)
    tokens, pause = map(int, question["query"].split()[:2])
    ids = {
        "conversation_id": question.get("conversation_id") or str(uuid4()),
        "message_id": str(uuid4()),
        "task_id": str(uuid4()),
        "created_at": int(time.time()),
    }
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    clock = asyncio.get_running_loop().time
    due = clock() + THINKING
    for _ in range(tokens):
        await asyncio.sleep(max(0.0, due - clock()))
        due += pause / 1000
        text = f"{asked}t{time.monotonic_ns()} "
        await response.write(_event({"event": "message", **ids, "answer": text}))
        asked = ""
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_price": "0.001"}
    metadata = {"usage": usage, "retriever_resources": []}
    await response.write(_event({"event": "message_end", **ids, "metadata": metadata}))
    await response.write_eof()
    return response


async def parameters(_: web.Request) -> web.Response:
    """What the app says before it is asked: nothing."""
    return web.json_response({"opening_statement": "", "suggested_questions": []})


def _event(data: dict[str, object]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def main() -> None:
    """Serve until told to stop."""
    app = web.Application()
    app.router.add_post("/{caller}/v1/chat-messages", answer)
    app.router.add_get("/{caller}/v1/parameters", parameters)
    run(app)


if __name__ == "__main__":
    main()
