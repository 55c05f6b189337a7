"""The files between ChatAIBot and its visitors: links on both sides."""

import aiohttp
from aiohttp import web

from gateway.sandbox.chataibot_bodies import Body, invalid

MADE = b"A file that the bot has made.\n"
_PATH = "/sandbox/files/made.txt"
_FIELDS = ("filename", "link", "mime_type", "extension")
_LARGEST = 1024 * 1024


def routes() -> list[web.RouteDef]:
    """Where the bot's own file is."""
    return [web.get(_PATH, _serve)]


def made(origin: str) -> Body:
    """The bot's own file, as a message carries it."""
    values = ("made.txt", origin + _PATH, "text/plain", "txt")
    return dict(zip(_FIELDS, values, strict=True))


def files_of(data: Body) -> list[dict[str, str]]:
    """The files that a visitor sends. Raises Refusal."""
    files = data.get("files", [])
    if not isinstance(files, list) or not all(map(_is_file, files)):
        raise invalid("message.data.files")
    return files


async def received(http: aiohttp.ClientSession, files: list[dict[str, str]]) -> str:
    """What the bot says about a visitor's files, once it has followed their links."""
    sizes = [(file["filename"], await _size(http, file["link"])) for file in files]
    return "\n".join(f"I have received {name} ({size})." for name, size in sizes)


async def _size(http: aiohttp.ClientSession, link: str) -> str:
    try:
        async with http.get(link) as response:
            if response.status != 200:
                return f"status {response.status}"
            body = await response.content.read(_LARGEST)
    except (aiohttp.ClientError, TimeoutError):
        return "nothing"
    return f"{len(body)} bytes"


def _is_file(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _FIELDS)


async def _serve(_: web.Request) -> web.Response:
    return web.Response(body=MADE, content_type="text/plain")
