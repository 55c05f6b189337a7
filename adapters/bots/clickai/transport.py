"""Requests to ClickAI: the key, the limits, and what each way of failing is called."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote, urljoin

import aiohttp
import msgspec
from aiohttp import ClientResponse, ClientSession, ClientTimeout
from msgspec import Struct
from yarl import URL

from adapters.bots.clickai import wire
from adapters.bots.clickai.decoding import decode
from adapters.bots.clickai.errors import midway, refusal
from adapters.bots.errors import BrokenOff, Silent, TooMuch, Unintelligible, Unreachable
from adapters.bots.patience import within
from adapters.bots.stream import Stream

T = TypeVar("T")

_LARGEST_BODY = 32 * 1024 * 1024
_LONGEST_REFUSAL = 256 * 1024
_JSON = "application/json"


class Limits(Struct, frozen=True):
    """How long things may take, in seconds.

    Of a stream: ``idle`` without a byte (it covers the wait for the headers) and ``content`` with
    heartbeats only. ``blocking`` is for a whole answer in one body, ``upload`` for a file,
    ``quick`` for everything else; ``connect`` until a connection stands.
    """

    idle: float = 30
    content: float = 300
    connect: float = 10
    blocking: float = 60
    upload: float = 120
    quick: float = 10

    def streaming(self) -> ClientTimeout:
        """For an answer that is streamed."""
        return ClientTimeout(total=None, connect=self.connect, sock_connect=self.connect)

    def within(self, seconds: float) -> ClientTimeout:
        """For a request that has to be done within ``seconds``."""
        return ClientTimeout(total=seconds, connect=self.connect, sock_connect=self.connect)


class Transport:
    """Speaks to one address with one key. Every method raises a ClientError and retries nothing.

    ``http`` may be the caller's session. Otherwise there is one of its own, until ``close``.
    """

    def __init__(
        self, base_url: str, key: str, limits: Limits, http: ClientSession | None = None
    ) -> None:
        self.limits = limits
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._given = http
        self._own: ClientSession | None = None

    @property
    def origin(self) -> str:
        """Where the requests go: scheme, host and port."""
        return str(URL(self._base_url).origin())

    async def close(self) -> None:
        """Let go of the session, if it is not the caller's."""
        if self._own:
            await self._own.close()
            self._own = None

    def absolute(self, url: str) -> str:
        """An address that may be given without its host. Raises ValueError when it is none."""
        return urljoin(f"{self.origin}/", url)

    async def get(self, path: str, kind: type[T], **query: str | int) -> T:
        """What ``GET path`` answers."""
        asked = {name: str(value) for name, value in query.items()}
        async with self.request("GET", path, self._quick(), query=asked) as response:
            return await self.decode(response, kind)

    async def send(self, method: str, path: str, kind: type[T], body: Mapping[str, object]) -> T:
        """What ``method path`` answers to a JSON ``body``."""
        private = tuple(_texts(body))
        async with self.request(method, path, self._quick(), private, body=body) as response:
            return await self.decode(response, kind)

    async def tell(
        self,
        method: str,
        path: str,
        body: Mapping[str, object],
        within: float | None = None,
    ) -> None:
        """Send a JSON ``body`` whose answer says nothing more than that it was taken."""
        limits, private = self._quick(within), tuple(_texts(body))
        async with self.request(method, path, limits, private, body=body):
            return

    async def upload(
        self, path: str, kind: type[T], form: aiohttp.FormData, private: Iterable[str]
    ) -> T:
        """What ``POST path`` answers to a form with a file."""
        limits = self.limits.within(self.limits.upload)
        async with self.request("POST", path, limits, private, form=form) as response:
            return await self.decode(response, kind)

    async def events(
        self, response: ClientResponse, private: Iterable[str]
    ) -> AsyncGenerator[wire.AppEvent | wire.Unknown]:
        """The events of a streamed answer until the stream ends.

        An ``error`` event is yielded, for its ids, and then raised as Refused.
        """
        stream = Stream[wire.AppEvent | wire.Unknown](
            response, self.limits.idle, self.limits.content, decode
        )
        while (events := await stream.next()) is not None:
            for event in events:
                yield event
                if isinstance(event, wire.Error):
                    raise midway(event, private)

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str | URL,
        limits: ClientTimeout,
        private: Iterable[str] = (),
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        form: aiohttp.FormData | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """The answer to a request, once it is a yes. ``private`` is kept out of every error."""
        content_type = {} if form else {"Content-Type": _JSON}
        asked = self._session().request(
            method,
            path if isinstance(path, URL) else f"{self._base_url}/{path}",
            params=query,
            data=form if body is None else msgspec.json.encode(body),
            headers={**self._headers(), **content_type},
            timeout=limits,
            # A redirect would carry the key to wherever it points.
            allow_redirects=False,
        )
        try:
            begun = asked if limits.total else within(self.limits.idle, asked)
            async with await begun as response:
                if not 200 <= response.status < 300:
                    raw = await _beginning(response)
                    wait = response.headers.get("Retry-After")
                    raise refusal(response.status, raw, (self._key, *private), wait)
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"no connection: {type(error).__name__}") from error
        except aiohttp.ClientResponseError as error:
            raise Unintelligible(type(error).__name__) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise BrokenOff(type(error).__name__) from error
        except TimeoutError as error:
            raise Silent(f"no answer within {limits.total:g} s") from error

    async def decode(self, response: ClientResponse, kind: type[T]) -> T:
        """The body as what it should be. Raises Unintelligible."""
        raw = await read(response)
        try:
            return msgspec.json.decode(raw, type=kind, strict=False)
        except msgspec.DecodeError as error:
            raise Unintelligible(f"not the JSON expected: {response.content_type}") from error

    def _session(self) -> ClientSession:
        if self._given:
            return self._given
        if self._own is None:
            self._own = ClientSession()
        return self._own

    def _quick(self, within: float | None = None) -> ClientTimeout:
        return self.limits.within(within or self.limits.quick)

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._key}",
            "Accept": f"text/event-stream, {_JSON}, */*",
            # A proxy that compresses a stream also holds it back.
            "Accept-Encoding": "identity",
        }


async def read(response: ClientResponse, most: int = _LARGEST_BODY) -> bytes:
    """The body. Raises TooMuch when it is larger than ``most`` bytes."""
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > most:
            raise TooMuch(f"more than {most} bytes")
    return bytes(body)


async def _beginning(response: ClientResponse) -> bytes:
    """As much of the body as an explanation may take."""
    body = bytearray()
    while len(body) < _LONGEST_REFUSAL and (chunk := await response.content.readany()):
        body += chunk
    return bytes(body)


def in_path(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def _texts(body: Mapping[str, object]) -> Iterator[str]:
    for value in body.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _texts(value)
