"""Files by their content."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.servers import loaded, running, web_config
from support.widget import Widget

from adapters.channels.web.content import is_accepted, is_what_it_says

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
PDF = b"%PDF-1.7\n"
WEBM = b"\x1aE\xdf\xa3" + bytes(20)
MP4 = bytes(4) + b"ftypisom" + bytes(20)
EXE = b"MZ\x90\0" + bytes(60)


@pytest.mark.parametrize(
    ("media_type", "data", "so"),
    [
        ("image/png", PNG, True),
        ("image/png", b"<svg onload=alert(1)>", False),
        ("image/jpeg", PNG, False),
        ("image/png", b"", False),
        ("application/pdf", PDF, True),
        ("application/pdf", b"<html>", False),
        ("text/plain", b"hello", True),
        ("text/plain", b"MZ is no program", True),
        ("text/plain", PDF, False),
        ("text/plain", EXE, False),
        ("text/csv", b"\x7fELF\x02", False),
        ("image/svg+xml", b"<svg/>", True),
        ("image/x-unknown", EXE, False),
        ("audio/webm", WEBM, True),
        ("video/webm", WEBM, True),
        ("audio/mp4", MP4, True),
        ("audio/ogg", WEBM, False),
        ("audio/wav", b"RIFF....WAVE", True),
        ("application/octet-stream", EXE, True),
        ("application/zip", b"PK\x03\x04", True),
        ("application/zip", PNG, False),
        ("video/x-own", MP4, True),
        ("video/quicktime", bytes(4) + b"moov", True),
        ("video/quicktime", bytes(4) + b"ftypqt  ", True),
        ("image/heic", bytes(4) + b"ftypheic", True),
        ("image/avif", bytes(4) + b"ftypmif1", True),
        ("image/avif", MP4, False),
        ("audio/aac", b"\xff\xf1\x50", True),
    ],
)
def test_whether_a_file_is_what_it_says(media_type: str, data: bytes, so: bool) -> None:
    assert is_what_it_says(media_type, data) is so


def test_what_a_site_takes() -> None:
    accept = ("image/*", "application/pdf")
    taken = [
        each for each in ("image/png", "application/pdf", "text/html") if is_accepted(each, accept)
    ]
    assert taken == ["image/png", "application/pdf"]
    assert is_accepted("anything/else", ())


async def post(
    widget: Widget, http: aiohttp.ClientSession, data: bytes, media_type: str
) -> tuple[int, dict[str, Any]]:
    form = aiohttp.FormData({"token": widget.token})
    form.add_field("file", data, filename="x.bin", content_type=media_type)
    headers = {"Origin": widget._origin}
    async with http.post(f"{widget._base}/files", data=form, headers=headers) as response:
        return response.status, await response.json()


async def test_only_files_that_are_accepted_come_in(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["accept"] = ["image/*"]
    async with running(loaded(folder, config)) as gateway:
        widget = Widget(http, gateway.url)
        session = await widget.open(lang="vi")
        assert session["features"]["files"]["accept"] == ["image/*"]
        # The browser records sound, which is not among what the site takes.
        assert session["features"]["voice"] is False
        for data, media_type in ((PDF, "application/pdf"), (PDF, "image/png")):
            status, answer = await post(widget, http, data, media_type)
            assert (status, answer["error"]) == (415, "bad_file")
            assert answer["message"].startswith("Không nhận x.bin")
        status, file = await post(widget, http, b"<svg/>", "image/svg+xml")
        assert status == 201
        async with http.get(gateway.url + file["url"]) as response:
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert response.content_type == "application/octet-stream"
        assert (await post(widget, http, PNG, "image/png"))[0] == 201
