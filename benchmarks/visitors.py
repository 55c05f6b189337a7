"""Visitors who ask and wait for the answer: of the gateway's widget, and of the floor."""

import asyncio
from typing import Protocol
from uuid import uuid4

from benchmarks.client import ANSWER_SECONDS, Answer, Commands, Stream

KEY = "pk_benchmark"
BASE = f"/w/v1/{KEY}"


class Visitor(Protocol):
    """Somebody who asks."""

    async def ask(self, question: str) -> tuple[int, list[Answer]]:
        """Ask; when it was sent, and the answer as each open stream showed it."""
        ...

    def leave(self) -> None:
        """Hang up."""
        ...


class GatewayVisitor:
    """Has a session at the first of some replicas, and a stream open at each."""

    def __init__(self, token: str, commands: Commands, streams: list[Stream]) -> None:
        self._token = token
        self._commands = commands
        self._streams = streams

    @classmethod
    async def arrive(cls, *addresses: str) -> "GatewayVisitor":
        """Open a session and the streams."""
        commands = await Commands.open(addresses[0])
        token, cursor = await session(commands)
        streams = [await follow(address, token, cursor) for address in addresses]
        return cls(token, commands, streams)

    async def ask(self, question: str) -> tuple[int, list[Answer]]:
        """Ask on the command connection, listen on the streams."""
        answers = [stream.expect() for stream in self._streams]
        message: dict[str, object] = {"token": self._token, "id": str(uuid4()), "text": question}
        sent, _ = await self._commands.call(f"{BASE}/messages", message)
        async with asyncio.timeout(ANSWER_SECONDS):
            return sent, list(await asyncio.gather(*answers))

    def leave(self) -> None:
        """Hang up."""
        for connection in (self._commands, *self._streams):
            connection.close()


class FloorVisitor:
    """Asks the bare proxy: the answer is the response."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @classmethod
    async def arrive(cls, address: str) -> "FloorVisitor":
        """Connect."""
        return cls(await Stream.open(address))

    async def ask(self, question: str) -> tuple[int, list[Answer]]:
        """Ask, and listen on the same connection."""
        answer = self._stream.expect()
        sent = self._stream.send("/ask", {"query": question})
        async with asyncio.timeout(ANSWER_SECONDS):
            return sent, [await answer]

    def leave(self) -> None:
        """Hang up."""
        self._stream.close()


async def session(commands: Commands) -> tuple[str, str]:
    """A new visitor's token and cursor."""
    _, reply = await commands.call(f"{BASE}/session", {"lang": "en"})
    return reply["token"], reply["cursor"]


async def follow(address: str, token: str, cursor: str) -> Stream:
    """An open event stream."""
    stream = await Stream.open(address)
    stream.send(f"{BASE}/events", {"token": token, "cursor": cursor})
    async with asyncio.timeout(ANSWER_SECONDS):
        await stream.opened
    return stream
