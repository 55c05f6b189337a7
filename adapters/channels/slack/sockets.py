"""Socket Mode: what Slack has to say comes over connections that the gateway opens."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import msgspec
import structlog
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.channels.slack.api import Api, Limited, Refused, Unreached, Unsure
from adapters.channels.slack.link import Link
from gateway.ports import CannotStart
from gateway.tasks import cancel

CONNECTIONS = 2
"""At once: while Slack has one of them replaced, the other is there."""
CONNECT_SECONDS = 10.0
"""For a connection, until Slack says hello on it."""
STEADY_SECONDS = 10.0
"""A connection that lasted this long is followed by the next at once."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before the next try; doubled each time."""
DRAIN_SECONDS = 5.0
"""For what is being dispatched when the gateway stops."""
MOST_DISPATCHES = 100
"""Being dispatched at once; what is more is not read yet."""

_TEMPORARY = {"team_added_to_org", "org_login_required", "accesslimited"}
"""Refusals that have nothing to do with the token."""

log = structlog.get_logger(__name__)


class Sockets:
    """The connections of one app; what comes over them goes to Bolt.

    An envelope is acknowledged when Bolt answers with 200, which is after it was made durable.
    Else it is not, and Slack sends it again.
    """

    def __init__(
        self, app: AsyncApp, app_token: str, api_url: str, http: aiohttp.ClientSession, name: str
    ) -> None:
        self._app = app
        self._api = Api(http, api_url, app_token)
        self._http = http
        self._log = log.bind(channel=name)
        self._links = set[Link]()
        self._receiving = set[asyncio.Task[None]]()
        self._dispatching = set[asyncio.Task[None]]()
        self._room = asyncio.Semaphore(MOST_DISPATCHES)

    @property
    def connected(self) -> int:
        """How many connections are up and to stay."""
        return sum(not link.leaving.is_set() for link in self._links)

    async def start(self) -> None:
        """Begin to connect; goes on trying for as long as Slack is away.

        Raises CannotStart, with what to mend, when Slack refuses the app token.
        """
        url = await self._first_url()
        for _ in range(CONNECTIONS):
            _spawn(self._receiving, self._keep(url))
            url = ""

    async def _first_url(self) -> str:
        try:
            return await self._url()
        except (Limited, Unsure, Unreached) as error:
            self._log.warning("Slack cannot be reached yet", reason=_reason(error))
        except Refused as error:
            if error.code not in _TEMPORARY:
                raise CannotStart(
                    f"Slack refuses app_token ({error.code}): it must be an app-level token of "
                    "this app with the scope connections:write, and Socket Mode must be on"
                ) from None
        return ""

    async def stop(self) -> None:
        """Read nothing more, finish what is here (DRAIN_SECONDS), and disconnect."""
        await cancel(*self._receiving)
        if self._dispatching:
            await asyncio.wait(self._dispatching, timeout=DRAIN_SECONDS)
        await cancel(*self._dispatching)
        await asyncio.gather(*(link.close() for link in self._links))
        self._links.clear()

    async def _keep(self, url: str) -> None:
        """Have one connection, always; ``url`` is where the first may be made."""
        pause = 0.0
        while True:
            try:
                pause = 0.0 if await self._last(url or await self._url()) else _longer(pause)
            except Exception as error:
                # Whatever it was: without its connection the channel would be deaf.
                self._log.warning("no connection to Slack", reason=_reason(error))
                asked = error.retry_after if isinstance(error, Limited) else 0.0
                pause = max(_longer(pause), asked)
            url = ""
            await asyncio.sleep(pause)

    async def _url(self) -> str:
        return str((await self._api.call("apps.connections.open")).get("url", ""))

    async def _last(self, url: str) -> bool:
        """Have a connection until another is wanted in its place; whether it lasted."""
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(CONNECT_SECONDS):
            link = await Link.open(self._http, url)
        since = clock()
        self._links.add(link)
        _spawn(self._receiving, self._receive(link))
        self._log.info("connected to Slack", connections=self.connected)
        await link.leaving.wait()
        return clock() - since >= STEADY_SECONDS

    async def _receive(self, link: Link) -> None:
        try:
            await link.read(self._take)
        except ValueError as error:
            self._log.warning("Slack sent what is no envelope", reason=_reason(error))
        # Not when cancelled: stop() still acknowledges over the connection, and then closes it.
        self._links.discard(link)
        await link.close()

    async def _take(self, link: Link, request: SocketModeRequest) -> None:
        await self._room.acquire()
        task = _spawn(self._dispatching, self._dispatch(link, request))
        task.add_done_callback(lambda _: self._room.release())

    async def _dispatch(self, link: Link, request: SocketModeRequest) -> None:
        try:
            response = await self._app.async_dispatch(_bolt_request(request))
        except Exception as error:
            self._log.error("an event was not taken", kind=request.type, reason=_reason(error))
            return
        if response.status == 200:
            await link.acknowledge(_acknowledgement(request, response))
        else:
            self._log.warning("an event was not taken", kind=request.type, status=response.status)


def _bolt_request(request: SocketModeRequest) -> AsyncBoltRequest:
    headers = build_headers(request)
    return AsyncBoltRequest(mode="socket_mode", body=request.payload, headers=headers)


def _acknowledgement(request: SocketModeRequest, response: BoltResponse) -> SocketModeResponse:
    """Bolt's answer, as Slack takes it over a connection."""
    payload: dict[str, Any] | None = None
    if response.body:
        kind = response.headers.get("content-type", [""])[0]
        is_json = kind.startswith("application/json")
        payload = msgspec.json.decode(response.body) if is_json else {"text": response.body}
    return SocketModeResponse(request.envelope_id, payload)


def _longer(pause: float) -> float:
    return min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)


def _reason(error: Exception) -> str:
    return error.code if isinstance(error, Refused) else type(error).__name__


def _spawn(
    tasks: set[asyncio.Task[None]], work: Coroutine[object, object, None]
) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task
