"""Files are kept and collected without ever failing an answer, and are served harmlessly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.config import RedisConfig
from gateway.fetch import Fetcher
from gateway.files import FILES_PATH, Files, _content
from gateway.http import errors
from gateway.media import safe_name
from gateway.model import Attachment
from gateway.ports import FileGone, FileRefused, StoreUnavailable
from gateway.sandbox.server import serving
from gateway.store import keys
from gateway.store.blobs import CHUNK, Blobs
from gateway.store.connection import Connection, connect

MOST = 2 * 1024 * 1024
ALL = 24 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
NASTY = [
    'a"; b.png',
    "a\r\nX-Evil: 1\r\n\r\n<script>.png",
    "a\\b\\c.png",
    "tệp 你好 🙂.png",
    "%0d%0a.png",
    "{id}?#&;.png",
]


@pytest.fixture
async def connection(redis_url: str) -> AsyncIterator[Connection]:
    connection = Connection(connect(RedisConfig(url=redis_url)))
    yield connection
    await connection.close()


@pytest.fixture
async def files(connection: Connection) -> AsyncIterator[Files]:
    fetcher = Fetcher(MOST)
    yield Files(Blobs(connection, most_bytes_each=MOST, most_bytes_all=ALL, days=1), fetcher)
    await fetcher.close()


@pytest.fixture
async def no_store() -> AsyncIterator[Files]:
    connection = Connection(connect(RedisConfig(url="redis://127.0.0.1:1/0")))
    fetcher = Fetcher(MOST)
    yield Files(Blobs(connection, most_bytes_each=MOST, most_bytes_all=ALL, days=1), fetcher)
    await fetcher.close()
    await connection.close()


def application(files: Files) -> web.Application:
    app = web.Application(middlewares=[errors])
    app.router.add_get(FILES_PATH, files.serve)
    return app


@pytest.fixture
async def origin(files: Files) -> AsyncIterator[str]:
    """Where the files are served."""
    async with serving(application(files), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def vendor() -> AsyncIterator[str]:
    """A server that has one picture, for those who have the token."""

    async def answer(request: web.Request) -> web.Response:
        allowed = request.headers.get("Authorization") == "Bearer app-secret"
        return web.Response(body=PNG, content_type="image/png", status=200 if allowed else 403)

    app = web.Application()
    app.router.add_get("/files/{name}", answer)
    async with serving(app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


async def get(
    http: aiohttp.ClientSession, url: str, method: str = "GET", **headers: str
) -> SimpleNamespace:
    async with http.request(method, url, headers=headers) as response:
        body = await response.read()
        return SimpleNamespace(status=response.status, headers=response.headers, body=body)


async def test_a_kept_file_is_served(
    files: Files, origin: str, http: aiohttp.ClientSession
) -> None:
    kept = await files.keep("photo of us.png", "image/png", PNG)
    served = await get(http, origin + files.path(kept))
    assert (served.status, served.body) == (200, PNG)
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["Content-Disposition"].startswith("inline; ")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert served.headers["Cache-Control"] == "private, immutable, max-age=86400"
    assert served.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert served.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, MOST])
async def test_every_size_is_served(
    files: Files, origin: str, http: aiohttp.ClientSession, size: int
) -> None:
    data = bytes(n % 251 for n in range(size))
    kept = await files.keep("f.bin", "application/x-thing", data)
    url = origin + files.path(kept)
    assert (await get(http, url)).body == data
    head = await get(http, url, "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(size))


@pytest.mark.parametrize(
    ("media_type", "served_as", "kind"),
    [
        ("image/png", "image/png", "inline"),
        ("image/jpeg", "image/jpeg", "inline"),
        ("IMAGE/GIF", "image/gif", "inline"),
        ("audio/mpeg", "audio/mpeg", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("application/pdf", "application/pdf", "inline"),
        ("text/plain; charset=utf-16", "text/plain; charset=utf-8", "inline"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("text/xml", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("text/javascript", "application/octet-stream", "attachment"),
        ("application/zip", "application/octet-stream", "attachment"),
        ("image/png\r\nX-Evil: 1", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
async def test_only_what_cannot_run_is_shown(
    files: Files,
    origin: str,
    http: aiohttp.ClientSession,
    media_type: str,
    served_as: str,
    kind: str,
) -> None:
    kept = await files.keep("f", media_type, b"<script>alert(1)</script>")
    served = await get(http, origin + files.path(kept))
    assert served.headers["Content-Type"] == served_as
    assert served.headers["Content-Disposition"].partition(";")[0] == kind
    assert "X-Evil" not in served.headers
    policy = served.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "script" not in policy


@pytest.mark.parametrize("name", NASTY)
async def test_a_name_cannot_do_anything_to_the_headers(
    files: Files, origin: str, http: aiohttp.ClientSession, name: str
) -> None:
    kept = await files.keep(name, "image/png", PNG)
    served = await get(http, origin + files.path(kept))
    assert (served.status, served.body) == (200, PNG)
    assert "X-Evil" not in served.headers
    _, found = aiohttp.multipart.parse_content_disposition(served.headers["Content-Disposition"])
    assert found["filename*"] == kept.name


@given(st.text())
def test_any_name_survives_its_header(name: str) -> None:
    kept = Attachment(safe_name(name), "image/png", "blob:x", 1)
    header = _content(kept)["Content-Disposition"]
    kind, plain, extended = header.split("; ")[0], *header[8:].rsplit("; ", 1)
    assert kind == "inline"
    assert plain.isascii()
    assert plain.isprintable()
    assert not set(plain[len('filename="') : -1]) & set('"\\')
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == kept.name


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-", 0, 600_000),
        ("bytes=0-1", 0, 2),
        ("bytes=262143-262144", 262_143, 262_145),
        ("bytes=500000-", 500_000, 600_000),
        ("bytes=500000-999999999", 500_000, 600_000),
        ("bytes=-10", 599_990, 600_000),
        ("bytes=-999999999", 0, 600_000),
    ],
)
async def test_a_player_can_jump(
    files: Files, origin: str, http: aiohttp.ClientSession, asked: str, first: int, end: int
) -> None:
    data = bytes(n % 251 for n in range(600_000))
    kept = await files.keep("film.mp4", "video/mp4", data)
    for method, body in (("GET", data[first:end]), ("HEAD", b"")):
        served = await get(http, origin + files.path(kept), method, Range=asked)
        assert (served.status, served.body) == (206, body)
        assert served.headers["Content-Range"] == f"bytes {first}-{end - 1}/600000"
        assert served.headers["Content-Length"] == str(end - first)
        assert served.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", ["bytes=600-", "bytes=600-700", "bytes=99999-"])
async def test_bytes_that_are_not_there_are_refused(
    files: Files, origin: str, http: aiohttp.ClientSession, asked: str
) -> None:
    kept = await files.keep("film.mp4", "video/mp4", bytes(600))
    served = await get(http, origin + files.path(kept), Range=asked)
    assert (served.status, served.headers["Content-Range"]) == (416, "bytes */600")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=x-"])
async def test_a_range_that_is_none_is_ignored(
    files: Files, origin: str, http: aiohttp.ClientSession, asked: str
) -> None:
    kept = await files.keep("film.mp4", "video/mp4", bytes(600))
    served = await get(http, origin + files.path(kept), Range=asked)
    assert (served.status, len(served.body)) == (200, 600)


@pytest.mark.parametrize("unknown", ["x", "a" * 22, "..%2f..%2fmeta", "%7Bblobs%7D:total"])
async def test_a_file_that_is_not_kept_is_gone(
    origin: str,
    http: aiohttp.ClientSession,
    unknown: str,
) -> None:
    served = await get(http, f"{origin}/files/{unknown}/f.png")
    assert served.status == 404
    assert b"file_gone" in served.body


async def test_without_a_store_a_reader_is_asked_to_come_again(
    no_store: Files, http: aiohttp.ClientSession
) -> None:
    async with serving(application(no_store), "127.0.0.1", 0) as port:
        served = await get(http, f"http://127.0.0.1:{port}/files/{'a' * 22}/f.png")
    assert (served.status, served.headers["Retry-After"]) == (503, "1")


async def test_half_a_file_is_never_taken_for_a_whole_one(
    files: Files, connection: Connection, origin: str, http: aiohttp.ClientSession
) -> None:
    kept = await files.keep("f.png", "image/png", bytes(3 * CHUNK))
    await connection.client.hdel(keys.blob(kept.content.removeprefix("blob:")), "2")
    with pytest.raises(aiohttp.ClientError):
        await get(http, origin + files.path(kept))


async def test_a_reader_who_takes_nothing_is_not_waited_for(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.files.STALL_SECONDS", 0.2)
    ended = asyncio.Event()

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await files.serve(request)
        finally:
            ended.set()

    app = web.Application(middlewares=[errors])
    app.router.add_get(FILES_PATH, serve)
    kept = await files.keep("f.png", "image/png", bytes(MOST))
    async with serving(app, "127.0.0.1", 0) as port:
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", port))
            reader.sendall(f"GET {files.path(kept)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await asyncio.wait_for(ended.wait(), 20)


async def test_a_file_is_found_by_its_path(files: Files) -> None:
    kept = await files.keep("a b.png", "image/png", PNG)
    path = files.path(kept)
    assert path.endswith("/a%20b.png")
    assert await files.find(path) == kept
    assert await files.find(path.rpartition("/")[0] + "/another.exe") == kept
    for other in ("", "/", "/files", "/files/", path.replace("files", "other"), f"/x{path}"):
        assert await files.find(other) is None
    assert files.path(Attachment("a.png", "image/png")) == ""


async def test_what_cannot_be_kept_is_refused(files: Files, no_store: Files) -> None:
    with pytest.raises(FileRefused):
        await files.keep("f", "image/png", bytes(MOST + 1))
    with pytest.raises(StoreUnavailable):
        await no_store.keep("f", "image/png", PNG)


async def test_a_bot_s_file_that_cannot_be_kept_is_noted(files: Files, no_store: Files) -> None:
    with capture_logs() as lines:
        large = await files.keep_or_note("my diary.png", "image/png", bytes(MOST + 1))
        lost = await no_store.keep_or_note("my diary.png", "image/png", PNG)
    assert large == Attachment("my diary.png", "image/png", "", MOST + 1)
    assert lost == Attachment("my diary.png", "image/png", "", len(PNG))
    assert [line["reason"] for line in lines] == ["too_large", "the store is unavailable"]
    assert "diary" not in str(lines)
    with pytest.raises(FileGone):
        await files.read(large)


async def test_a_bot_s_file_is_collected(files: Files, vendor: str) -> None:
    url = f"{vendor}/files/chart.png?sign=s3cret"
    kept = await files.collect(url, home=vendor, token="app-secret")
    assert (kept.name, kept.media_type, kept.size) == ("chart.png", "image/png", len(PNG))
    assert await files.read(kept) == PNG
    named = await files.collect(
        url, name="../sales.png", media_type="image/x-own", home=vendor, token="app-secret"
    )
    assert (named.name, named.media_type) == ("sales.png", "image/x-own")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"home": "vendor"}, "the server answered 403"),
        ({"home": "vendor", "token": "another-secret"}, "the server answered 403"),
        ({"token": "app-secret"}, "the address is not public"),
    ],
)
async def test_what_cannot_be_collected_is_noted_without_its_address(
    files: Files, vendor: str, options: dict[str, Any], reason: str
) -> None:
    if "home" in options:
        options = options | {"home": vendor}
    with capture_logs() as lines:
        lost = await files.collect(f"{vendor}/files/my%20diary.png?sign=s3cret", **options)
    assert lost == Attachment("my diary.png", "image/png")
    (line,) = lines
    assert (line["host"], line["reason"]) == ("127.0.0.1", reason)
    for secret in ("s3cret", "diary", "secret"):
        assert secret not in str(line)


@pytest.mark.parametrize(
    "url", ["", "http://[::1/", "nonsense", "http://h:99999/", "http://u:p@h/"]
)
async def test_nonsense_is_noted_too(files: Files, url: str) -> None:
    lost = await files.collect(url, name="a.pdf")
    assert lost == Attachment("a.pdf", "application/pdf")
