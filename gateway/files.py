"""Files: kept for whoever is shown them, fetched for those who only have an address, and served.

What people and bots name and send is served from the gateway's own origin, so nothing that a
browser would run there is ever shown by it: such files are only saved.
"""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web
from yarl import URL

from gateway import telemetry
from gateway.fetch import Fetcher, FetchError
from gateway.media import UNKNOWN, media_type, safe_name
from gateway.model import Attachment
from gateway.ports import FileGone, FileRefused, Refusal, StoreUnavailable
from gateway.store.blobs import SCHEME, Blobs

FILES_PATH = "/files/{id:[^/]+}/{name:[^/]+}"
CACHE_SECONDS = 24 * 3600
STALL_SECONDS = 30.0
"""How long a reader may take none of what it asked for."""

_SHOWN = {
    "application/pdf",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
}
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": f"private, immutable, max-age={CACHE_SECONDS}",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_NOTHING_RUNS = "sandbox; default-src 'none'"
_PLAYS = "sandbox allow-same-origin; default-src 'none'; media-src 'self'"
"""For a browser's own player, a page that loads the file it is shown for; no script runs either."""

log = structlog.get_logger(__name__)


class Files:
    """Keeps, collects and serves files. Names and media types are made safe on the way in."""

    def __init__(self, blobs: Blobs, fetcher: Fetcher) -> None:
        self._blobs = blobs
        self._fetcher = fetcher

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file. Raises FileRefused and StoreUnavailable."""
        try:
            kept = await self._blobs.keep(*_described(name, media_type, data), data)
        except FileRefused as refused:
            telemetry.FILES.labels(refused.code).inc()
            raise
        except StoreUnavailable:
            telemetry.FILES.labels("unavailable").inc()
            raise
        telemetry.FILES.labels("kept").inc()
        return kept

    async def keep_or_note(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file; without content when that cannot be, and the log says why. Never raises."""
        try:
            return await self.keep(name, media_type, data)
        except (FileRefused, StoreUnavailable) as error:
            name, media_type = _described(name, media_type, data)
            reason = error.code if isinstance(error, FileRefused) else "the store is unavailable"
            log.warning("file not kept", reason=reason, media_type=media_type, size=len(data))
            return Attachment(name, media_type, size=len(data))

    async def collect(
        self, url: str, *, name: str = "", media_type: str = "", home: str = "", token: str = ""
    ) -> Attachment:
        """Fetch a file and keep it; without content when that cannot be. Never raises.

        Takes as long as the fetcher's and the store's limits together.
        """
        try:
            fetched = await self._fetcher.fetch(url, home=home, token=token)
        except FetchError as error:
            telemetry.FILES.labels("not_fetched").inc()
            log.warning("file not fetched", host=_parsed(url).raw_host, reason=str(error))
            return Attachment(*_described(name or _parsed(url).name, media_type, b""))
        return await self.keep_or_note(
            name or fetched.name, media_type or fetched.media_type, fetched.data
        )

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone and StoreUnavailable."""
        return await self._blobs.read(attachment)

    async def find(self, path: str) -> Attachment | None:
        """The file of a path that ``path`` made; None when there is none. Raises StoreUnavailable.

        The name comes from what is kept, whatever the path says.
        """
        folder, _, rest = path.removeprefix("/").partition("/")
        return await self._blobs.find(rest.partition("/")[0]) if folder == "files" else None

    def path(self, attachment: Attachment) -> str:
        """Where a kept file is served; empty for one without content."""
        if not attachment.content:
            return ""
        return f"/files/{attachment.content.removeprefix(SCHEME)}/{quote(attachment.name, safe='')}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET and HEAD of FILES_PATH, whole or one range. Whoever knows the id may read it."""
        kept = await self._found(request.match_info["id"])
        asked = _asked(request)
        first, end, _ = asked.indices(kept.size)
        response = web.StreamResponse(headers=_HEADERS | _content(kept))
        if asked.start is not None:
            if first >= end:
                raise _no_such_bytes(kept)
            response.set_status(206)
            response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{kept.size}"
        response.content_length = end - first
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            await _send(request, response, self._blobs.stream(kept, first, end))
        return response

    async def _found(self, id: str) -> Attachment:  # noqa: A002
        try:
            kept = await self._blobs.find(id)
        except StoreUnavailable:
            raise Refusal(503, "unavailable", "Try again in a moment.", retry_after=1) from None
        if kept is None:
            raise Refusal(404, "file_gone", "This file is no longer kept.")
        return kept


async def _send(
    request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]
) -> None:
    try:
        async for chunk in chunks:
            async with asyncio.timeout(STALL_SECONDS):
                await response.write(chunk)
    except (FileGone, StoreUnavailable, TimeoutError):
        # Too late for an error of our own: only an end before its time says that it is not all.
        if request.transport:
            request.transport.abort()
        raise ConnectionResetError from None
    await response.write_eof()


def _asked(request: web.Request) -> slice:
    """The range that is asked for; one without a start is everything."""
    try:
        return request.http_range
    except ValueError:
        # What is no single range may be ignored.
        return slice(None)


def _no_such_bytes(kept: Attachment) -> Refusal:
    refusal = Refusal(416, "bad_range", "The file has no such bytes.")
    refusal.headers["Content-Range"] = f"bytes */{kept.size}"
    return refusal


def _content(kept: Attachment) -> dict[str, str]:
    plays = kept.family in {"audio", "video"}
    shown = plays or kept.media_type in _SHOWN
    media = kept.media_type if shown else UNKNOWN
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in kept.name)
    names = f"filename=\"{plain}\"; filename*=UTF-8''{quote(kept.name, safe='')}"
    return {
        "Content-Type": f"{media}; charset=utf-8" if media == "text/plain" else media,
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; {names}",
        "Content-Security-Policy": _PLAYS if plays else _NOTHING_RUNS,
    }


def _described(name: str, declared: str, data: bytes) -> tuple[str, str]:
    name = safe_name(name)
    return name, media_type(declared, name, data)


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        return URL()
