"""Telegram's file host: the bytes of a file that people sent. Its addresses hold the token."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import aiohttp

from adapters.channels.telegram.errors import Refused, Unsure
from adapters.channels.telegram.request import CONNECTING, failure

SECONDS = 60.0
"""For one file, from connecting to its last byte."""
CHUNK = 64 * 1024
TOO_BIG = "file is too big"


class FileHost:
    """Fetches files by the path that Telegram gave. ``address`` ends with a slash.

    ``local`` is for a Bot API server whose paths are of this machine.
    """

    def __init__(self, http: aiohttp.ClientSession, address: str, *, local: bool) -> None:
        self._http = http
        self._address = address
        self._local = local

    async def get(self, path: str, most: int) -> bytes:
        """A file's bytes, of which there may be ``most``. Raises Refused, Unsure, Unreached."""
        if self._local:
            return await asyncio.to_thread(_read, path, most)
        url = self._address + quote(path)
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._http.get(url, timeout=CONNECTING, allow_redirects=False) as response,
            ):
                return await _body(response, most)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            broken = failure(error)
        # Outside of the handler: what is handled there knows the address.
        raise broken


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    if response.status >= 500:
        raise Unsure(f"status {response.status}")
    if response.status != 200:
        raise Refused(response.status, "file not available")
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > most:
            raise Refused(400, TOO_BIG)
    return bytes(data)


def _read(path: str, most: int) -> bytes:
    file = Path(path)
    try:
        data = file.read_bytes() if file.stat().st_size <= most else None
    except (OSError, ValueError):
        data = b""
    if data is None:
        raise Refused(400, TOO_BIG)
    if not data:
        raise Refused(404, "file not available")
    return data
