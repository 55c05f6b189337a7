"""How a workspace installs the app by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from support.kept import Kept, memory
from support.servers import eventually, free_port, loaded, running, web_config
from support.slack import Slack, Workspace, slack
from support.slack.state import CLIENT_ID, CLIENT_SECRET

from adapters.channels.slack.config import Config
from adapters.channels.slack.grants import Grants
from adapters.channels.slack.installs import ManyWorkspaces
from adapters.channels.slack.manifest import scopes
from adapters.channels.slack.oauth import OAuth
from adapters.channels.slack.pages import language, page

INSTALL, CALLBACK = "/slack/team/install", "/slack/team/callback"


class Door:
    name = "team"


class Site(NamedTuple):
    """The two pages, served."""

    url: str
    kept: Kept
    installs: ManyWorkspaces


class Page(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]
    cookie: str = ""


@pytest.fixture
async def standin() -> AsyncIterator[Slack]:
    async with slack() as standin:
        yield standin


@pytest.fixture
async def site(redis_url: str, standin: Slack, http: aiohttp.ClientSession) -> AsyncIterator[Site]:
    config = Config(
        kind="slack",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        signing_secret="s",
        api_url=standin.api_url,
    )
    async with memory(redis_url) as store:
        kept = Kept(store, http)
        grants = Grants(http, standin.api_url, CLIENT_ID, CLIENT_SECRET)
        installs = ManyWorkspaces(Door(), kept, grants)
        OAuth(Door(), config, kept, grants, installs).mount()
        app = web.Application()
        for (method, path), handler in kept.handlers.items():
            app.router.add_route(method, path, handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        kept.public_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Site(kept.public_url, kept, installs)
        await runner.cleanup()


async def get(site: Site, path: str, cookie: str = "", locale: str = "") -> Page:
    """What a browser gets; it does not follow."""
    headers = {"Cookie": f"slack_team={cookie}"} if cookie else {}
    headers |= {"Accept-Language": locale} if locale else {}
    jar = aiohttp.DummyCookieJar()
    async with (
        aiohttp.ClientSession(cookie_jar=jar) as http,
        http.get(site.url + path, headers=headers, allow_redirects=False) as response,
    ):
        morsel = response.cookies.get("slack_team")
        return Page(
            response.status,
            await response.text(),
            dict(response.headers),
            morsel.OutputString() if morsel else "",
        )


async def begun(site: Site) -> tuple[str, str]:
    """The address at Slack that a person is sent to, and their cookie."""
    page = await get(site, INSTALL)
    assert page.status == 303
    return page.headers["Location"], page.cookie.partition(";")[0].partition("=")[2]


async def agreed(location: str, team: str = "T1") -> str:
    """The path that Slack sends a person back to."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{location}&team={team}", allow_redirects=False) as response,
    ):
        back = urlsplit(response.headers["Location"])
        return f"{back.path}?{back.query}"


async def test_a_workspace_installs_the_app(site: Site, standin: Slack) -> None:
    standin.rotation = True
    location, cookie = await begun(site)
    asked = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
    assert asked.pop("state") == cookie
    assert set(asked.pop("scope").split(",")) == set(scopes(config_of(standin)))
    assert asked == {"client_id": CLIENT_ID, "redirect_uri": site.url + CALLBACK}
    page = await get(site, await agreed(location), cookie)
    assert page.status == 200
    assert "The app is installed" in page.text
    assert f'href="{standin.url}/app_redirect?app=A1&amp;team=T1"' in page.text
    found = await site.installs.find("T1")
    assert found
    assert standin.tokens[found.token] == "T1"
    assert (found.bot_user, found.bot_id, found.app) == ("UBOT", "BBOT", "A1")
    assert found.refresh in standin.refreshes
    assert standin.complaints == []


def config_of(standin: Slack) -> Config:
    return Config(kind="slack", bot_token="xoxb-1", signing_secret="s", api_url=standin.api_url)


async def test_a_whole_organisation_installs_it(site: Site, standin: Slack) -> None:
    standin.add(Workspace(team="T5", token="xoxb-org", enterprise="E1", org=True))
    location, cookie = await begun(site)
    assert (await get(site, await agreed(location, "T5"), cookie)).status == 200
    found = await site.installs.find("T77", "E1")
    assert found
    assert (found.team, found.home, found.token) == ("", "E1", "xoxb-org")


async def test_the_way_back_is_open_once(site: Site) -> None:
    location, cookie = await begun(site)
    path = await agreed(location)
    assert (await get(site, path, cookie)).status == 200
    assert (await get(site, path, cookie)).status == 400


async def test_another_browser_is_not_let_in(site: Site, standin: Slack) -> None:
    location, _ = await begun(site)
    _, other = await begun(site)
    path = await agreed(location)
    for cookie in ("", other, "x", "é"):
        page = await get(site, path, cookie)
        assert page.status == 400
        assert "no longer valid" in page.text
    assert standin.calls == []
    assert await site.installs.find("T1") is None


@pytest.mark.parametrize(
    "query",
    ["", "?state=", "?state=x&code=1", "?code=1", "?state=%00&code=%ff", f"?state={'x' * 5000}"],
)
async def test_nonsense_is_a_page_too(site: Site, query: str) -> None:
    for cookie in ("", "x", "x" * 5000):
        assert (await get(site, CALLBACK + query, cookie)).status == 400


async def test_bytes_that_are_no_text_are_a_page_too(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(site.url).port)
    head = b"GET /slack/team/callback?state=%ff\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(head + b"Cookie: slack_team=\xff\xfe\r\nAccept-Language: \xff\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()


async def test_a_state_that_nobody_issued_is_refused(site: Site, standin: Slack) -> None:
    assert (await get(site, f"{CALLBACK}?state=forged&code=1", "forged")).status == 400
    assert standin.calls == []


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("&error=access_denied", 403, "You did not agree"),
        ("&error=<script>alert(1)</script>", 400, "did not confirm"),
        ("&code=never-given", 400, "did not confirm"),
        (f"&code={'x' * 5000}", 400, "did not confirm"),
        ("", 400, "did not confirm"),
    ],
)
async def test_what_slack_did_not_grant_is_said(
    site: Site, query: str, status: int, words: str
) -> None:
    _, cookie = await begun(site)
    page = await get(site, f"{CALLBACK}?state={cookie}{query}", cookie)
    assert page.status == status
    assert words in page.text
    assert "<script" not in page.text
    assert f'href="{INSTALL}"' in page.text


@pytest.mark.parametrize("method", ["oauth.v2.access", "auth.test"])
@pytest.mark.parametrize("fault", ["500", "cut before", "429:3"])
async def test_while_slack_is_away_people_are_asked_back(
    site: Site, standin: Slack, method: str, fault: str
) -> None:
    standin.fail(method, fault)
    location, cookie = await begun(site)
    path = await agreed(location)
    with capture_logs() as logs:
        page = await get(site, path, cookie)
    assert page.status == 503
    assert await site.installs.find("T1") is None
    for secret in ("xox", CLIENT_SECRET, parse_qs(urlsplit(path).query)["code"][0]):
        assert secret not in str(logs)


async def test_without_the_store_nothing_begins_and_nothing_is_lost(site: Site) -> None:
    location, cookie = await begun(site)
    path = await agreed(location)
    site.kept.away = True
    assert (await get(site, INSTALL)).status == 503
    assert (await get(site, path, cookie)).status == 503
    site.kept.away = False
    assert (await get(site, path, cookie)).status == 200


async def test_too_many_starts_are_refused(site: Site) -> None:
    site.kept.wait = 3.0
    assert (await get(site, INSTALL)).status == 429


async def test_the_cookie_is_for_these_pages_only(site: Site) -> None:
    assert "Secure" not in (await get(site, INSTALL)).cookie
    site.kept.public_url = "https://chat.example.com"
    cookie = (await get(site, INSTALL)).cookie
    for words in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/slack/team/", "Max-Age=600"):
        assert words in cookie


async def test_a_page_runs_nothing_and_tells_nobody(site: Site) -> None:
    page = await get(site, CALLBACK)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text


async def test_people_are_told_in_their_language(site: Site) -> None:
    page = await get(site, CALLBACK, locale="vi-VN,vi;q=0.9,en;q=0.8")
    assert 'lang="vi"' in page.text
    assert "Trang này không còn hiệu lực" in page.text
    assert 'lang="en"' in (await get(site, CALLBACK, locale="xx")).text


def test_nothing_in_a_page_is_markup() -> None:
    bad = "<b>&\"'"
    text = page(200, bad, bad, bad, bad, bad).text
    assert text
    assert "<b>" not in text
    assert text.count("&lt;b&gt;&amp;&quot;&#x27;") == 6


async def test_an_installed_workspace_is_answered_with_its_own_token(
    sandbox: str, redis_url: str, folder: Path, standin: Slack
) -> None:
    standin.add(Workspace(team="T2", token="xoxb-two"))
    port = free_port()
    door = {
        "kind": "slack",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "signing_secret": standin.signing_secret,
        "api_url": standin.api_url,
    }
    config = web_config(sandbox, redis_url)
    config["server"] |= {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    config["channels"]["team"] = door
    config["routes"].append({"channel": "team", "bot": "bot"})
    async with running(loaded(folder, config)) as service:
        there = Site(service.url, *(None, None))
        location, cookie = await begun(there)
        assert (await get(there, await agreed(location, "T2"), cookie)).status == 200
        events = f"{service.url}/slack/team/events"
        said = standin.message(channel="D2", user="U2", text="hello")
        assert (await standin.event(events, said, team="T2")).status == 200
        answered = await eventually(
            lambda: [each for each in standin.posted("D2") if each.text and not each.streaming]
        )
        assert answered[0].team == "T2"
        assert {call.token for call in standin.calls if call.method.startswith("chat.")} == {
            "xoxb-two"
        }
        assert (await standin.event(events, {"type": "app_uninstalled"}, team="T2")).status == 200
        late = standin.message(channel="D2", user="U2", text="anyone?")
        with capture_logs() as logs:
            assert (await standin.event(events, late, team="T2")).status == 200
        assert "has not installed the app" in str(logs)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ""),
        ("*", ""),
        ("vi", "vi"),
        ("en;q=0.5, vi", "vi"),
        ("vi;q=0.2,en-GB;q=0.9", "en-GB"),
        ("de;q=0, vi;q=0.1", "vi"),
        ("<script>,;q=,vi;q=x", ""),
    ],
)
def test_the_language_that_is_wanted_most(header: str, wanted: str) -> None:
    assert language(header) == wanted
