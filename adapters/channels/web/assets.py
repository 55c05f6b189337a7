"""The widget's files, in memory, each as small as the browser takes it."""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from aiohttp import ETag, hdrs, web

from gateway.ports import Refusal

STATIC = Path(__file__).parent / "static"
FILES = frozenset(path.name for path in STATIC.glob("*.js"))
PARTS = {name.split(".")[0]: name for name in FILES if name.count(".") == 2}
"""The present file of each part of the widget."""
CODINGS = {"br": ".br", "gzip": ".gz", "": ""}
"""What each way of compressing adds to a file's name, the smallest first."""
_LASTING = re.compile(r".+\.[0-9a-f]{8,}\.js")
"""Files whose name changes with their content."""


class Asset(NamedTuple):
    """A file, by how it is compressed."""

    etag: ETag
    bodies: Mapping[str, bytes]


async def serve(request: web.Request) -> web.Response:
    """The file that was asked for. Raises Refusal when there is none."""
    asked = request.match_info["file"]
    lasting = _LASTING.fullmatch(asked)
    # A browser, or another replica, may still have the loader of another version.
    name = PARTS.get(asked.split(".")[0], asked) if lasting else asked
    if name not in FILES:
        raise Refusal(404, "not_found", f"The widget has no file {asked}.")
    headers = {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
        # A page that isolates itself takes no script without it.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable"
        if lasting and name == asked
        else "public, max-age=300, stale-while-revalidate=86400",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
    }
    return _answer(request, _read(name), headers)


def _answer(request: web.Request, asset: Asset, headers: dict[str, str]) -> web.Response:
    accepted = request.headers.get(hdrs.ACCEPT_ENCODING, "").lower()
    coding = next(coding for coding in CODINGS if coding in accepted)
    if asset.etag in (request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(
            body=asset.bodies[coding],
            headers={**headers, hdrs.CONTENT_ENCODING: coding} if coding else headers,
            content_type="text/javascript",
            charset="utf-8",
        )
    response.etag = asset.etag
    return response


@cache
def _read(name: str) -> Asset:
    file = STATIC / name
    bodies = {coding: Path(f"{file}{suffix}").read_bytes() for coding, suffix in CODINGS.items()}
    # However it is compressed, it is the same file: a weak tag says so.
    return Asset(ETag(sha256(bodies[""]).hexdigest()[:16], is_weak=True), bodies)
