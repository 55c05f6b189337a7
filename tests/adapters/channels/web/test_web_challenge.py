"""The challenge: asked for, verified where the operator says, and remembered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from support.servers import loaded, running, web_config
from support.widget import Widget

from gateway.sandbox.server import serving


class Verifier:
    """A verifier: the solution is "right"; its secret is "s3cret"."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: web.Response | None = None

    async def verify(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.answer:
            return self.answer
        good = (form["response"], form["secret"]) == ("right", "s3cret")
        return web.json_response({"success": good})


@pytest.fixture
def verifier() -> Verifier:
    return Verifier()


@asynccontextmanager
async def guarded(
    sandbox: str, redis_url: str, folder: Path, verifier: Verifier, after: int
) -> AsyncIterator[Any]:
    app = web.Application()
    app.router.add_post("/verify", verifier.verify)
    async with serving(app, "127.0.0.1", 0) as port:
        config = web_config(sandbox, redis_url)
        config["channels"]["site"]["challenge"] = {
            "kind": "custom",
            "key": "public",
            "secret": "s3cret",
            "verify_url": f"http://127.0.0.1:{port}/verify",
            "after_messages": after,
        }
        async with running(loaded(folder, config)) as gateway:
            yield gateway


async def test_it_is_asked_for_at_once(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession, verifier: Verifier
) -> None:
    async with guarded(sandbox, redis_url, folder, verifier, 0) as gateway:
        widget = Widget(http, gateway.url)
        for more in ({}, {"challenge": "wrong"}, {"challenge": "x" * 5000}):
            status, answer = await widget.post("session", **more)
            assert (status, answer["error"]) == (403, "challenge_required")
            assert answer["challenge"] == {"kind": "custom", "key": "public"}
        await widget.open(challenge="right")
        assert [each["response"] for each in verifier.asked] == ["wrong", "right"]
        assert verifier.asked[-1]["remoteip"] == "127.0.0.1"
        await widget.open()
        assert len(verifier.asked) == 2
        assert (await widget.post("messages", id="12345678", text="x"))[0] == 202


async def test_it_is_asked_for_after_some_messages(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession, verifier: Verifier
) -> None:
    async with guarded(sandbox, redis_url, folder, verifier, 2) as gateway:
        widget = Widget(http, gateway.url)
        await widget.open()
        for number in (1, 2):
            conversation = f"1234567{number}"
            await widget.open(conversation=conversation)
            assert (await widget.post("messages", id=conversation, text="x"))[0] == 202
        status, answer = await widget.post("messages", id="12345673", text="x")
        assert (status, answer["error"]) == (403, "challenge_required")
        await widget.open(challenge="right")
        assert (await widget.post("messages", id="12345673", text="x"))[0] == 202


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500, text="no"),
        web.Response(text="<html>"),
        web.Response(body=b"\xff\xfe"),
        web.Response(status=302, headers={"Location": "/elsewhere"}),
    ],
)
async def test_nobody_gets_in_while_it_cannot_be_verified(
    sandbox: str,
    redis_url: str,
    folder: Path,
    http: aiohttp.ClientSession,
    verifier: Verifier,
    answer: web.Response,
) -> None:
    verifier.answer = answer
    async with guarded(sandbox, redis_url, folder, verifier, 0) as gateway:
        status, refusal = await Widget(http, gateway.url).post("session", challenge="right")
        assert (status, refusal["error"]) == (503, "unavailable")
