"""Visitors who do not give up, of a gateway that runs as a process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from support.servers import Process, eventually, free_port, web_config
from support.widget import Widget

SAID = 8
"""How many messages a talk has."""


class Visitor(Widget):
    """Talks as a widget does: sends until it is taken."""

    refused = 0

    async def send(self, id: str, text: str) -> str:  # noqa: A002
        """Send once; what became of it, empty when it was not taken."""
        body = {"token": self.token, "id": id, "text": text}
        url, headers = f"{self._base}/messages", {"Origin": self._origin}
        async with self._http.post(url, json=body, headers=headers) as response:
            if response.status == 202:
                return str((await response.json())["status"])
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0
            self.refused += 1
            return ""

    async def persist(self, id: str, text: str) -> None:  # noqa: A002
        """Send until it is taken."""
        while not await self.send(id, text):  # noqa: ASYNC110 - it is the server's turn
            await asyncio.sleep(0.1)

    async def talk(self, name: str) -> None:
        """Say one thing after the other."""
        for number in range(SAID):
            await self.persist(f"message-{number}", f"My name is {name}{number}")
            await asyncio.sleep(0.2)

    async def check_talk(self, name: str) -> None:
        """Everything was answered, once and in order."""
        await eventually(self._settled, 20)
        _, body = await self.post("history")
        kinds = [message["kind"] for message in body["history"]]
        assert kinds.count("user") == kinds.count("bot") == SAID
        said = [m["text"] for m in body["history"] if m["kind"] == "user"]
        assert said == [f"My name is {name}{number}" for number in range(SAID)]
        answers = [m for m in body["history"] if m["kind"] == "bot"]
        assert [answer["turn"] for answer in answers] == [str(n + 1) for n in range(SAID)]
        for number, answer in enumerate(answers):
            assert answer["state"] == "done"
            assert f" {name}{number}." in answer["text"]

    async def _settled(self) -> bool:
        status, body = await self.post("history")
        return status == 200 and not body["waiting"]


Opened = Callable[[Process, int], Awaitable[list[Visitor]]]


@contextlib.asynccontextmanager
async def visiting(http: aiohttp.ClientSession) -> AsyncIterator[Opened]:
    """Opens pages that are read to the end."""
    reading: list[Visitor] = []

    async def opened(process: Process, count: int) -> list[Visitor]:
        new = [Visitor(http, process.url) for _ in range(count)]
        reading.extend(new)
        for visitor in new:
            await visitor.open(lang="en")
            visitor.read()
            await visitor.connected.wait()
        return new

    yield opened
    for visitor in reading:
        await visitor.leave()


@contextlib.asynccontextmanager
async def gateway_on(redis: dict[str, Any], bot: str, folder: Path) -> AsyncIterator[Process]:
    """A gateway on a store, with one site and one bot."""
    process = Process(folder, web_config(bot, redis=redis), free_port())
    await process.start()
    try:
        yield process
    finally:
        process.terminate()


async def has_status(http: aiohttp.ClientSession, process: Process, status: int) -> bool:
    """Whether it says of itself that it is ready, or not."""
    async with http.get(f"{process.url}/readyz") as response:
        return response.status == status


def counted(last: int) -> str:
    """The answer of a bot that counts."""
    return " ".join(map(str, range(1, last + 1)))


async def check_count(visitor: Visitor, last: int) -> None:
    """The whole answer was shown on one stream, with one beginning and one end."""
    end = await visitor.end("1")
    assert (end["text"], end["state"]) == (counted(last), "done")
    kinds = [kind for kind, _ in visitor.events]
    assert (kinds.count("start"), kinds.count("bye")) == (1, 0)
