"""A typed client for what the gateway uses of ClickAI's chat API."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from adapters.bots.clickai import wire
from adapters.bots.clickai.errors import (
    BrokenOff,
    Silent,
    Unintelligible,
    Unreachable,
    midway,
    refusal,
)
from adapters.bots.clickai.stream import Stream

Inputs = Mapping[str, str | int | float | bool]
T = TypeVar("T")

_LARGEST_BODY = 8 * 1024 * 1024
_QUICK = 10.0
"""Seconds that a small request may take in all."""


class Client:
    """Speaks to one app. Every method raises a ClientError and retries nothing.

    All limits are in seconds: ``idle`` without a byte (it covers the wait for the headers),
    ``content`` with heartbeats only, ``connect`` until a connection stands.
    """

    def __init__(
        self,
        http: ClientSession,
        base_url: str,
        api_key: str,
        *,
        idle: float = 30,
        content: float = 300,
        connect: float = 10,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._key = api_key
        self._idle = idle
        self._content = content
        self._connect = connect

    async def chat(
        self,
        query: str,
        user: str,
        conversation_id: str,
        inputs: Inputs,
        *,
        auto_generate_name: bool = False,
    ) -> AsyncGenerator[wire.ChatEvent]:
        """Ask, and yield the answer's events as they come, until the stream ends.

        The end of the stream does not say that the answer is whole; its events do. An ``error``
        event is yielded, for its ids, and then raised as Refused. A server that answers with one
        JSON body instead yields it as a message and its end. Closing the iterator closes the
        connection.
        """
        body = {
            "inputs": inputs,
            "query": query,
            "response_mode": "streaming",
            "user": user,
            "conversation_id": conversation_id,
            "auto_generate_name": auto_generate_name,
        }
        private = (self._key, query, *map(str, inputs.values()))
        limits = ClientTimeout(
            total=None, connect=self._connect, sock_connect=self._connect, sock_read=self._idle
        )
        async with self._request("POST", "chat-messages", limits, private, body=body) as response:
            if response.content_type == "text/event-stream":
                stream = Stream(response, self._content)
                while (events := await stream.next()) is not None:
                    for event in events:
                        yield event
                        if isinstance(event, wire.Error):
                            raise midway(event, private)
            else:
                for event in _whole(await self._decode(response, wire.Blocking)):
                    yield event

    async def stop(self, task_id: str, user: str) -> None:
        """Stop a running answer. ClickAI also says yes to a task it does not know."""
        limits = ClientTimeout(total=_QUICK / 2)
        path = f"chat-messages/{quote(task_id, safe='')}/stop"
        async with self._request("POST", path, limits, body={"user": user}):
            return

    async def messages(
        self, conversation_id: str, user: str, limit: int
    ) -> list[wire.StoredMessage]:
        """The latest messages of a conversation, oldest first."""
        query = {"conversation_id": conversation_id, "user": user, "limit": str(limit)}
        limits = ClientTimeout(total=_QUICK)
        async with self._request("GET", "messages", limits, query=query) as response:
            return (await self._decode(response, wire.MessageList)).data

    async def parameters(self) -> wire.Parameters:
        """What the app says before it is asked."""
        async with self._request("GET", "parameters", ClientTimeout(total=_QUICK)) as response:
            return await self._decode(response, wire.Parameters)

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        limits: ClientTimeout,
        private: Iterable[str] = (),
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> AsyncIterator[ClientResponse]:
        try:
            async with self._http.request(
                method,
                f"{self._base_url}/{path}",
                params=query,
                data=None if body is None else msgspec.json.encode(body),
                headers=self._headers(),
                timeout=limits,
                # A redirect would carry the key to wherever it points.
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raw = await _read(response)
                    wait = response.headers.get("Retry-After")
                    raise refusal(response.status, raw, private, wait)
                yield response
        except aiohttp.SocketTimeoutError as error:
            raise Silent(f"no byte for {self._idle:g} s") from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(type(error).__name__) from error
        except aiohttp.ClientResponseError as error:
            raise Unintelligible(type(error).__name__) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenOff(type(error).__name__) from error
        except TimeoutError as error:
            raise Silent("no answer in time") from error

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
            # A proxy that compresses a stream also holds it back.
            "Accept-Encoding": "identity",
        }

    async def _decode(self, response: ClientResponse, kind: type[T]) -> T:
        raw = await _read(response)
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except msgspec.DecodeError as error:
            raise Unintelligible(f"not the JSON expected: {response.content_type}") from error


async def _read(response: ClientResponse) -> bytes:
    """The body, cut off where it is larger than any that is expected."""
    body = bytearray()
    while len(body) < _LARGEST_BODY and (chunk := await response.content.readany()):
        body += chunk
    return bytes(body)


def _whole(answer: wire.Blocking) -> tuple[wire.Message, wire.MessageEnd]:
    ids = {
        "conversation_id": answer.conversation_id,
        "message_id": answer.message_id,
        "task_id": answer.task_id,
    }
    return (
        wire.Message(answer=answer.answer, **ids),
        wire.MessageEnd(metadata=answer.metadata, **ids),
    )
