"""The pages of a site: what a browser fetches before it talks, where no other page embeds it."""

from html import escape

from aiohttp import web

from adapters.channels.web.config import Config

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: blob:{images};"
    " media-src 'self' blob:; style-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors {ancestors}; require-trusted-types-for 'script'; trusted-types 'none'"
)
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
