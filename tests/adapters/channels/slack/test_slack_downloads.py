"""Files that people send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from support.slack import File, Slack
from support.slack.files import shape

from gateway.model import Attachment

Open = Callable[..., Awaitable[Any]]
PNG = b"\x89PNG" + bytes(5000)


def upload(slack: Slack, data: bytes = PNG, **more: Any) -> dict[str, Any]:
    """A file in Slack, as an event shows it."""
    file = File(id=slack.new_id("F"), name="cat.png", data=data, mimetype="image/png")
    slack.files[file.id] = file
    return shape(slack, file) | more


async def sent(team: Any, *files: dict[str, Any]) -> tuple[Attachment, ...]:
    """What becomes of the files of a message."""
    event = team.slack.message(files=files, text="look")
    assert (await team.slack.event(team.url, event)).status == 200
    attachments: tuple[Attachment, ...] = team.desk.admitted[-1].attachments
    return attachments


def lost(*attachments: Attachment) -> bool:
    return all(not attachment.content for attachment in attachments)


@asynccontextmanager
async def host(answer: Any) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """Another server, that answers so; its URL, and what it was asked."""
    asked: list[web.Request] = []

    async def give(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return await answer() if callable(answer) else answer

    app = web.Application()
    app.router.add_get("/{path:.*}", give)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    at, port = runner.addresses[0][:2]
    try:
        yield f"http://{at}:{port}/file", asked
    finally:
        await runner.cleanup()


async def test_files_are_kept_in_their_order(team: Any) -> None:
    [cat, dog] = await sent(team, upload(team.slack), upload(team.slack, b"dog", name="dog.png"))
    assert (cat.name, cat.media_type, cat.size) == ("cat.png", "image/png", len(PNG))
    assert dog.name == "dog.png"
    assert [team.desk.files[each.content] for each in (cat, dog)] == [PNG, b"dog"]


async def test_a_copy_of_a_message_fetches_nothing(team: Any) -> None:
    event = team.slack.message(files=[upload(team.slack)])
    for _ in range(2):
        await team.slack.event(team.url, event)
    assert len(team.desk.files) == 1
    assert len(team.desk.admitted) == 1


async def test_a_file_of_another_organisation_is_looked_up_first(team: Any) -> None:
    whole = upload(team.slack)
    stub = {"id": whole["id"], "mode": "file_access", "file_access": "check_file_info"}
    [cat] = await sent(team, stub)
    assert (cat.name, cat.size) == ("cat.png", len(PNG))
    assert [call.args for call in team.slack.called("files.info")] == [{"file": whole["id"]}]


@pytest.mark.parametrize("mode", ["external", "tombstone", "hidden_by_limit"])
async def test_what_slack_does_not_have_is_named_only(team: Any, mode: str) -> None:
    [file] = await sent(team, upload(team.slack, mode=mode))
    assert (file.name, file.content) == ("cat.png", "")


async def test_a_file_that_is_gone_is_named_only(team: Any) -> None:
    stub = {"id": "F404", "file_access": "check_file_info"}
    gone = upload(team.slack) | {"url_private_download": f"{team.slack.url}/files-pri/F0/x"}
    attachments = await sent(team, stub, gone)
    assert [each.name for each in attachments] == ["file", "cat.png"]
    assert lost(*attachments)


async def test_a_sign_in_page_is_no_file(team: Any) -> None:
    file = upload(team.slack)
    team.slack.files[file["id"]].team = "T9"
    assert lost(*await sent(team, file | {"size": 0}))


async def test_a_page_may_be_a_file(team: Any) -> None:
    file = upload(team.slack, b"<html>", mimetype="text/html")
    team.slack.files[file["id"]].mimetype = "text/html"
    [page] = await sent(team, file)
    assert team.desk.files[page.content] == b"<html>"


async def test_what_is_cut_short_is_named_only(team: Any) -> None:
    assert lost(*await sent(team, upload(team.slack, size=len(PNG) + 1)))


@pytest.mark.parametrize("most", [0, 1])
async def test_what_is_too_large_is_named_only(open_team: Open, most: int) -> None:
    team = await open_team(max_file_mb=most)
    [large] = await sent(team, upload(team.slack, bytes(1024 * 1024 + 1)))
    assert lost(large)
    assert large.limit_mb == most


async def test_a_stream_without_a_length_is_cut_off(open_team: Open) -> None:
    chunks = []

    async def endless() -> web.StreamResponse:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(64):
                chunks.append(1)
                yield bytes(256 * 1024)

        return web.Response(body=body(), content_type="image/png")

    async with host(endless) as (url, _):
        team = await open_team(max_file_mb=1, file_hosts=(urlsplit(url).netloc,))
        assert lost(*await sent(team, upload(team.slack, url_private_download=url)))
    assert len(chunks) < 64


async def test_what_the_store_does_not_take_is_named_only(team: Any) -> None:
    team.desk.most_bytes = 10
    assert lost(*await sent(team, upload(team.slack)))


async def test_while_the_store_is_away_slack_is_to_send_it_again(team: Any) -> None:
    event = team.slack.message(files=[upload(team.slack)])
    await team.slack.event(team.url, team.slack.message())
    team.desk.down = True
    assert (await team.slack.event(team.url, event)).status == 503


async def test_the_token_goes_to_slack_s_hosts_only(team: Any) -> None:
    async with host(web.Response(body=PNG, content_type="image/png")) as (url, asked):
        urls = [
            url,
            "https://user:pw@files.slack.com/x",
            "file:///etc/passwd",
            "",
            "//x",
            "http://",
        ]
        files = [upload(team.slack, url_private_download=each, url_private="") for each in urls]
        assert lost(*await sent(team, *files))
    assert not asked


async def test_a_redirect_elsewhere_is_followed_without_the_token(open_team: Open) -> None:
    async with host(web.Response(body=PNG, content_type="image/png")) as (target, asked):
        moved = web.Response(status=302, headers={"Location": target})
        async with host(moved) as (url, first):
            team = await open_team(file_hosts=(urlsplit(url).netloc,))
            [cat] = await sent(team, upload(team.slack, url_private_download=url))
    assert team.desk.files[cat.content] == PNG
    assert first[0].headers["Authorization"] == "Bearer xoxb-test"
    assert "Authorization" not in asked[0].headers


async def test_a_redirect_in_a_circle_ends(open_team: Open) -> None:
    async def again() -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/file"})

    async with host(again) as (url, asked):
        team = await open_team(file_hosts=(urlsplit(url).netloc,))
        assert lost(*await sent(team, upload(team.slack, url_private_download=url)))
    assert len(asked) == 3


async def test_a_slow_file_does_not_hold_the_message(
    open_team: Open, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.channels.slack.downloads.SECONDS", 0.3)
    never = asyncio.Event()

    async def slow() -> web.StreamResponse:
        await never.wait()
        return web.Response()

    async with host(slow) as (url, _):
        hosts = (urlsplit(url).netloc, urlsplit(slack.url).netloc)
        team = await open_team(file_hosts=hosts)
        files = upload(team.slack, url_private_download=url), upload(team.slack)
        [late, cat] = await sent(team, *files)
        never.set()
    assert lost(late)
    assert team.desk.files[cat.content] == PNG


async def test_a_name_is_a_name(team: Any) -> None:
    [file] = await sent(team, upload(team.slack, name="../../etc/\x00pass\nwd", mimetype=""))
    assert (file.name, file.media_type) == ("passwd", "application/octet-stream")
