"""Files are fetched from where they may be, whole, in time and within bounds."""

import asyncio
import gzip
import socket
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.fetch import PLACES, Fetched, Fetcher, FetchError, _next, is_public
from gateway.sandbox.server import serving

MOST = 1_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
TOKEN = "app-very-secret"
Handler = Callable[[web.Request], object]


class Names(AbstractResolver):
    """A table of names; each look-up takes the next of a name's addresses, the last one stays."""

    def __init__(self) -> None:
        self.table: dict[str, list[str]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.table[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        found = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=found, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Site:
    """A server of files, and what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.answer: Handler = lambda _: web.Response(body=PNG, content_type="image/png")
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer  # type: ignore[return-value]

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self.handle)
        return app

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def tokens(self) -> list[str]:
        return [request.headers.get("Authorization", "") for request in self.requests]


@pytest.fixture
async def sites() -> AsyncIterator[tuple[Site, Site]]:
    """The vendor's own server on 127.0.0.1, and one on 127.0.0.2."""
    async with AsyncExitStack() as stack:
        found = Site(), Site()
        for number, site in enumerate(found, 1):
            listening = serving(site.application(), f"127.0.0.{number}", 0)
            site.port = await stack.enter_async_context(listening)
        yield found


@pytest.fixture
def home(sites: tuple[Site, Site]) -> Site:
    return sites[0]


@pytest.fixture
def abroad(sites: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch) -> Site:
    """A server whose address, and no other, is taken for a public one."""
    monkeypatch.setattr("gateway.fetch.is_public", lambda address: address == "127.0.0.2")
    return sites[1]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def fetcher(names: Names) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(MOST, total_seconds=10, resolver=names)
    yield fetcher
    await fetcher.close()


async def failing(fetcher: Fetcher, url: str, **options: str) -> str:
    """Why an address is not fetched."""
    with pytest.raises(FetchError) as failed:
        await fetcher.fetch(url, **options)
    shown = "".join(traceback.format_exception(failed.value))
    assert "s3cret" not in shown
    assert TOKEN not in shown
    return str(failed.value)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:82a::200e",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%lo",
        "2606:4700:4700::1111%1",
        "fec0::1",
        "ff02::1",
        "127.1",
        "0x7f000001",
        "localhost",
        "",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "authority",
    [
        "127.0.0.1",
        "127.8.9.10",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "0x7f.0.0.0x1",
        "127.0.0.1.",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1%25lo]",
        "[::1%25lo]",
        "[fd00::1]",
        "localhost",
        "LOCALHOST",
        "10.1.2.3",
        "172.20.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "user@127.0.0.1",
        "user:pass@8.8.8.8",
        "8.8.8.8@127.0.0.1",
        "127.0.0.1%00.example.com",
        "8.8.8.8\\@127.0.0.1",
    ],
)
async def test_no_notation_leads_anywhere_private(home: Site, authority: str) -> None:
    host, port = authority, f":{home.port}"
    fetcher = Fetcher(MOST)
    reason = await failing(fetcher, f"http://{host}{port}/latest/?sign=s3cret", token=TOKEN)
    assert reason in {
        "the address is not public",
        "its address has a user name or a password",
        # Notations that no resolver is asked for, or that are no addresses at all.
        "InvalidUrlClientError",
        "ClientConnectorDNSError",
        "ValueError",
    }
    assert home.requests == []
    await fetcher.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "report.pdf",
        "/files/a",
        "//127.0.0.1/a",
        "http://",
        "http:///etc/passwd",
        "http:/127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://a b/",
        "http://x\r\nHost: y/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "gopher://127.0.0.1:6379/_INFO",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "unix:///run/redis.sock",
        "ws://127.0.0.1/",
    ],
)
async def test_only_the_web_is_fetched(fetcher: Fetcher, names: Names, url: str) -> None:
    names.table = {"a b": ["127.0.0.1"], "xhost: y": ["127.0.0.1"]}
    assert await failing(fetcher, url)


async def test_the_vendor_s_own_server_may_be_private(fetcher: Fetcher, home: Site) -> None:
    fetched = await fetcher.fetch(home.url("/files/a.png?sign=s3cret"), home=home.url("/v1"))
    assert fetched == Fetched("a.png", "image/png", PNG)


async def test_another_port_of_the_vendor_s_machine_is_not_its_server(
    fetcher: Fetcher, home: Site
) -> None:
    reason = await failing(fetcher, home.url("/a"), home="http://127.0.0.1:1", token=TOKEN)
    assert reason == "the address is not public"
    assert home.requests == []


async def test_a_public_server_is_fetched_without_the_token(
    fetcher: Fetcher, home: Site, abroad: Site
) -> None:
    assert (await fetcher.fetch(abroad.url(host="127.0.0.2"), home=home.url(), token=TOKEN)).data
    assert abroad.tokens == [""]


async def test_the_token_goes_home_only(fetcher: Fetcher, home: Site, abroad: Site) -> None:
    def answer(request: web.Request) -> web.Response:
        target = {"/1": "/2", "/2": abroad.url("/3", host="127.0.0.2")}[request.path]
        return web.Response(status=302, headers={"Location": target})

    home.answer = answer
    fetched = await fetcher.fetch(home.url("/1"), home=home.url(), token=TOKEN)
    assert fetched.data == PNG
    assert home.tokens == [f"Bearer {TOKEN}"] * 2
    assert abroad.tokens == [""]


async def test_a_stranger_cannot_send_us_home(fetcher: Fetcher, home: Site, abroad: Site) -> None:
    abroad.answer = lambda _: web.Response(status=302, headers={"Location": home.url("/admin")})
    reason = await failing(fetcher, abroad.url(host="127.0.0.2"), home=home.url(), token=TOKEN)
    assert reason == "the address is not public"
    assert home.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/?s3cret", "the address is not public"),
        ("//169.254.169.254/", "the address is not public"),
        ("http://[::ffff:169.254.169.254]/", "the address is not public"),
        ("file:///etc/passwd", "it has no http or https address"),
        ("http://user:s3cret@8.8.8.8/", "its address has a user name or a password"),
        ("", "it redirects to nowhere"),
    ],
)
async def test_every_redirect_is_checked(
    fetcher: Fetcher, home: Site, status: int, location: str, reason: str
) -> None:
    home.answer = lambda _: web.Response(status=status, headers={"Location": location})
    assert await failing(fetcher, home.url("/"), home=home.url(), token=TOKEN) == reason


async def test_five_redirects_are_followed_and_not_six(fetcher: Fetcher, home: Site) -> None:
    def answer(request: web.Request) -> web.Response:
        left = int(request.path[1:])
        if not left:
            return web.Response(body=PNG)
        return web.Response(status=307, headers={"Location": f"/{left - 1}"})

    home.answer = answer
    assert (await fetcher.fetch(home.url("/5"), home=home.url())).data == PNG
    assert await failing(fetcher, home.url("/6"), home=home.url()) == "it redirects too often"


def test_a_token_s_way_stays_encrypted() -> None:
    secure = URL("https://vendor.example/a")
    assert _next(secure, "/b", TOKEN) == URL("https://vendor.example/b")
    assert _next(secure, "http://vendor.example/b", "").scheme == "http"
    with pytest.raises(FetchError, match="read on the way"):
        _next(secure, "http://vendor.example/b", TOKEN)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_somewhere_private_is_refused(
    fetcher: Fetcher, names: Names, home: Site, address: str
) -> None:
    names.table["files.example"] = [address]
    reason = await failing(fetcher, home.url("/", host="files.example"), home=home.url())
    assert reason == "the address is not public"
    assert home.requests == []


async def test_a_name_that_leads_elsewhere_the_second_time_is_refused(
    fetcher: Fetcher, names: Names, abroad: Site
) -> None:
    private = Site()
    async with serving(private.application(), "127.0.0.1", abroad.port):
        names.table["rebind.example"] = ["127.0.0.2", "127.0.0.1"]
        url = abroad.url("/", host="rebind.example")
        abroad.answer = lambda _: web.Response(body=PNG, headers={"Connection": "close"})
        assert (await fetcher.fetch(url)).data == PNG
        assert await failing(fetcher, url) == "the address is not public"
    assert private.requests == []
    assert len(abroad.requests) == 1


async def test_the_environment_s_proxy_is_not_used(
    fetcher: Fetcher, home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await fetcher.fetch(home.url(), home=home.url())).data == PNG


async def test_cookies_are_not_kept_and_versions_not_told(fetcher: Fetcher, home: Site) -> None:
    home.answer = lambda _: web.Response(body=PNG, headers={"Set-Cookie": "a=b"})
    for _ in range(2):
        await fetcher.fetch(home.url(), home=home.url())
    assert "Cookie" not in home.requests[1].headers
    assert home.requests[1].headers["User-Agent"] == "chat-gateway"


async def test_a_signature_is_sent_as_it_was_written(fetcher: Fetcher, home: Site) -> None:
    path = "/a%2Fb/%C3%A9%20x.png?sign=a%2Bb%2F+=&timestamp=1"
    await fetcher.fetch(home.url(path), home=home.url())
    assert home.requests[0].raw_path == path


@pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 404, 500])
async def test_only_a_file_is_a_file(fetcher: Fetcher, home: Site, status: int) -> None:
    home.answer = lambda _: web.Response(status=status)
    reason = await failing(fetcher, home.url("/?s3cret"), home=home.url(), token=TOKEN)
    assert reason == f"the server answered {status}"


async def test_a_length_that_is_too_large_is_not_even_read(fetcher: Fetcher, home: Site) -> None:
    async def promise(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = MOST + 1
        await response.prepare(request)
        await asyncio.sleep(60)
        return response

    home.answer = promise
    assert await failing(fetcher, home.url(), home=home.url()) == "it is too large"


async def test_a_file_without_end_is_too_large(fetcher: Fetcher, home: Site) -> None:
    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(65536))

    home.answer = pour
    assert await failing(fetcher, home.url(), home=home.url()) == "it is too large"


@pytest.mark.parametrize(("size", "fits"), [(MOST, True), (MOST + 1, False), (200 * MOST, False)])
async def test_the_bound_is_for_what_is_unpacked(
    fetcher: Fetcher, home: Site, size: int, fits: bool
) -> None:
    packed = gzip.compress(bytes(size), 9)
    assert len(packed) < MOST
    home.answer = lambda _: web.Response(body=packed, headers={"Content-Encoding": "gzip"})
    if fits:
        assert (await fetcher.fetch(home.url(), home=home.url())).data == bytes(size)
    else:
        assert await failing(fetcher, home.url(), home=home.url()) == "it is too large"


async def test_a_broken_archive_is_an_error(fetcher: Fetcher, home: Site) -> None:
    home.answer = lambda _: web.Response(body=b"x" * 99, headers={"Content-Encoding": "gzip"})
    assert await failing(fetcher, home.url(), home=home.url()) == "ClientPayloadError"


async def test_half_a_file_is_none(fetcher: Fetcher, home: Site) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"x" * 500)
        assert request.transport
        request.transport.close()
        return response

    home.answer = break_off
    assert await failing(fetcher, home.url(), home=home.url()) == "ClientPayloadError"


@pytest.mark.parametrize(("total", "idle"), [(0.3, 60), (60, 0.3)])
async def test_a_silent_server_is_not_waited_for(home: Site, total: float, idle: float) -> None:
    async def sleep(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    home.answer = sleep
    fetcher = Fetcher(MOST, total_seconds=total, idle_seconds=idle)
    assert await failing(fetcher, home.url(), home=home.url()) == "it took too long"
    await fetcher.close()


async def test_a_server_that_never_gets_anywhere_is_not_waited_for(home: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    home.answer = drip
    fetcher = Fetcher(MOST, total_seconds=0.5, idle_seconds=60)
    assert await failing(fetcher, home.url(), home=home.url()) == "it took too long"
    await fetcher.close()


async def test_only_so_many_are_fetched_at_once(home: Site) -> None:
    running = most = 0

    async def count(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return web.Response(body=PNG)

    home.answer = count
    fetcher = Fetcher(MOST)
    fetching = (fetcher.fetch(home.url(f"/{n}"), home=home.url()) for n in range(3 * PLACES))
    assert [fetched.name for fetched in await asyncio.gather(*fetching)] == [
        str(n) for n in range(3 * PLACES)
    ]
    assert most == PLACES
    await fetcher.close()


async def test_a_server_that_is_away_is_an_error(fetcher: Fetcher) -> None:
    url = "http://127.0.0.1:1/?s3cret"
    assert await failing(fetcher, url, home=url) == "ClientConnectorError"


async def test_a_token_that_cannot_be_sent_is_not_shown(fetcher: Fetcher, home: Site) -> None:
    assert await failing(fetcher, home.url(), home=home.url(), token=f"{TOKEN}\r\nX: s3cret")
    assert home.requests == []


async def test_nothing_is_fetched_after_the_end(home: Site) -> None:
    fetcher = Fetcher(MOST)
    await fetcher.fetch(home.url(), home=home.url())
    await fetcher.close()
    assert await failing(fetcher, home.url(), home=home.url()) == "the gateway is stopping"


@pytest.mark.parametrize(
    ("path", "disposition", "name"),
    [
        ("/files/report.pdf?sign=s3cret", "", "report.pdf"),
        ("/files/b%C3%A1o%20c%C3%A1o.pdf", "", "báo cáo.pdf"),
        ("/", "", "file"),
        ("/x", 'attachment; filename="a b.pdf"', "a b.pdf"),
        ("/x", "attachment; filename=a.pdf", "a.pdf"),
        ("/x", "attachment; filename=\"a.pdf\"; filename*=UTF-8''b%C3%A1o.pdf", "báo.pdf"),
        ("/x", "inline; filename*=iso-8859-1'en'%A3.txt", "£.txt"),
        ("/x", 'attachment; filename="../../etc/passwd"', "passwd"),
        ("/x", "attachment; filename*=UTF-8''..%2F..%0D%0Aevil.sh", "evil.sh"),
        ("/x.png", "attachment; filename*=no-such-charset''%A3", "x.png"),
        ("/x.png", "attachment; filename*=undefined''a%A3", "x.png"),
        ("/x.png", "attachment; nonsense", "x.png"),
        ("/x.png", ";;;", "x.png"),
        ("/%2e%2e%2fpasswd", "", "passwd"),
    ],
)
async def test_a_file_has_a_name(
    fetcher: Fetcher, home: Site, path: str, disposition: str, name: str
) -> None:
    headers = {"Content-Disposition": disposition} if disposition else {}
    home.answer = lambda _: web.Response(body=PNG, headers=headers)
    assert (await fetcher.fetch(home.url(path), home=home.url())).name == name


async def test_a_file_that_does_not_say_what_it_is_is_looked_at(
    fetcher: Fetcher, home: Site
) -> None:
    home.answer = lambda _: web.Response(body=PNG, content_type="application/octet-stream")
    assert (await fetcher.fetch(home.url("/x.pdf"), home=home.url())).media_type == "image/png"
