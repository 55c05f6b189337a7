"""A dispatcher with everything it needs, one scripted bot and one recording channel."""

import time
from typing import Any

from msgspec.structs import replace

from gateway.config import Limits, RedisConfig
from gateway.delivery import Delivery
from gateway.dispatcher import Dispatcher
from gateway.fetch import Fetcher
from gateway.files import Files
from gateway.guard import Guard
from gateway.model import (
    Attachment,
    Inbound,
    Policy,
)
from gateway.ports import Admission, Bot, Channel
from gateway.services import Services
from gateway.store import keys
from gateway.store.aliases import Aliases
from gateway.store.answers import Answers
from gateway.store.blobs import Blobs
from gateway.store.connection import Connection, connect
from gateway.store.hub import Hub
from gateway.store.inbox import Inbox
from gateway.store.journal import Journal
from gateway.store.leases import Lease
from gateway.store.memory import Memory
from gateway.store.people import People
from gateway.store.quotas import Quotas
from gateway.store.replies import Replies
from gateway.store.traces import Traces
from gateway.store.work import Item
from gateway.texts import Texts
from support.adapters import RecordingChannel, ScriptedBot, inbound, origin
from support.servers import eventually


def files(connection: Connection) -> Files:
    most = 1024 * 1024
    blobs = Blobs(connection, most_bytes_each=most, most_bytes_all=8 * most, days=1)
    return Files(blobs, Fetcher(most))


class Engine:
    """A dispatcher with everything it needs."""

    def __init__(self, url: str, limits: Limits, name: str = "worker") -> None:
        self.bot = ScriptedBot()
        self.channel = RecordingChannel()
        self._bots: dict[str, Bot] = {"bot": self.bot}
        self._channels: dict[str, Channel] = {"channel": self.channel}
        self._connection = Connection(connect(RedisConfig(url=url)))
        self._blocking = Connection(connect(RedisConfig(url=url), blocking=True))
        self._hub = Hub(self._blocking.client, self._heed)
        self.inbox = Inbox(self._connection, name, limits)
        self.services = Services(
            inbox=self.inbox,
            replies=Replies(self._connection, self._hub),
            aliases=Aliases(self._connection, 90),
            answers=Answers(self._connection, 90),
            people=People(self._connection, 90),
            traces=Traces(self._connection, name),
            memory=Memory(self._connection),
            files=files(self._connection),
            guard=Guard(Quotas(self._connection), Texts(), limits.bot_wait),
            channels=self._channels,
            bots=self._bots,
            texts=Texts(),
            limits=limits,
        )
        self.dispatcher = Dispatcher(self.services, self._blocking, self._control)

    async def _control(self, message: bytes) -> None:
        await self._connection.execute("PUBLISH", keys.CONTROL, message)

    async def _heed(self, message: bytes) -> None: ...

    def use(
        self, *, bot: ScriptedBot | None = None, channel: RecordingChannel | None = None
    ) -> None:
        """Put another bot or channel in place, before it starts."""
        self.bot, self.channel = bot or self.bot, channel or self.channel
        self._bots["bot"], self._channels["channel"] = self.bot, self.channel

    def delivery(self) -> Delivery:
        """The delivery of a turn nobody has asked for."""
        writer = self.services.replies.writer("l", 1, 1)
        journal = Journal(self.inbox, Lease("l", "0-1"), 1)
        return Delivery("1", origin(), (), writer, journal, 100_000)

    async def start(self, *, alone: bool = False) -> None:
        await self._hub.start()
        await self.dispatcher.start(alone=alone)

    async def stop(self, limit: float = 1) -> None:
        await self.dispatcher.stop(limit)
        await self.services.replies.stop()
        await self._hub.close()
        await self._connection.close()
        await self._blocking.close()

    async def say(
        self,
        text: str,
        policy: Policy = Policy.FOLLOWUP,
        *,
        command: str = "",
        facts: dict[str, str] | None = None,
        attachments: tuple[Attachment, ...] = (),
        goes_on: bool = False,
        **where: Any,
    ) -> Admission:
        """Admit a message; one that goes on in another is said to come just now."""
        message: Inbound = inbound(text, **where)
        came = replace(message.origin, facts=facts or {})
        at = time.time() if goes_on else message.received_at
        message = replace(
            message, origin=came, attachments=attachments, more=goes_on, received_at=at
        )
        return await self.inbox.admit("l", Item(message, "bot", policy, "user", command))

    async def ends(self, count: int) -> list[str]:
        """Wait for so many answers; their texts."""
        await eventually(lambda: len(self.channel.ends) >= count)
        return [end.text for end in self.channel.ends]
