"""Intake: what was said in Telegram becomes a message of the gateway, once, and durable."""

import asyncio

import msgspec

from adapters.channels.background import Background
from adapters.channels.telegram.api import Api
from adapters.channels.telegram.inbound import Asked, beginning
from adapters.channels.telegram.pacing import Pace, Priority
from gateway.model import Inbound, Origin
from gateway.ports import Admission, Channel, GatewayForChannels

ASK_SECONDS = 7 * 24 * 3600
SERIES_SECONDS = 5
"""Telegram brings the parts of something one right after the other."""
NOTICE_SECONDS = 60
PATIENCE = 20.0
"""Seconds that a notice may wait for its turn; later it would be about something else."""


class Intake:
    """Admits messages, and remembers what later updates are about.

    Its methods raise StoreUnavailable: then the update is to come again.
    """

    def __init__(
        self,
        channel: Channel,
        gateway: GatewayForChannels,
        background: Background,
        api: Api,
        pace: Pace,
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._background = background
        self._api = api
        self._pace = pace

    async def ask(self, asked: Asked) -> None:
        """Admit what was said, if it is for the bot."""
        if not asked.called and not await self._follows(asked):
            return
        if asked.anew:
            await self.admit(beginning(asked))
        await self.admit(asked.inbound)
        if asked.inbound.more and not _is_private(asked.inbound.origin):
            await self._keep(f"series:{asked.series}", asked.inbound.origin.person.id.encode())

    async def admit(self, inbound: Inbound) -> Admission:
        """Make a message durable. A person whose message is not taken is told so, on the side."""
        admission, _ = await asyncio.gather(self._gateway.admit(inbound), self._remember(inbound))
        if admission.notice and admission.status not in ("accepted", "duplicate"):
            self._background.start("notice", self._tell_once(inbound, admission.notice))
        return admission

    async def knows(self, inbound: Inbound) -> bool:
        """Whether the message was asked before in these very words: its edit changed no more."""
        facts = inbound.origin.facts
        before = await self.question(facts["chat"], facts["message"])
        return before is not None and before.text == inbound.text

    async def question(self, chat: str, message: str) -> Inbound | None:
        """What was asked with a message of the last seven days."""
        kept = await self._gateway.recall(self._channel, f"ask:{chat}:{message}")
        return msgspec.json.decode(kept, type=Inbound) if kept else None

    async def _follows(self, asked: Asked) -> bool:
        """Whether it is the next part of something that was for the bot."""
        kept = await self._gateway.recall(self._channel, f"series:{asked.series}")
        return kept is not None

    async def _remember(self, inbound: Inbound) -> None:
        facts = inbound.origin.facts
        key = f"ask:{facts['chat']}:{facts['message']}"
        await self._gateway.remember(self._channel, key, msgspec.json.encode(inbound), ASK_SECONDS)

    async def _tell_once(self, inbound: Inbound, text: str) -> None:
        key = f"told:{inbound.id}"
        if not await self._gateway.claim(self._channel, key, b"1", NOTICE_SECONDS):
            return
        origin = inbound.origin
        chat = int(origin.facts["chat"])
        await self._pace.wait(chat, Priority.CONTROL, PATIENCE)
        await self._api.send(
            chat,
            text,
            thread=int(origin.address.thread) if origin.address.thread else None,
            reply_to=None if _is_private(origin) else int(origin.facts["message"]),
        )

    async def _keep(self, key: str, value: bytes) -> None:
        await self._gateway.remember(self._channel, key, value, SERIES_SECONDS)


def _is_private(origin: Origin) -> bool:
    return origin.facts["chat_type"] == "private"
