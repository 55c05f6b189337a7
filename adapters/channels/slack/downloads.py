"""Downloads: files that people send, kept before Slack is told that their message was taken.

Slack waits three seconds, so all files of a message have two. One that is slower, too large or
not to be had is an attachment without content, and the core tells the person its name.
"""

import asyncio

import aiohttp
from msgspec.structs import replace
from yarl import URL

from adapters.channels.slack.api import Api, Refused, Unreached, Unsure
from adapters.channels.slack.config import Config
from adapters.channels.slack.inbound import parse
from adapters.channels.slack.wire import File
from gateway.model import Attachment
from gateway.ports import FileRefused, GatewayForChannels

MB = 1024 * 1024
SECONDS = 2.0
HOPS_MOST = 3
CHUNK = 64 * 1024
NAME_LONGEST = 150
NOT_HERE = frozenset({"external", "tombstone", "hidden_by_limit"})
"""Modes of files whose bytes Slack does not have, or does not give."""


class Lost(Exception):
    """The file cannot be had."""


class Downloads:
    """Fetches files from Slack's own hosts."""

    def __init__(self, config: Config, gateway: GatewayForChannels) -> None:
        self._gateway = gateway
        self._most = config.max_file_mb * MB
        self._hosts = config.file_hosts
        # A stand-in for Slack may speak plain HTTP.
        self._schemes = {"https", URL(config.api_url).scheme}

    async def fetch(self, files: tuple[File, ...], api: Api, token: str) -> tuple[Attachment, ...]:
        """Fetch and keep all files of a message. Raises StoreUnavailable only."""
        if not files:
            return ()
        tasks = [asyncio.create_task(self._fetch(file, api, token)) for file in files]
        try:
            await asyncio.wait(tasks, timeout=SECONDS)
        finally:
            for task in tasks:
                task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return tuple(_or_lost(file, result) for file, result in zip(files, found, strict=True))

    async def _fetch(self, file: File, api: Api, token: str) -> Attachment:
        if file.file_access == "check_file_info":
            file = parse(File, (await api.call("files.info", file=file.id)).get("file"))
        if file.mode in NOT_HERE or file.file_access == "access_denied" or not self._most:
            raise Lost
        url = URL(file.url_private_download or file.url_private or "")
        data = await self._data(url, token, file)
        if file.size and len(data) < file.size:
            raise Lost
        return await self._gateway.keep(_name(file), _media_type(file), data)

    async def _data(self, url: URL, token: str, file: File) -> bytes:
        if not self._is_ours(url):
            raise Lost
        home = url.origin()
        for _ in range(HOPS_MOST):
            headers = {"Authorization": f"Bearer {token}"} if url.origin() == home else {}
            async with self._gateway.http.get(
                url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS),
            ) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return await self._body(response, file)
                url = url.join(URL(response.headers.get("Location", "")))
            if url.scheme not in self._schemes or url.user:
                raise Lost
        raise Lost

    def _is_ours(self, url: URL) -> bool:
        if url.scheme not in self._schemes or not url.host or url.user or url.password:
            return False
        host = url.host.lower()
        names = (host, f"{host}:{url.port}")
        return any(
            name == ours or name.endswith(f".{ours}") for name in names for ours in self._hosts
        )

    async def _body(self, response: aiohttp.ClientResponse, file: File) -> bytes:
        # Slack shows its sign-in page to whom it does not let in.
        page = response.content_type == "text/html" and _media_type(file) != "text/html"
        if response.status != 200 or page:
            raise Lost
        if (response.content_length or 0) > self._most:
            raise FileRefused("too_large", self._most)
        data = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK):
            data += chunk
            if len(data) > self._most:
                raise FileRefused("too_large", self._most)
        return bytes(data)


def _or_lost(file: File, result: Attachment | BaseException) -> Attachment:
    match result:
        case Attachment():
            return result
        case FileRefused(limit=limit):
            return replace(_lost(file), limit_mb=limit // MB)
        case (
            Lost()
            | Refused()
            | Unsure()
            | Unreached()
            | aiohttp.ClientError()
            | ValueError()
            | TimeoutError()
            | asyncio.CancelledError()
        ):
            return _lost(file)
    raise result


def _lost(file: File) -> Attachment:
    return Attachment(_name(file), _media_type(file), size=max(file.size or 0, 0))


def _name(file: File) -> str:
    printable = "".join(c for c in file.name or "" if c.isprintable())
    return printable.replace("\\", "/").rpartition("/")[2].strip()[-NAME_LONGEST:] or "file"


def _media_type(file: File) -> str:
    return (file.mimetype or "").strip().lower() or "application/octet-stream"
