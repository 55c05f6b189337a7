"""The pagers' platform: takes messages and edits, and fails as platforms do."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

from aiohttp import web
from msgspec import Struct

from gateway.sandbox.server import serving

TROUBLE = {"": 88, "busy": 3, "broken": 2, "slow": 5, "cut": 2}
"""How often, of a hundred calls, which of them happens."""
SLOW_SECONDS = (0.3, 2.0)
CUT = web.RequestKey("cut", bool)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Post(Struct):
    """One message at the platform. ``cut``: whoever posted it was not told that it was taken."""

    at: float
    place: str
    ref: str
    reply_to: str
    replica: str
    cut: bool
    text: str
    deleted: bool = False
    edited_at: float = 0.0
    edited_by: str = ""


class Platform:
    """Two modes at two addresses: ``/exact`` finds messages by reference, ``/blind`` does not."""

    def __init__(self, dice: random.Random) -> None:
        self.posts: dict[str, Post] = {}
        self.troubles: defaultdict[str, int] = defaultdict(int)
        self._dice = dice
        self._ids = count(1)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve it; its address."""
        app = web.Application(middlewares=[self._trouble])
        app.add_routes(
            [
                web.post("/{mode}/places/{place}/messages", self._post),
                web.get("/exact/places/{place}/messages", self._find),
                web.put("/{mode}/places/{place}/messages/{id}", self._edit),
                web.delete("/{mode}/places/{place}/messages/{id}", self._delete),
            ]
        )
        async with serving(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}"

    @web.middleware
    async def _trouble(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        trouble = self._dice.choices(list(TROUBLE), weights=list(TROUBLE.values()))[0]
        self.troubles[trouble] += 1
        if trouble == "busy":
            return web.Response(status=429)
        if trouble == "broken":
            return web.Response(status=500)
        request[CUT] = trouble == "cut"
        response = await handler(request)
        if trouble == "slow":
            await asyncio.sleep(self._dice.uniform(*SLOW_SECONDS))
        if trouble == "cut" and request.transport:
            request.transport.abort()
        return response

    async def _post(self, request: web.Request) -> web.Response:
        body, id_ = await request.json(), str(next(self._ids))
        self.posts[id_] = Post(
            at=time.monotonic(),
            place=request.match_info["place"],
            ref=body["ref"],
            reply_to=body["reply_to"],
            replica=request.headers["X-Replica"],
            cut=request[CUT],
            text=body["text"],
        )
        return web.json_response({"id": id_})

    async def _find(self, request: web.Request) -> web.Response:
        place, ref = request.match_info["place"], request.query["ref"]
        ids = (
            id_
            for id_, post in self.posts.items()
            if (post.place, post.ref, post.deleted) == (place, ref, False)
        )
        return web.json_response({"id": next(ids, "")})

    async def _edit(self, request: web.Request) -> web.Response:
        post, body = self._known(request), await request.json()
        post.text = body["text"]
        post.edited_at, post.edited_by = time.monotonic(), request.headers["X-Replica"]
        return web.json_response({})

    async def _delete(self, request: web.Request) -> web.Response:
        self._known(request).deleted = True
        return web.json_response({})

    def _known(self, request: web.Request) -> Post:
        post = self.posts.get(request.match_info["id"])
        if not post or post.place != request.match_info["place"]:
            raise web.HTTPNotFound
        return post
