"""The library's requests, over the gateway's HTTP session."""

import asyncio
from typing import Any

import aiohttp
import msgspec
from telegram.request import BaseRequest, RequestData

from adapters.channels.telegram.errors import Answer, Unreached, Unsure, meaning

SECONDS = 20.0
"""For one call, from connecting to the last byte of the answer."""
UPLOAD_SECONDS = 120.0
"""For one call that carries files."""
CONNECTING = aiohttp.ClientTimeout(total=None, sock_connect=5.0)
"""The time for all of a call is taken around it: a limit of the session's own, over in the same
moment as the call is cancelled, would swallow that."""

_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_answers = msgspec.json.Decoder(Answer)


class AiohttpRequest(BaseRequest):
    """Carries the library's calls. The session is not its own: it never opens or closes it.

    Raises the errors of ``errors.py`` only; ``token`` is taken out of what Telegram says.
    """

    __slots__ = ("_http", "_token")

    def __init__(self, http: aiohttp.ClientSession, token: str) -> None:
        self._http = http
        self._token = token.encode()

    @property
    def read_timeout(self) -> float:
        """Seconds for a call whose time is not given."""
        return SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the session is there."""

    async def shutdown(self) -> None:
        """Nothing to do: the session stays."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        """An answer that says yes, with its status. Never repeats a call."""
        seconds: float = SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        if request_data and request_data.contains_files:
            seconds = max(seconds, UPLOAD_SECONDS)
        status, payload = await self._exchange(method, url, _form(request_data), seconds)
        # What the library cannot read it logs, texts and all: so it is read before.
        answer = self._read(payload)
        if status == 200 and answer.carried_out:
            return status, payload
        raise meaning(status, answer)

    async def _exchange(
        self, method: str, url: str, form: aiohttp.FormData, seconds: float
    ) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(seconds),
                self._http.request(
                    method, url, data=form, timeout=CONNECTING, allow_redirects=False
                ) as response,
            ):
                return response.status, await response.read()
        except _BROKEN as error:
            broken = failure(error)
        # Outside of the handler: what is handled there knows the address, and the token with it.
        raise broken

    def _read(self, payload: bytes) -> Answer:
        try:
            return _answers.decode(payload.replace(self._token, b"..."))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Answer()


def failure(error: Exception) -> Unreached | Unsure:
    """What an exchange that broke off says of the call."""
    kind = Unreached if isinstance(error, _NO_CONNECTION) else Unsure
    return kind(type(error).__name__)


def _form(data: RequestData | None) -> aiohttp.FormData:
    form = aiohttp.FormData()
    if data is None:
        return form
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form
