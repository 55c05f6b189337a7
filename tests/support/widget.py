"""A client of the widget's wire protocol, as strict as the protocol is."""

import asyncio
import contextlib
import json
import time
import uuid
from typing import Any

import aiohttp

from gateway.sse import Parser


class Widget:
    """One visitor's browser: a session, and what its event stream has shown."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str = "pk_test") -> None:
        self._http = http
        self._base = f"{url}/w/v1/{key}"
        self._origin = url
        self.token = ""
        self.cursor = ""
        self.history: list[dict[str, Any]] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}
        self.ends: dict[str, dict[str, Any]] = {}
        self.connected = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def post(self, command: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Send one command, as a browser on the gateway's own page does."""
        headers = {"Origin": self._origin, "Content-Type": "text/plain"}
        body = {"token": self.token, **body}
        url = f"{self._base}/{command}"
        async with self._http.post(url, data=json.dumps(body), headers=headers) as response:
            return response.status, await response.json()

    async def open(self, **body: Any) -> dict[str, Any]:
        """Ask for a session."""
        status, session = await self.post("session", **body)
        assert status == 200, session
        self.token, self.cursor = session["token"], session["cursor"]
        self.history = session["history"]
        return session

    async def say(self, text: str, id: str = "") -> dict[str, Any]:  # noqa: A002
        """Send a message, which must be taken."""
        status, answer = await self.post("messages", id=id or str(uuid.uuid4()), text=text)
        assert status == 202, answer
        return answer

    async def ask(self, text: str) -> dict[str, Any]:
        """Send a message and wait for the end of its answer."""
        turn = (await self.say(text))["turn"]
        return await self.end(turn)

    async def end(self, turn: str, seconds: float = 15) -> dict[str, Any]:
        """Wait for a turn's end on the stream."""
        until = time.monotonic() + seconds
        while turn not in self.ends:
            assert time.monotonic() < until, f"turn {turn} has no end in {self.events[-20:]}"
            await asyncio.sleep(0.01)
        return self.ends[turn]

    async def bots(self) -> list[dict[str, Any]]:
        """The answers in the history."""
        _, body = await self.post("history")
        return [message for message in body.get("history", ()) if message["kind"] == "bot"]

    def read(self) -> None:
        """Begin to follow the event stream from the cursor, until ``leave``."""
        self._reading = asyncio.create_task(self._read())

    async def leave(self) -> None:
        """Close the event stream."""
        if self._reading:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None

    async def _read(self) -> None:
        body = json.dumps({"token": self.token, "cursor": self.cursor})
        headers = {"Origin": self._origin}
        parser = Parser()
        async with self._http.post(f"{self._base}/events", data=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            self.connected.set()
            async for chunk in response.content.iter_any():
                for event in parser.feed(chunk):
                    self._take(event.event, json.loads(event.data), event.id)

    def _take(self, kind: str, data: dict[str, Any], id: str) -> None:  # noqa: A002
        self.events.append((kind, data))
        if id and kind in ("start", "delta", "replace", "end"):
            assert number(id) > number(self.cursor), (id, self.cursor)
        if id:
            self.cursor = id
        turn = data.get("turn", "")
        match kind:
            case "start":
                self.texts[turn] = ""
            case "delta":
                assert data["o"] == len(self.texts[turn].encode("utf-16-le")) // 2
                self.texts[turn] += data["t"]
            case "replace":
                self.texts[turn] = data["text"]
            case "end":
                assert turn not in self.ends, "two ends"
                self.ends[turn] = data


def number(id: str) -> tuple[int, int]:  # noqa: A002
    """An event id in its order."""
    turn, n = id.split("-")
    return int(turn), int(n)
