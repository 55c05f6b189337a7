"""Replies out: which workspace a reply goes to, and what became of it."""

import asyncio

import msgspec
import structlog

from adapters.channels.slack import codes
from adapters.channels.slack.api import Api, Limited, Refused, Unreached, Unsure
from adapters.channels.slack.config import Config
from adapters.channels.slack.installs import Installs
from adapters.channels.slack.messages import Place
from adapters.channels.slack.pacing import Pace
from adapters.channels.slack.rendering import Rendering
from adapters.channels.slack.status import Status
from adapters.channels.slack.workspace import Workspace
from gateway.ports import (
    Channel,
    GatewayForChannels,
    NotSent,
    Outcome,
    Reply,
    Sent,
    StoreUnavailable,
    Undeliverable,
)

LATER_SECONDS = 5.0
"""An answer that Slack cannot take now is tried again after this."""
REMEMBERED_SECONDS = 30 * 24 * 3600
CLEARING_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Outbound:
    """Delivers the replies of one channel."""

    def __init__(
        self, channel: Channel, config: Config, gateway: GatewayForChannels, installs: Installs
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._installs = installs
        self._workspaces: dict[str, tuple[str, Workspace]] = {}
        self._clearing: set[asyncio.Task[None]] = set()

    async def deliver(self, reply: Reply) -> Outcome:
        """Render a reply to its end. The contract is Channel.deliver's."""
        team, place = place_of(reply)
        try:
            workspace = await self._workspace(team)
            if workspace is None:
                return Undeliverable("not_installed")
            return await self._render(workspace, place, reply)
        except Limited as limited:
            return NotSent(limited.code, limited.retry_after)
        except Refused as refused:
            if refused.code in codes.FOR_A_WHILE:
                return NotSent(refused.code, LATER_SECONDS)
            return Undeliverable(refused.code)
        except (Unreached, Unsure, StoreUnavailable) as error:
            return NotSent(f"not sent: {type(error).__name__}", LATER_SECONDS)

    async def stop(self) -> None:
        """Let what is being tidied up come to its end; lasts CLEARING_SECONDS at most."""
        if self._clearing:
            await asyncio.wait(self._clearing, timeout=CLEARING_SECONDS)

    async def _render(self, workspace: Workspace, place: Place, reply: Reply) -> Outcome:
        rendering = Rendering(workspace, place, self._config, self._gateway, reply)
        working = self._gateway.text(reply.locale, "slack.working")
        agent = self._config.agent and bool(reply.messages)
        status = Status(workspace, place, working, agent=agent)
        status.begin()
        try:
            await rendering.run(status)
        finally:
            self._clear(status, settled=rendering.idle)
        for ts in rendering.written:
            await self._remember(reply, place.channel, ts)
        return Sent()

    def _clear(self, status: Status, *, settled: bool) -> None:
        """Take the status away, without anybody waiting for it."""
        clearing = asyncio.create_task(status.end(settled=settled))
        self._clearing.add(clearing)
        clearing.add_done_callback(self._clearing.discard)

    async def _workspace(self, team: str) -> Workspace | None:
        """A workspace, as long as the app is installed there. Raises what Installs.find does."""
        found = await self._installs.find(team)
        if found is None:
            return None
        token, workspace = self._workspaces.get(team, ("", None))
        if workspace is None:
            pace = Pace(self._gateway.allow, f"{self._channel.name}:{team}")
            workspace = Workspace(self._api(found.token), pace, found.bot_user, found.bot_id)
        elif token != found.token:
            workspace.api = self._api(found.token)
        self._workspaces[team] = (found.token, workspace)
        return workspace

    def _api(self, token: str) -> Api:
        return Api(self._gateway.http, self._config.api_url, token)

    async def _remember(self, reply: Reply, channel: str, ts: str) -> None:
        """Which turn a message answers, for those who rate it."""
        turn = {
            "turn": reply.turn,
            "place": reply.address.place,
            "thread": reply.address.thread,
            "person": reply.messages[-1].origin.person.id if reply.messages else "",
        }
        key, value = f"turn:{channel}:{ts}", msgspec.json.encode(turn)
        try:
            await self._gateway.remember(self._channel, key, value, REMEMBERED_SECONDS)
        except StoreUnavailable:
            log.warning("an answer cannot be rated", turn=reply.turn)


def place_of(reply: Reply) -> tuple[str, Place]:
    """The workspace, and the place in it, where a reply goes."""
    team, _, channel = reply.address.place.partition(":")
    if not reply.messages:
        return team, Place(channel, reply.address.thread)
    facts = reply.messages[-1].origin.facts
    place = Place(
        channel=channel,
        thread=facts.get("thread", reply.address.thread),
        user=facts.get("user", ""),
        team=facts.get("team", ""),
        since=facts.get("ts", ""),
    )
    return team, place
