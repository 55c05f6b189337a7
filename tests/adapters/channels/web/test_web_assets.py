"""The widget's files, to browsers that have those of another version."""

import aiohttp
import pytest

from adapters.channels.web.assets import PARTS, STATIC
from gateway.service import Service


async def fetched(http: aiohttp.ClientSession, gateway: Service, name: str) -> tuple[int, str, str]:
    """The status, how long a browser may keep it, and the text."""
    async with http.get(f"{gateway.url}/widget/{name}") as response:
        return response.status, response.headers.get("Cache-Control", ""), await response.text()


@pytest.mark.parametrize("part", ["panel", "watch", "frame", "write"])
async def test_the_part_of_another_version_is_the_present_one(
    gateway: Service, http: aiohttp.ClientSession, part: str
) -> None:
    present = (STATIC / PARTS[part]).read_text()
    status, kept, text = await fetched(http, gateway, f"{part}.0123456789.js")
    assert (status, text) == (200, present)
    # Under that name it is another file.
    assert "immutable" not in kept
    status, kept, text = await fetched(http, gateway, PARTS[part])
    assert (status, text) == (200, present)
    assert "immutable" in kept


@pytest.mark.parametrize(
    "name", ["other.0123456789.js", "panel.js", "panel.01.js", "w.0123456789.js"]
)
async def test_what_never_was_is_not_there(
    gateway: Service, http: aiohttp.ClientSession, name: str
) -> None:
    assert (await fetched(http, gateway, name))[0] == 404


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("GZIP", "gzip"), ("identity", "")],
)
async def test_it_is_as_small_as_the_browser_takes_it_and_not_sent_twice(
    gateway: Service, http: aiohttp.ClientSession, accepted: str, coding: str
) -> None:
    suffix = {"br": ".br", "gzip": ".gz"}.get(coding, "")
    file = STATIC / f"w.js{suffix}"
    url, headers = f"{gateway.url}/widget/w.js", {"Accept-Encoding": accepted}
    async with http.get(url, headers=headers, auto_decompress=False) as response:
        etag = response.headers["ETag"]
        assert response.headers.get("Content-Encoding", "") == coding
        assert response.headers["Vary"] == "Accept-Encoding"
        assert await response.read() == file.read_bytes()
    for known, status in ((etag, 304), (f'"other", {etag}', 304), ('W/"other"', 200), ("?", 200)):
        asked = {**headers, "If-None-Match": known}
        async with http.get(url, headers=asked, auto_decompress=False) as response:
            assert (response.status, response.headers["ETag"]) == (status, etag)
            assert bool(await response.read()) == (status == 200)
