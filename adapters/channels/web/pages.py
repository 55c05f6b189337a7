"""What a browser fetches before it talks: the hosted page and the widget's files."""

from html import escape
from pathlib import Path

from aiohttp import web

from adapters.channels.web.config import Config
from gateway.ports import Refusal

STATIC = Path(__file__).parent / "static"
FILES = frozenset(path.name for path in STATIC.glob("*.js"))

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " style-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html>
<html{lang}>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<script type="module" src="/widget/page.js" data-key="{key}" data-title="{title}"></script>
</html>
"""


class Pages:
    """The hosted page of one site."""

    def __init__(self, config: Config) -> None:
        self.path = config.page or f"/w/{config.key}"
        self._html = PAGE.format(
            # Without one, the widget speaks the language of the browser.
            lang=f' lang="{escape(config.locale)}"' if config.locale else "",
            title=escape(config.title or "Chat"),
            key=escape(config.key),
        )

    async def hosted(self, _: web.Request) -> web.Response:
        """A whole page that is nothing but the chat."""
        headers = {
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        }
        return web.Response(text=self._html, content_type="text/html", headers=headers)


async def static_file(request: web.Request) -> web.StreamResponse:
    """One of the widget's files, compressed as the browser takes it."""
    name = request.match_info["file"]
    if name not in FILES:
        raise Refusal(404, "not_found", f"The widget has no file {name}.")
    lasting = name.startswith("panel.")
    headers = {
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=31536000, immutable"
        if lasting
        else "public, max-age=300, stale-while-revalidate=86400",
    }
    return web.FileResponse(STATIC / name, headers=headers)
