"""The sandbox on a real port."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
import pytest

from gateway.sandbox.answers import Answers
from gateway.sandbox.clickai import ClickAI
from gateway.sandbox.memory import Memory
from gateway.sandbox.server import serving

README = """\
# Chat Gateway

Carries messages.

## Connect Slack

Create a Slack app and copy its tokens.

```sh
# not a heading
chat-gateway run
```

## Connect Telegram

Talk to the BotFather.

## Empty
"""


@dataclass
class Running:
    """A running sandbox. ``url`` ends in ``/v1``."""

    url: str
    http: aiohttp.ClientSession

    def post(self, path: str, body: object, key: str = "k"):
        headers = {"Authorization": f"Bearer {key}"}
        return self.http.post(self.url + path, json=body, headers=headers)

    def get(self, path: str, key: str = "k"):
        return self.http.get(self.url + path, headers={"Authorization": f"Bearer {key}"})

    async def chat(self, query: str, user: str = "u1", conversation: str = "", mode: str = ""):
        body = {"inputs": {}, "query": query, "user": user, "conversation_id": conversation}
        async with self.post("/chat-messages", {**body, "response_mode": mode or "blocking"}) as r:
            return await r.json()

    async def asked(self) -> list[dict[str, str]]:
        async with self.http.get(self.url.removesuffix("/v1") + "/sandbox/asked") as response:
            found = await response.json()
            return found["asked"]


@pytest.fixture
async def run_sandbox() -> AsyncIterator[Callable]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def run(answer=None, memory: Memory | None = None, **options: float) -> Running:
            answer = answer or Answers(README).answer
            api = ClickAI(answer, memory or Memory(), **{"pace": 0, **options})
            app = api.application()
            port = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
            return Running(f"http://127.0.0.1:{port}/v1", http)

        yield run


@pytest.fixture
async def sandbox(run_sandbox: Callable) -> Running:
    return await run_sandbox()


@pytest.fixture
def readme() -> str:
    return README
