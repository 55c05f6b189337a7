"""What a browser fetches before it talks: the hosted page and the widget's files."""

import re
from html import escape
from pathlib import Path

from aiohttp import web

from adapters.channels.web.config import Config
from gateway.ports import Refusal

STATIC = Path(__file__).parent / "static"
FILES = frozenset(path.name for path in STATIC.glob("*.js"))
PARTS = {name.split(".")[0]: name for name in FILES if name.count(".") == 2}
"""The present file of each part of the widget."""

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: blob:{images};"
    " media-src 'self' blob:; style-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types 'none'"
)
_LASTING = re.compile(r".+\.[0-9a-f]{8,}\.js")
"""Files whose name changes with their content."""
PAGE = """<!doctype html>
<html{lang}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<script type="module" src="/widget/page.js" data-key="{key}" data-title="{title}"\
 data-mode="{mode}"></script>
</html>
"""


class Pages:
    """The pages of one site: nothing but the chat."""

    def __init__(self, config: Config) -> None:
        self.path = config.page or f"/w/{config.key}"
        self.frame_path = f"/w/{config.key}/frame"
        self._config = config

    async def hosted(self, _: web.Request) -> web.Response:
        """The hosted page, which nobody may frame."""
        return self._page("full", "'none'")

    async def frame(self, _: web.Request) -> web.Response:
        """The same for a frame in a page of the site's origins."""
        return self._page("frame", " ".join(("'self'", *self._config.origins)))

    def _page(self, mode: str, ancestors: str) -> web.Response:
        config = self._config
        html = PAGE.format(
            # Without one, the widget speaks the language of the browser.
            lang=f' lang="{escape(config.locale)}"' if config.locale else "",
            title=escape(config.title or "Chat"),
            key=escape(config.key),
            mode=mode,
        )
        images = "".join(f" https://{host}" for host in config.images)
        headers = {
            "Content-Security-Policy": POLICY.format(images=images, ancestors=ancestors),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return web.Response(text=html, content_type="text/html", headers=headers)


async def static_file(request: web.Request) -> web.StreamResponse:
    """One of the widget's files, compressed as the browser takes it."""
    asked = request.match_info["file"]
    lasting = _LASTING.fullmatch(asked)
    # A browser, or another replica, may still have the loader of another version.
    name = PARTS.get(asked.split(".")[0], asked) if lasting else asked
    if name not in FILES:
        raise Refusal(404, "not_found", f"The widget has no file {asked}.")
    headers = {
        "Access-Control-Allow-Origin": "*",
        # A page that isolates itself takes no script without it.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable"
        if lasting and name == asked
        else "public, max-age=300, stale-while-revalidate=86400",
    }
    return web.FileResponse(STATIC / name, headers=headers)
