"""What adapters serve."""

import pytest
from aiohttp import web

from gateway.routes import Routes


async def one(_: web.Request) -> web.Response:
    return web.Response()


async def other(_: web.Request) -> web.Response:
    return web.Response()


def test_the_same_handler_twice_is_once() -> None:
    routes = Routes()
    routes.mount("GET", "/a", one)
    routes.mount("GET", "/a", one)
    routes.mount("POST", "/a", other)
    assert routes.mounted == {("GET", "/a"): one, ("POST", "/a"): other}


def test_a_path_has_one_owner() -> None:
    routes = Routes()
    routes.mount("GET", "/a", one)
    with pytest.raises(ValueError, match="GET /a is served by two adapters"):
        routes.mount("GET", "/a", other)
