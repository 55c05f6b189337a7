"""One connection of Socket Mode, from Slack's hello to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

HEARTBEAT_SECONDS = 10.0
"""Between two pings; after one, half of it without a frame is the end."""
LEAVE_SECONDS = 15.0
"""How long a connection is still read after Slack asked for another in its place."""
CLOSE_SECONDS = 1.0

_CROWDED = "too_many_websockets"

Take = Callable[["Link", SocketModeRequest], Awaitable[None]]


class Link:
    """A connection on which Slack said hello. ``leaving`` is set once it wants a successor."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.leaving = asyncio.Event()

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str) -> "Link":
        """Connect. Raises aiohttp.ClientError, OSError, TypeError and ValueError; waits for Slack
        without a limit of its own."""
        socket = await http.ws_connect(
            url,
            heartbeat=HEARTBEAT_SECONDS,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            proxy=load_http_proxy_from_env() if url.startswith("wss:") else None,
        )
        link = cls(socket)
        try:
            if _decoded(await socket.receive_str()).get("type") != "hello":
                raise ValueError("no hello")
        except BaseException:
            await link.close()
            raise
        return link

    async def read(self, take: Take) -> None:
        """Hand over each envelope, until the connection ends or was left for LEAVE_SECONDS."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as limit:
                    await self._read(take, limit)
        finally:
            self.leaving.set()

    async def _read(self, take: Take, limit: asyncio.Timeout) -> None:
        async for frame in self._socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message = _decoded(frame.data)
            if message.get("type") == "disconnect":
                self.leaving.set()
                if message.get("reason") == _CROWDED:
                    return
                limit.reschedule(asyncio.get_running_loop().time() + LEAVE_SECONDS)
            elif request := SocketModeRequest.from_dict(message):
                await take(self, request)

    async def acknowledge(self, response: SocketModeResponse) -> None:
        """Tell Slack that an envelope is here. Lost with the connection: then it comes again."""
        with suppress(aiohttp.ClientError, OSError):
            await self._socket.send_str(msgspec.json.encode(response.to_dict()).decode())

    async def close(self) -> None:
        """Disconnect; takes CLOSE_SECONDS at most."""
        with suppress(aiohttp.ClientError, OSError):
            await self._socket.close()


def _decoded(text: str) -> dict[str, Any]:
    """A frame's JSON object. Raises ValueError."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ValueError("no JSON object") from None
