"""Fetching files from addresses that somebody else named, without being led anywhere private.

Every address is checked where the connection to it is made, so neither a name that resolves to
something else the second time nor an unusual notation of an address leads past the check.
"""

import asyncio
import re
import socket
import warnings
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from gateway.media import media_type, safe_name

TOTAL_SECONDS = 30.0
"""For one file with all redirects, waiting for a place included."""
IDLE_SECONDS = 10.0
PLACES = 20
"""How many files are fetched at once."""
REDIRECTS_MOST = 5
REDIRECTS = {301, 302, 303, 307, 308}

_UNICAST = ip_network("2000::/3")
_TRANSLATED = ip_network("64:ff9b::/96")
"""Where an IPv6-only network reaches an IPv4 address, which are the last 32 bits."""
_RESERVED = [
    ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",  # looks public, but is the virtual machine's own host on Azure
        "2001::/23",
        "2002::/16",
        "3fff::/20",
    )
]
"""What is not for the public and not known as such to every version of Python."""
_PLAIN = re.compile(r"[!-~]+")


class Fetched(Struct, frozen=True):
    """A file as it came. ``name`` is safe to show and to write."""

    name: str
    media_type: str
    data: bytes


class FetchError(Exception):
    """The file could not be had. The text says why, and nothing of its address."""


class NotPublic(OSError):
    """The connection would go to an address that is not public."""

    def __init__(self) -> None:
        super().__init__("the address is not public")


def is_public(address: str) -> bool:
    """Whether an IP address is global unicast: none of this machine, this network, or a group."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed in _TRANSLATED:
        parsed = IPv4Address(int(parsed) & 0xFFFFFFFF)
    if isinstance(parsed, IPv6Address) and (parsed.scope_id or parsed not in _UNICAST):
        return False
    if any(parsed in network for network in _RESERVED):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _public_socket(addr_info: AddrInfoType) -> socket.socket:
    family, kind, protocol, _, address = addr_info
    if not is_public(str(address[0])):
        raise NotPublic
    return socket.socket(family, kind, protocol)


class Fetcher:
    """Fetches files of ``most_bytes`` at most, unpacked. Connects to nothing before it is used."""

    def __init__(
        self,
        most_bytes: int,
        *,
        total_seconds: float = TOTAL_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._most = most_bytes
        self._total = total_seconds
        self._idle = idle_seconds
        self._resolver = resolver
        self._places = asyncio.Semaphore(PLACES)
        self._sessions: dict[bool, ClientSession] = {}
        self._closed = False

    async def fetch(self, url: str, *, home: str = "", token: str = "") -> Fetched:
        """All of a file, by its http or https address on any port.

        Only public addresses are fetched, and those of ``home``, an origin that may be private.
        ``token`` goes as a bearer token to ``home`` alone. A redirect that leaves ``home`` leaves
        both behind. Raises FetchError, after the total limit at the latest.
        """
        try:
            async with asyncio.timeout(self._total), self._places:
                return await self._follow(_parsed(url), _origin(_parsed(home)), token)
        # A RuntimeError is what is left of a session that was closed meanwhile.
        except (ClientError, OSError, ValueError, RuntimeError) as error:
            raise FetchError(_reason(error)) from None

    async def close(self) -> None:
        """Let go of every connection; what is being fetched fails."""
        self._closed = True
        for session in self._sessions.values():
            await session.close()

    async def _follow(self, url: URL, home: tuple[str, ...], token: str) -> Fetched:
        for _ in range(REDIRECTS_MOST + 1):
            _check(url)
            if _origin(url) != home:
                # Not even a way back: it would be a stranger who chose the address at home.
                home, token = (), ""
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with self._session(bool(home)).get(
                url, headers=headers, allow_redirects=False
            ) as response:
                if response.status not in REDIRECTS:
                    return await self._read(response)
                url = _next(url, response.headers.get("Location", ""), token)
        raise FetchError("it redirects too often")

    async def _read(self, response: ClientResponse) -> Fetched:
        if response.status != 200:
            raise FetchError(f"the server answered {response.status}")
        if (response.content_length or 0) > self._most:
            raise FetchError("it is too large")
        data = bytearray()
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > self._most:
                raise FetchError("it is too large")
        name = safe_name(_named(response) or response.url.name)
        kind = media_type(response.headers.get("Content-Type", ""), name, bytes(data[:64]))
        return Fetched(name, kind, bytes(data))

    def _session(self, at_home: bool) -> ClientSession:
        if self._closed:
            raise FetchError("the gateway is stopping")
        if at_home not in self._sessions:
            self._sessions[at_home] = ClientSession(
                connector=TCPConnector(
                    limit=PLACES,
                    resolver=self._resolver,
                    use_dns_cache=False,
                    socket_factory=None if at_home else _public_socket,
                ),
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": "chat-gateway"},
                timeout=ClientTimeout(sock_connect=self._idle, sock_read=self._idle),
            )
        return self._sessions[at_home]


def _parsed(address: str) -> URL:
    # A signature is of the address as it is written: it is only quoted where it has to be.
    return URL(address, encoded=bool(_PLAIN.fullmatch(address)))


def _origin(url: URL) -> tuple[str, ...]:
    return (url.scheme, (url.raw_host or "").lower(), str(url.port)) if url.scheme else ()


def _check(url: URL) -> None:
    if url.scheme not in {"http", "https"} or not url.raw_host or not url.port:
        raise FetchError("it has no http or https address")
    if url.raw_user is not None or url.raw_password is not None:
        raise FetchError("its address has a user name or a password")


def _next(url: URL, location: str, token: str) -> URL:
    if not location:
        raise FetchError("it redirects to nowhere")
    target = url.join(_parsed(location))
    if token and url.scheme == "https" and target.scheme != "https":
        raise FetchError("it redirects to where it can be read on the way")
    return target


def _named(response: ClientResponse) -> str:
    with warnings.catch_warnings():
        # The parser's warnings quote the name, and warnings are logged.
        warnings.simplefilter("ignore")
        try:
            disposition = response.content_disposition
        except UnicodeError:
            return ""
    return (disposition.filename if disposition else None) or ""


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ClientConnectorError) and isinstance(error.os_error, NotPublic):
        return str(error.os_error)
    # The error's own text may quote the address.
    return type(error).__name__
