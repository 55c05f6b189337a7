"""A customer's site, on an origin of its own and under a strict policy."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from copy import copy
from html import escape
from typing import Any, NamedTuple

from aiohttp import web

from gateway.sandbox.clickai_made import PICTURE
from gateway.sandbox.server import serving

NONCE = "abc"
POLICY = {
    "default-src": "'none'",
    "script-src": f"'nonce-{NONCE}' 'strict-dynamic'",
    "style-src": f"'nonce-{NONCE}'",
    "connect-src": "{gateway}",
    "img-src": "'self' data:",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
OWN_SCRIPT = """
window.ChatGateway = { q: %s };
window.heard = [];
for (const name of ["ready", "open", "close", "greeting", "identity", "conversation", "unread"]) {
  document.addEventListener(`chat-gateway:${name}`, ({ detail }) => heard.push([name, detail]));
}
for (const button of document.querySelectorAll("[data-call]")) {
  button.onclick = () => ChatGateway.q.push(JSON.parse(button.dataset.call));
}
"""
HEAD = (
    '<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><h1>Shop</h1>'
)


def own_script(calls: Sequence[Sequence[Any]], buttons: Mapping[str, Sequence[Any]]) -> str:
    """What a page does with the widget itself."""
    pressed = "".join(
        f"<button data-call='{escape(json.dumps(call))}'>{name}</button>"
        for name, call in buttons.items()
    )
    return f'{pressed}<script nonce="{NONCE}">{OWN_SCRIPT % json.dumps(calls)}</script>'


class Shop:
    """Pages with the widget's script tag, and at most one script of their own."""

    def __init__(self) -> None:
        self.url = ""
        self.gateway = ""
        self.served: dict[str, tuple[str, str, str]] = {}

    def behind(self, port: int) -> Shop:
        """The same shop, whose pages reach the gateway by another port."""
        shop = copy(self)
        shop.gateway = f"http://127.0.0.1:{port}"
        return shop

    def page(
        self,
        key: str = "shop",
        attributes: str = "",
        *,
        calls: Sequence[Sequence[Any]] = (),
        buttons: Mapping[str, Sequence[Any]] | None = None,
        allow: Mapping[str, str] | None = None,
        folder: str = "",
    ) -> str:
        """The address of a new page, in ``folder``.

        ``calls`` are made before the widget is there, ``buttons`` make them when they are pressed,
        and ``allow`` adds to the directives of the policy.
        """
        own = own_script(calls, buttons or {}) if calls or buttons else ""
        tag = f'nonce="{NONCE}" src="{self.gateway}/widget/w.js" data-key="{key}" {attributes}'
        html = f"{HEAD}{own}<script {tag} defer></script>"
        return self.serve(html, "text/html", self.policy(allow or {}), folder)

    def serve(self, body: str, kind: str, policy: str = "", folder: str = "") -> str:
        """The address of something new."""
        path = f"{folder}/{len(self.served) + 1}"
        self.served[path] = (body, kind, policy)
        return self.url + path

    def policy(self, allow: Mapping[str, str]) -> str:
        """What its pages may do, and what is allowed besides."""
        added = {name: f"{POLICY.get(name, '')} {more}" for name, more in allow.items()}
        directives = [f"{name} {value}" for name, value in (POLICY | added).items()]
        return "; ".join(directives).replace("{gateway}", self.gateway)

    async def answer(self, request: web.Request) -> web.Response:
        """Serve a page."""
        body, kind, policy = self.served[request.path]
        headers = {"Content-Security-Policy": policy} if policy else {}
        return web.Response(text=body, content_type=kind, headers=headers)


@contextlib.asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """A shop, at ``localhost``: another origin than the gateway's, which is at an address."""
    shop = Shop()
    app = web.Application()
    app.router.add_get("/{path:.*}", shop.answer)
    async with serving(app, "127.0.0.1", 0) as port:
        shop.url = f"http://localhost:{port}"
        yield shop


class Pictures(NamedTuple):
    """A server of pictures."""

    host: str
    asked: list[str]

    def markdown(self, name: str) -> str:
        """One of them, in an answer."""
        return f"![a picture](http://{self.host}/{name}?q=secret)"


@contextlib.asynccontextmanager
async def open_pictures() -> AsyncIterator[Pictures]:
    """One that notes what it is asked for."""
    asked: list[str] = []

    async def picture(request: web.Request) -> web.Response:
        asked.append(request.match_info["name"])
        return web.Response(body=PICTURE, content_type="image/png")

    app = web.Application()
    app.router.add_get("/{name}", picture)
    async with serving(app, "127.0.0.1", 0) as port:
        yield Pictures(f"127.0.0.1:{port}", asked)
