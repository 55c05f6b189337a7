"""People whom the site vouches for: their conversations, and those of others."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from redis.asyncio import Redis
from support.servers import loaded, running, web_config
from support.widget import Widget

from gateway.config import Config
from gateway.forgetting import Forgetting
from gateway.store.connection import Connection, connect

SECRET = "a secret of 32 characters or more"


def identity(person: str, **claims: Any) -> str:
    """What the site's server signs."""
    parts = {"alg": "HS256"}, {"sub": person, "exp": time.time() + 600, **claims}
    head = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{head}.{b64(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha256))}"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def site(sandbox: str, redis_url: str, folder: Path, **keys: Any) -> Any:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {"identity_secrets": [SECRET], **keys}
    return running(loaded(folder, config))


async def test_a_person_has_their_conversation_on_every_device(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder) as gateway:
        desk, phone, other = (Widget(http, gateway.url) for _ in range(3))
        session = await desk.open(identity=identity("ann", name="Ann"))
        assert session["user"] == {"name": "Ann"}
        desk.read()
        await desk.ask("My name is Sarah")
        assert (await phone.open(identity=identity("ann")))["history"] == desk_history(desk)
        assert (await other.open(identity=identity("bob")))["history"] == []
        assert (await Widget(http, gateway.url).open()).get("user") is None
        await desk.leave()


def desk_history(widget: Widget) -> list[dict[str, Any]]:
    """What the server has of what a widget saw."""
    said = next(data for kind, data in widget.events if kind == "start")["messages"][0]
    end = widget.ends["1"]
    return [{"kind": "user", "turn": "1", **said}, end]


async def test_another_person_reads_nothing_of_the_one_before(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder) as gateway:
        widget = Widget(http, gateway.url)
        await widget.open(identity=identity("ann"), conversation="private-1")
        widget.read()
        await widget.ask("hello")
        await widget.leave()
        status, session = await widget.post("identify", identity=identity("bob"))
        assert status == 200
        assert session["history"] == []
        assert session["conversation"] == "first"
        widget.token = session["token"]
        _, read = await widget.post("history", conversation="private-1")
        assert read["history"] == []
        assert await widget.post("conversations") == (200, {"items": []})
        _, again = await widget.post("identify", identity=identity("ann"))
        assert again["conversation"] == "first"


async def test_a_site_that_requires_identities_asks_at_every_endpoint(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder) as gateway:
        anonymous = Widget(http, gateway.url)
        await anonymous.open()
    async with await site(sandbox, redis_url, folder, require_identity=True) as gateway:
        anonymous._base = f"{gateway.url}/w/v1/pk_test"
        anonymous._origin = gateway.url
        bodies = {
            "session": {},
            "messages": {"id": "12345678", "text": "x"},
            "events": {"cursor": ""},
            "history": {},
            "stop": {},
            "read": {"cursor": "1-1"},
            "feedback": {"turn": "1", "rating": "like"},
            "regenerate": {"turn": "1"},
            "conversations": {},
            "conversations/delete": {"conversation": "first"},
        }
        for command, body in bodies.items():
            status, answer = await anonymous.post(command, **body)
            assert (command, status, answer["error"]) == (command, 401, "identity_required")
        form = aiohttp.FormData({"token": anonymous.token})
        form.add_field("file", b"hello", filename="a.txt", content_type="text/plain")
        headers = {"Origin": gateway.url}
        async with http.post(f"{anonymous._base}/files", data=form, headers=headers) as response:
            assert (await response.json())["error"] == "identity_required"
        anonymous.token = ""
        assert (await anonymous.post("session"))[1]["error"] == "identity_required"
        status, answer = await anonymous.post("session", identity="x.y.z")
        assert (status, answer["error"]) == (401, "bad_identity")
        await anonymous.open(identity=identity("ann"))
        assert (await anonymous.post("history"))[0] == 200


async def test_a_person_s_session_goes_on_without_a_new_identity(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder, require_identity=True) as gateway:
        widget = Widget(http, gateway.url)
        first = await widget.open(identity=identity("ann", name="Ann"))
        assert (await widget.open())["user"] == first["user"]
        assert (await widget.post("identify"))[1]["error"] == "bad_request"


async def test_an_expired_identity_is_good_for_whom_it_was_given(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder) as gateway:
        widget = Widget(http, gateway.url)
        old = identity("ann", exp=time.time() - 100)
        status, answer = await widget.post("session", identity=old)
        assert (status, answer["error"]) == (401, "expired_identity")
        await widget.open(identity=identity("bob"))
        assert (await widget.post("session", identity=old))[1]["error"] == "expired_identity"
        await widget.open(identity=identity("ann"))
        first = expiry(widget)
        await widget.open(identity=old)
        # It does not let anybody in for longer.
        assert expiry(widget) == first


def expiry(widget: Widget) -> int:
    body = widget.token.split(".")[1]
    until: int = json.loads(base64.urlsafe_b64decode(body + "=="))["expires"]
    return until


async def test_what_was_written_before_signing_in_is_adopted(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder, identity_merge="adopt") as gateway:
        widget, eve, phone = (Widget(http, gateway.url) for _ in range(3))
        await widget.open()
        widget.read()
        await widget.ask("My name is Sarah")
        eve.token, eve.cursor = widget.token, widget.cursor
        eve.read()
        await eve.connected.wait()
        await widget.leave()
        session = await widget.open(identity=identity("ann"), merge=True)
        assert [each["text"] for each in session["history"]][:1] == ["My name is Sarah"]
        widget.read()
        assert "Sarah" in (await widget.ask("what is my name?"))["text"]
        # Whoever knows the old token learns nothing more.
        status, answer = await eve.post("history")
        assert (status, answer["error"]) == (401, "expired_token")
        assert "2" not in eve.ends
        assert eve.events[-1] == ("reset", {})
        assert (await eve.open())["history"] == []
        await phone.open(identity=identity("ann"))
        _, listed = await phone.post("conversations")
        assert [each["title"] for each in listed["items"]] == ["My name is Sarah"]
        again = await phone.open(conversation=listed["items"][0]["id"])
        assert len(again["history"]) == 4
        # A name is no key: it is everyone's own conversation that it names.
        _, read = await eve.post("history", conversation=again["conversation"])
        assert read["history"] == []
        await widget.leave()
        await eve.leave()


async def test_nothing_is_adopted_unless_the_site_says_so(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder) as gateway:
        widget = Widget(http, gateway.url)
        await widget.open()
        widget.read()
        await widget.ask("hello")
        await widget.leave()
        before = widget.token
        session = await widget.open(identity=identity("ann"), merge=True)
        assert session["history"] == []
        widget.token = before
        assert len((await widget.open())["history"]) == 2


async def test_a_person_is_forgotten_with_what_was_adopted(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    async with await site(sandbox, redis_url, folder, identity_merge="adopt") as gateway:
        widget = Widget(http, gateway.url)
        await widget.open()
        widget.read()
        await widget.ask("before I signed in")
        await widget.leave()
        await widget.open(identity=identity("ann@x.example"), merge=True)
        widget.ends.clear()
        widget.read()
        await widget.ask("and after")
        await widget.leave()
        async with closing(gateway.config) as forgetting:
            lanes = await forgetting.find("site", "user:ann@x.example")
            assert (len(lanes.own), lanes.shared) == (1, {})
            done = await forgetting.forget("site", "user:ann@x.example", lanes.own)
        assert done.left == ()
    async with Redis.from_url(redis_url) as client:
        names = [key async for key in client.scan_iter(match="*")]
        left = [
            name
            for name in names
            if b"ann%40" in name or b"ann%2540" in name or b"transcript" in name
        ]
    assert left == []


@asynccontextmanager
async def closing(config: Config) -> AsyncIterator[Forgetting]:
    connection = Connection(connect(config.redis))
    await connection.open()
    try:
        yield Forgetting(config, connection)
    finally:
        await connection.close()
