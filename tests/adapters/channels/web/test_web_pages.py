"""The widget's files, to browsers that have those of another version."""

import aiohttp
import pytest

from adapters.channels.web.pages import PARTS, STATIC
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
