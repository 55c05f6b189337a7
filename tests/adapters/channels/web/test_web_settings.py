"""A site's configuration: what it does to a session, and how its mistakes are told."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError
from support.servers import loaded, running, web_config
from support.widget import Widget

from adapters.channels.web import Config

SECRET = "a secret of 32 characters or more"


def site(**keys: Any) -> Config:
    return Config.model_validate({"kind": "web", "key": "pk_test", **keys})


FIELD = {"name": "a", "label": "A"}
MESSAGE = {"id": "a", "text": "b"}
MISTAKES: list[dict[str, Any]] = [
    {"origins": ["https://*.com"]},
    {"origins": ["http://*.example.com"]},
    {"origins": ["https://*.*.example.com"]},
    {"origins": ["https://shop.*.com"]},
    {"origins": ["https://a@b.example"]},
    {"api_keys": ["short"]},
    {"identity_secrets": ["short"]},
    {"identity_secrets": [SECRET] * 3},
    {"require_identity": True},
    {"identity_hash": True},
    {"identity_merge": "adopt"},
    {"identity_merge": "mix", "identity_secrets": [SECRET]},
    {"accept": ["pdf"]},
    {"images": ["https://cdn.example"]},
    {"images": ["cdn.example; script-src *"]},
    {"texts": {"placeholder": {}, "e n": {}}},
    {"texts": {"en": {"<b>": "x"}}},
    {"theme": {"accent": "red;}"}},
    {"theme": {"css": {"color": "red"}}},
    {"theme": {"css": {"--cg-x": "url(https://evil.example)"}}},
    {"theme": {"css": {"--cg-x": "red; position: fixed"}}},
    {"proactive": [MESSAGE, MESSAGE]},
    {"proactive": [{**MESSAGE, "id": "a b"}]},
    {"proactive": [{**MESSAGE, "after": -1}]},
    {"form": {"fields": []}},
    {"form": {"fields": [FIELD, FIELD]}},
    {"form": {"fields": [{**FIELD, "kind": "select"}]}},
    {"form": {"fields": [{**FIELD, "options": ["x"]}]}},
    {"form": {"fields": [{**FIELD, "kind": "select", "options": ["x"], "value": "y"}]}},
    {"form": {"fields": [{**FIELD, "name": "1a"}]}},
    {"challenge": {"kind": "custom", "key": "k", "secret": "s"}},
    {"challenge": {"kind": "custom", "key": "k", "secret": "s", "verify_url": "ftp://x"}},
    {"challenge": {"kind": "puzzle", "key": "k", "secret": "s"}},
]


@pytest.mark.parametrize("keys", MISTAKES, ids=str)
def test_mistakes(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        site(**keys)
    first = error.value.errors()[0]
    if first["type"] == "value_error":
        assert first["msg"].partition(", ")[2].startswith(("Write", "Give"))


def test_a_challenge_knows_where_it_is_verified() -> None:
    for kind in ("turnstile", "hcaptcha"):
        challenge = site(challenge={"kind": kind, "key": "k", "secret": "s"}).challenge
        assert challenge
        assert challenge.address.startswith("https://")


async def test_a_session_says_what_the_site_is_like(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {
        "locale": "en",
        "images": ["CDN.example.com"],
        "theme": {"accent": "#0a7d4f", "css": {"--cg-radius": "4px"}},
        "texts": {"vi": {"placeholder": "Xin chào"}, "en": {"placeholder": "Hello"}},
        "proactive": [{"id": "hi", "text": "Hi!", "after": 5, "page": "*/pricing"}, MESSAGE],
    }
    async with running(loaded(folder, config)) as gateway:
        session = await Widget(http, gateway.url).open(lang="vi-VN")
        assert session["images"] == ["cdn.example.com"]
        assert session["theme"] == {"accent": "#0a7d4f", "css": {"--cg-radius": "4px"}}
        assert session["texts"] == {"placeholder": "Xin chào"}
        assert session["proactive"] == [
            {"id": "hi", "text": "Hi!", "after": 5, "page": "*/pricing"},
            {"id": "a", "text": "b", "after": 0},
        ]
        assert session["features"] == {
            "voice": True,
            "feedback": True,
            "regenerate": True,
            "files": {"bytes": 10 * 1024 * 1024, "count": 10, "accept": []},
        }
        other = await Widget(http, gateway.url).open(lang="fr")
        assert other["texts"] == {"placeholder": "Hello"}


async def test_a_plain_site_says_no_more_than_it_has(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {"max_file_mb": 0}
    async with running(loaded(folder, config)) as gateway:
        session = await Widget(http, gateway.url).open()
        assert not {"user", "form", "proactive", "theme", "texts"} & set(session)
        assert "files" not in session["features"]
        assert session["features"]["voice"] is False
        assert (session["images"], session["conversation"]) == ([], "first")


async def test_pages_of_a_site_and_who_may_frame_them(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"] |= {
        "images": ["cdn.example"],
        "origins": ["https://shop.example", "https://*.shop.example"],
    }
    async with running(loaded(folder, config)) as gateway:
        policies = {}
        for path in ("/", "/w/pk_test/frame"):
            async with http.get(gateway.url + path) as response:
                assert response.status == 200
                policy = response.headers["Content-Security-Policy"]
                policies[path] = dict(each.strip().split(" ", 1) for each in policy.split(";"))
                page = await response.text()
        assert 'data-mode="frame"' in page
        assert policies["/"]["frame-ancestors"] == "'none'"
        framed = policies["/w/pk_test/frame"]
        assert framed["frame-ancestors"] == "'self' https://shop.example https://*.shop.example"
        assert framed["img-src"] == "'self' data: blob: https://cdn.example"
        assert framed["script-src"] == "'self'"
