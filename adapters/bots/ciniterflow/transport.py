"""One request to CiniterFlow: its headers, its limits, and what may go wrong with it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from adapters.bots.ciniterflow.errors import refusal
from adapters.bots.errors import BrokenOff, Silent, Unintelligible, Unreachable
from adapters.bots.patience import within

T = TypeVar("T")
Payload = Mapping[str, object] | aiohttp.FormData

_LARGEST_BODY = 8 * 1024 * 1024


class Transport:
    """Sends requests to the API of one server. ``key`` may be empty."""

    def __init__(self, http: ClientSession, base_url: str, key: str) -> None:
        self._http = http
        self.base_url = f"{base_url.rstrip('/')}/api/v1"
        """The API's."""
        self._key = key

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        limits: ClientTimeout,
        *,
        private: Iterable[str] = (),
        query: Mapping[str, str] | None = None,
        body: Payload | None = None,
        headers_within: float | None = None,
    ) -> AsyncIterator[ClientResponse]:
        """The response, if it is a 200.

        ``private`` is what no error may repeat; ``headers_within`` the seconds until the response
        must have begun. Raises ClientError, also for what goes wrong while the body is read.
        """
        async with AsyncExitStack() as stack:
            stack.enter_context(_Mistakes())
            asked = self._http.request(
                method,
                f"{self.base_url}/{path}",
                params=query,
                data=_encoded(body),
                headers=self._headers(body),
                timeout=limits,
                # A redirect would carry the key to wherever it points.
                allow_redirects=False,
            )
            begun = within(headers_within, asked) if headers_within else asked
            response = await stack.enter_async_context(await begun)
            if response.status != 200:
                raw, wait = await read(response), response.headers.get("Retry-After")
                raise refusal(response.status, raw, (self._key, *private), wait)
            yield response

    def _headers(self, body: Payload | None) -> dict[str, str]:
        headers = {
            "Accept": "text/event-stream, application/json",
            # A proxy that compresses a stream also holds it back.
            "Accept-Encoding": "identity",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        # Without it the server takes no notice of the body, and says nothing.
        if not isinstance(body, aiohttp.FormData):
            headers["Content-Type"] = "application/json"
        return headers


class _Mistakes:
    """Turns what aiohttp raises into a ClientError."""

    def __enter__(self) -> None:
        """Nothing has happened yet."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError():
                raise Unreachable(f"no connection: {type(error).__name__}") from error
            case aiohttp.ClientResponseError():
                raise Unintelligible(type(error).__name__) from error
            case aiohttp.ClientError() | ConnectionError():
                raise BrokenOff(type(error).__name__) from error
            case TimeoutError():
                raise Silent("no answer in time") from error


def _encoded(body: Payload | None) -> bytes | aiohttp.FormData | None:
    if body is None or isinstance(body, aiohttp.FormData):
        return body
    return msgspec.json.encode(body)


async def read(response: ClientResponse) -> bytes:
    """The body, cut off where it is larger than any that is expected."""
    body = bytearray()
    while len(body) < _LARGEST_BODY and (chunk := await response.content.readany()):
        body += chunk
    return bytes(body)


async def decoded(response: ClientResponse, kind: type[T]) -> T:
    """The body as ``kind``. Raises Unintelligible."""
    raw = await read(response)
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except msgspec.DecodeError as error:
        raise Unintelligible(f"not the JSON expected: {response.content_type}") from error
