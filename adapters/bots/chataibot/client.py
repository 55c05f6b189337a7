"""A typed client for ChatAIBot's API channel."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from adapters.bots.chataibot import wire
from adapters.bots.chataibot.errors import (
    BrokenOff,
    Refused,
    Silent,
    Unintelligible,
    Unreachable,
)

T = TypeVar("T")

_LARGEST_BODY = 1024 * 1024


class Client:
    """Speaks to one bot. Every method raises a ClientError and retries nothing.

    Limits are in seconds: ``connect`` until a connection stands, ``request`` from then on.
    """

    def __init__(
        self,
        http: ClientSession,
        base_url: str,
        token: str,
        bot_key: str,
        *,
        request: float = 15,
        connect: float = 10,
    ) -> None:
        self._http = http
        self._api = f"{base_url.rstrip('/')}/api/v1"
        self._token = token
        self._bot_key = bot_key
        self._limits = ClientTimeout(
            total=connect + request, connect=connect, sock_connect=connect, sock_read=request
        )

    async def start_conversation(
        self, data: wire.Data, user_external_id: str, variables: wire.Variables
    ) -> wire.Started:
        """Begin a conversation with a visitor's first message.

        ``variables`` are the groups ``system``, ``contact`` and ``conversation``.
        """
        body = wire.start(self._bot_key, user_external_id, data, variables)
        started = await self._post("conversations", body, wire.Started)
        if not started.id:
            raise Unintelligible("the conversation that has begun has no id")
        return started

    async def send_message(self, conversation_id: str, data: wire.Data) -> wire.Taken:
        """Say ``data`` (``body``, ``files`` and what a button carries) in a conversation."""
        path = f"conversation/{quote(conversation_id, safe='')}/messages"
        return await self._post(path, wire.message(data), wire.Taken)

    async def _post(self, path: str, body: Mapping[str, object], kind: type[T]) -> T:
        with _translated():
            async with self._http.post(
                f"{self._api}/{path}",
                data=msgspec.json.encode(body),
                headers=self._headers(),
                timeout=self._limits,
                # A redirect would carry the token to wherever it points.
                allow_redirects=False,
            ) as response:
                return _decode(response, await _read(response), kind)

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what aiohttp raises into a ClientError."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unreachable(type(error).__name__) from error
    except TimeoutError as error:
        raise Silent("no answer in time") from error
    except aiohttp.ClientResponseError as error:
        raise Unintelligible(type(error).__name__) from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise BrokenOff(type(error).__name__) from error


async def _read(response: ClientResponse) -> bytes:
    """The body, cut off where it is larger than any that is expected."""
    body = bytearray()
    while len(body) < _LARGEST_BODY and (chunk := await response.content.readany()):
        body += chunk
    return bytes(body)


def _decode(response: ClientResponse, raw: bytes, kind: type[T]) -> T:
    try:
        verdict = msgspec.json.decode(raw, type=wire.Verdict, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        verdict = None
    if not 200 <= response.status < 300 or (verdict and verdict.ok is False):
        wait = response.headers.get("Retry-After")
        raise Refused(response.status, verdict or wire.Verdict(), wait)
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's own words may quote the body.
        raise Unintelligible(f"not the JSON expected: {response.content_type}") from None
