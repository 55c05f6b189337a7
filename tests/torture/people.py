"""The people of the run: they write to any replica, again until they are heard, and read."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from msgspec import Struct
from support.widget import Widget

from gateway.sse import Parser
from torture.plan import Question, Talk

PATIENCE_SECONDS = 120.0
"""So long a message is sent again and again."""
PAUSES = (0.1, 0.6)
READ_SECONDS = (2.0, 12.0)
"""How long a stream is read before it is opened anew, at any replica."""
ATTEMPTS_OF_ONE_REQUEST = aiohttp.ClientTimeout(total=3)
STREAM = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=20)

Anywhere = Callable[[], str]
"""The address of some replica."""


class Ack(Struct):
    """What became of a message. ``turns`` are all that it was said to be: there must be one."""

    sent: float
    taken: float = 0.0
    turns: set[str] = set()


class Person:
    """Somebody who writes in one conversation."""

    def __init__(
        self, talk: Talk, http: aiohttp.ClientSession, anywhere: Anywhere, dice: random.Random
    ) -> None:
        self.talk = talk
        self.acks: dict[str, Ack] = {}
        self._http = http
        self._anywhere = anywhere
        self._dice = dice

    async def write(self, began: float) -> None:
        """Send every message at its time, and its copies."""
        await asyncio.gather(*(self._write(question, began) for question in self.talk.questions))

    async def _write(self, question: Question, began: float) -> None:
        copies = (self._send(question, began + question.at + at) for at in (0, *question.copies))
        await asyncio.gather(*copies)

    async def _send(self, question: Question, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        ack = self.acks.setdefault(question.token, Ack(time.monotonic()))
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                if turn := await self._try(question):
                    ack.taken = ack.taken or time.monotonic()
                    ack.turns.add(turn)
                    return
            await asyncio.sleep(self._dice.uniform(*PAUSES))

    async def _try(self, question: Question) -> str:
        """The turn of a message that was taken, or nothing."""
        raise NotImplementedError

    @property
    def lane(self) -> str:
        """What the gateway calls the conversation, in its logs."""
        return f"{self.talk.door.name}:{self.talk.place}"

    async def start(self) -> None:
        """Begin to read."""

    async def stop(self) -> None:
        """Stop reading."""


class Pager(Person):
    """Somebody at the platform, which sends its webhooks for them."""

    async def _try(self, question: Question) -> str:
        url = f"{self._anywhere()}/pager/{self.talk.door.name}"
        body = {"id": question.token, "place": self.talk.place, "text": question.text}
        async with self._http.post(url, json=body, timeout=ATTEMPTS_OF_ONE_REQUEST) as response:
            return str((await response.json())["turn"]) if response.status == 200 else ""


class Visitor(Person):
    """Somebody with a widget, who reads at one replica after another."""

    def __init__(
        self, talk: Talk, http: aiohttp.ClientSession, anywhere: Anywhere, dice: random.Random
    ) -> None:
        super().__init__(talk, http, anywhere, dice)
        self.stream = Stream(http, anywhere(), f"pk_{talk.door.name}")
        self._following: asyncio.Task[None] | None = None
        self._one_by_one = asyncio.Lock()

    @property
    def lane(self) -> str:
        """What the gateway calls the conversation, in its logs."""
        return f"{self.talk.door.name}:{self.stream.visitor}"

    async def start(self) -> None:
        """Open a session and follow its stream."""
        await self._refresh()
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Close the stream, and read the history once more."""
        if self._following:
            if self._following.done():
                self.stream.faults.append(f"its reader ended: {self._following!r}")
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        read = set(self.stream.skipped)
        await self._refresh()
        self.stream.skipped = read

    async def _write(self, question: Question, began: float) -> None:
        # A widget sends the next message when the one before was taken.
        await asyncio.sleep(began + question.at - time.monotonic())
        async with self._one_by_one:
            await self._send(question, began + question.at)
        copies = (self._send(question, began + question.at + at) for at in question.copies)
        await asyncio.gather(*copies)

    async def _try(self, question: Question) -> str:
        sender = Stream(self._http, self._anywhere(), self.stream.key)
        sender.token = self.stream.token
        async with asyncio.timeout(3):
            status, body = await sender.post("messages", id=question.token, text=question.text)
        return str(body["turn"]) if status == 202 else ""

    async def _follow(self) -> None:
        while True:
            self.stream.move(self._anywhere())
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                async with asyncio.timeout(self._dice.uniform(*READ_SECONDS)):
                    await self.stream.follow()
            if self.stream.behind:
                await self._refresh()
            await asyncio.sleep(self._dice.uniform(*PAUSES))

    async def _refresh(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.stream.move(self._anywhere())
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(3):
                    status, body = await self.stream.post("session", lang="en")
                if status == 200:
                    self.stream.begin(body)
                    return
            await asyncio.sleep(self._dice.uniform(*PAUSES))


class Stream(Widget):
    """The widget's protocol, spoken to many replicas, one after another."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str) -> None:
        super().__init__(http, url, key)
        self.key = key
        self.visitor = ""
        self.behind = False
        self.skipped: set[str] = set()
        """The turns whose end was read in the history."""
        self.faults: list[str] = []
        """What the stream did that the protocol forbids."""

    def move(self, url: str) -> None:
        """Speak to another replica from now on."""
        self._base, self._origin = f"{url}/w/v1/{self.key}", url

    def begin(self, session: dict[str, Any]) -> None:
        """Begin, or begin anew, from a session's history."""
        self.behind = False
        self.token, self.cursor = session["token"], session["cursor"]
        self.visitor, self.history = session["visitor"], session["history"]
        ended = {said["turn"] for said in self.history if said["kind"] == "bot"}
        self.skipped |= ended - self.ends.keys()

    async def follow(self) -> None:
        """Read until the stream ends."""
        body, headers = {"token": self.token, "cursor": self.cursor}, {"Origin": self._origin}
        parser = Parser()
        async with self._http.post(
            f"{self._base}/events", json=body, headers=headers, timeout=STREAM
        ) as response:
            if response.status != 200:
                return
            async for chunk in response.content.iter_any():
                for event in parser.feed(chunk):
                    self._read_one(event.event, event.data, event.id)

    def _read_one(self, kind: str, data: str, id_: str) -> None:
        self.behind |= kind == "reset"
        try:
            self._take(kind, json.loads(data), id_)
        except (AssertionError, KeyError) as error:
            self.faults.append(f"{kind} {id_} at cursor {self.cursor}: {error!r}")
