"""A page of another origin than the gateway's."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from gateway.sandbox.server import serving

BODY = "<h1>Shop</h1>"


@contextlib.asynccontextmanager
async def shop(
    gateway: str, port: int, attributes: str = "defer", body: str = BODY
) -> AsyncIterator[str]:
    """Serve a page with the widget of a gateway's site, at any path; its address."""
    script = f'<script src="{gateway}/widget/w.js" data-key="pk_test" {attributes}></script>'
    head = '<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">'

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=head + body + script, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    async with serving(app, "127.0.0.1", port):
        yield f"http://localhost:{port}"
