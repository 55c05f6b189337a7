"""Files that visitors send, and what they think of answers, over real HTTP."""

import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.servers import loaded, running, web_config
from support.widget import Widget

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def upload(
    widget: Widget, http: aiohttp.ClientSession, data: bytes = PNG, **more: Any
) -> tuple[int, dict[str, Any]]:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("token", more.get("token", widget.token))
    form.add_field(
        more.get("field", "file"),
        io.BytesIO(data),
        filename=more.get("name", "cat.png"),
        content_type=more.get("media_type", "image/png"),
    )
    headers = {"Origin": more.get("origin", widget._origin)}
    async with http.post(f"{widget._base}/files", data=form, headers=headers) as response:
        return response.status, await response.json()


async def test_a_file_goes_to_the_bot_with_its_message(
    widget: Widget, http: aiohttp.ClientSession
) -> None:
    status, file = await upload(widget, http)
    assert (status, file["name"], file["size"]) == (201, "cat.png", len(PNG))
    status, taken = await widget.post(
        "messages", id="11111111", text="what is this?", files=[file["url"]]
    )
    assert status == 202
    end = await widget.end(taken["turn"])
    assert end["state"] == "done"
    _, body = await widget.post("history")
    assert body["history"][0]["files"] == [file]


async def test_a_file_is_served_to_those_who_know_its_path(
    widget: Widget, http: aiohttp.ClientSession
) -> None:
    _, file = await upload(widget, http)
    async with http.get(widget._origin + file["url"]) as response:
        assert response.status == 200
        assert await response.read() == PNG
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_a_message_may_be_a_file_alone(widget: Widget, http: aiohttp.ClientSession) -> None:
    _, file = await upload(widget, http)
    status, taken = await widget.post("messages", id="11111111", text="", files=[file["url"]])
    assert status == 202
    assert (await widget.end(taken["turn"]))["state"] == "done"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"token": "nonsense"}, 401, "bad_token"),
        ({"token": ""}, 401, "no_token"),
        ({"field": "other"}, 400, "bad_request"),
        ({"origin": "https://evil.example"}, 403, "origin_refused"),
    ],
)
async def test_a_bad_upload_is_refused(
    widget: Widget, http: aiohttp.ClientSession, more: dict[str, Any], status: int, code: str
) -> None:
    answered, body = await upload(widget, http, **more)
    assert (answered, body["error"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"hello", "application/json"),
        (b"hello", "multipart/form-data; boundary=x"),
        (b"hello", "multipart/form-data"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc", "multipart/mixed"),
    ],
)
async def test_what_is_no_form_is_refused(
    widget: Widget, http: aiohttp.ClientSession, body: bytes, content_type: str
) -> None:
    headers = {"Origin": widget._origin, "Content-Type": content_type}
    async with http.post(f"{widget._base}/files", data=body, headers=headers) as response:
        assert response.status == 400, await response.text()


async def test_a_name_is_only_a_name(widget: Widget, http: aiohttp.ClientSession) -> None:
    _, file = await upload(widget, http, name="../../etc/pass wd\u202e.png")
    assert file["name"] == "pass wd.png"


async def test_a_file_that_is_too_large_is_refused_while_it_comes(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["max_file_mb"] = 1
    async with running(loaded(folder, config)) as service:
        widget = Widget(http, service.url)
        await widget.open(lang="en")
        status, body = await upload(widget, http, bytes(1024 * 1024 + 1))
        assert (status, body["error"]) == (413, "too_large")
        assert "1 MB" in body["message"]
        assert (await upload(widget, http, PNG.ljust(1024 * 1024)))[0] == 201


async def test_a_site_may_take_no_files(
    sandbox: str, redis_url: str, folder: Path, http: aiohttp.ClientSession
) -> None:
    config = web_config(sandbox, redis_url)
    config["channels"]["site"]["max_file_mb"] = 0
    async with running(loaded(folder, config)) as service:
        widget = Widget(http, service.url)
        await widget.open(lang="en")
        assert (await upload(widget, http))[0] == 404


async def test_a_file_nobody_keeps_cannot_be_sent(widget: Widget) -> None:
    for path in ("/files/none/a.png", "nonsense", "", "/files/", "/files/../x", "/files/a/b/c/d"):
        status, body = await widget.post("messages", id="11111111", text="x", files=[path])
        assert (status, body["error"]) == (400, "file_gone"), path


async def test_a_message_has_only_so_many_files(widget: Widget) -> None:
    status, body = await widget.post("messages", id="11111111", text="x", files=["/x"] * 11)
    assert (status, body["error"]) == (400, "bad_request")


async def test_a_rating_reaches_the_bot(widget: Widget) -> None:
    end = await widget.ask("My name is Sarah")
    for rating in ("like", "dislike", "none", "none"):
        status, body = await widget.post(
            "feedback", turn=end["turn"], rating=rating, comment="so so"
        )
        assert (status, body) == (200, {"taken": True}), rating


async def test_an_answer_of_somebody_else_cannot_be_rated(
    widget: Widget, http: aiohttp.ClientSession
) -> None:
    end = await widget.ask("My name is Sarah")
    stranger = Widget(http, widget._origin)
    await stranger.open(lang="en")
    status, body = await stranger.post("feedback", turn=end["turn"], rating="like")
    assert (status, body) == (200, {"taken": False})


@pytest.mark.parametrize("body", [{}, {"turn": "1"}, {"turn": "1", "rating": "great"}])
async def test_a_bad_rating_is_refused(widget: Widget, body: dict[str, str]) -> None:
    status, answer = await widget.post("feedback", **body)
    assert (status, answer["error"]) == (400, "bad_request")
