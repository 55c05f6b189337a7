"""The floor: the least that can stand between a page and a bot.

``python -m benchmarks.proxy URL`` prints its address. A question that is posted is posted to the
bot at URL, and each piece of the answer is written back as it comes. Nothing is kept, checked or
parsed. What the gateway costs is what it costs above this.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from benchmarks.serving import run

BOT = web.AppKey("bot", str)
HTTP = web.AppKey("http", ClientSession)


async def ask(request: web.Request) -> web.StreamResponse:
    """Pass one question on, and its answer back."""
    response = _stream()
    body = await request.read()
    url = f"{request.app[BOT]}/chat-messages"
    async with request.app[HTTP].post(url, data=body) as answer:
        await response.prepare(request)
        async for piece in answer.content.iter_any():
            await response.write(piece)
    await response.write_eof()
    return response


async def idle(request: web.Request) -> web.StreamResponse:
    """A stream on which nothing happens."""
    response = _stream()
    await response.prepare(request)
    await response.write(b":\n\n")
    await asyncio.get_running_loop().create_future()
    return response


def _stream() -> web.StreamResponse:
    return web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})


async def _http(app: web.Application) -> AsyncIterator[None]:
    async with ClientSession(
        connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None)
    ) as app[HTTP]:
        yield


def main() -> None:
    """Serve until told to stop."""
    app = web.Application()
    app[BOT] = sys.argv[1]
    app.cleanup_ctx.append(_http)
    app.router.add_post("/ask", ask)
    app.router.add_post("/idle", idle)
    run(app)


if __name__ == "__main__":
    main()
