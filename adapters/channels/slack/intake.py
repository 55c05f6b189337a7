"""Intake: what was said in Slack becomes a message of the gateway, once, and durable."""

import asyncio
from collections.abc import Callable

import msgspec

from adapters.channels.background import Background
from adapters.channels.slack.api import Api
from adapters.channels.slack.config import Config
from adapters.channels.slack.downloads import Downloads
from adapters.channels.slack.inbound import Asked, Deleted, Edited
from adapters.channels.slack.installation import Installation
from adapters.channels.slack.speakers import Speakers
from gateway.model import Address, Inbound, Origin
from gateway.ports import Admission, Channel, GatewayForChannels

DAYS = 24 * 3600
FOLLOW_SECONDS = 7 * DAYS
ASK_SECONDS = 7 * DAYS
NOTICE_SECONDS = 60
NOTICE = {"event_type": "chat_gateway", "event_payload": {"notice": "1"}}

ApiOf = Callable[[Installation], Api]
"""The API of the workspace of an installation."""


class Intake:
    """Admits messages, and remembers what later events are about.

    Its methods raise StoreUnavailable: then Slack is to send the event again. They return within
    seconds.
    """

    def __init__(
        self,
        channel: Channel,
        config: Config,
        gateway: GatewayForChannels,
        background: Background,
        api_of: ApiOf,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._background = background
        self._api_of = api_of
        self._downloads = Downloads(config, gateway)
        self._speakers = Speakers(channel, gateway)

    async def heed(self, said: Asked | Edited | Deleted | None, installation: Installation) -> None:
        """Do what a message event asks for."""
        match said:
            case Asked():
                await self._ask(said, installation)
            case Edited(asked) if self._config.edits == "answer":
                await self._ask(asked, installation)
            case Deleted(origin):
                await self._take_back(origin)

    async def admit(self, inbound: Inbound, installation: Installation) -> bool:
        """Make a message durable; False when it was not taken, and the person is told so."""
        origin = await self._speakers.introduce(inbound.origin, self._api_of(installation))
        inbound = msgspec.structs.replace(inbound, origin=origin)
        admission = await self._admit_and_remember(inbound)
        if admission.status in ("accepted", "duplicate"):
            return True
        if admission.notice:
            telling = self._tell_once(inbound, installation, admission.notice)
            self._background.start("notice", telling)
        return False

    async def _admit_and_remember(self, inbound: Inbound) -> Admission:
        if inbound.attachments:
            # Of a message that is remembered, no file is fetched again: it must be durable.
            admission = await self._gateway.admit(inbound)
            await self._remember(inbound)
        else:
            admission, _ = await asyncio.gather(
                self._gateway.admit(inbound), self._remember(inbound)
            )
        return admission

    async def question(self, name: str) -> Inbound | None:
        """A message of the last seven days by its id."""
        kept = await self._gateway.recall(self._channel, f"ask:{name}")
        return msgspec.json.decode(kept, type=Inbound) if kept else None

    async def latest(self, origin: Origin) -> Address | None:
        """Where a person last wrote."""
        kept = await self._gateway.recall(self._channel, f"latest:{origin.person.id}")
        return msgspec.json.decode(kept, type=Address) if kept else None

    async def tell(self, origin: Origin, installation: Installation, text: str) -> None:
        """Say something that only this person sees. Raises what Api raises."""
        facts = origin.facts
        where = {"channel": facts["slack_channel"], "text": text}
        if facts["thread"]:
            where["thread_ts"] = facts["thread"]
        api = self._api_of(installation)
        if facts["slack_channel_type"] == "im":
            # Named, so that it is never taken for a part of an answer.
            await api.call("chat.postMessage", metadata=NOTICE, **where)
        else:
            await api.call("chat.postEphemeral", user=facts["user"], **where)

    async def _ask(self, asked: Asked, installation: Installation) -> None:
        inbound = asked.inbound
        if not asked.called and not await self._follows(asked):
            return
        if asked.files:
            if await self._gateway.recall(self._channel, f"ask:{inbound.id}"):
                return
            api = self._api_of(installation)
            files = await self._downloads.fetch(asked.files, api, installation.token)
            inbound = msgspec.structs.replace(inbound, attachments=files)
        await self.admit(inbound, installation)

    async def _follows(self, asked: Asked) -> bool:
        if not self._config.follow_threads or asked.aside:
            return False
        key = _follow_key(asked.inbound.origin)
        return await self._gateway.recall(self._channel, key) is not None

    async def _remember(self, inbound: Inbound) -> None:
        origin = inbound.origin
        address = msgspec.json.encode(origin.address)
        kept = [
            self._keep(f"ask:{inbound.id}", msgspec.json.encode(inbound), ASK_SECONDS),
            self._keep(_last_key(origin.address), origin.facts["ts"].encode(), ASK_SECONDS),
            self._keep(f"latest:{origin.person.id}", address, ASK_SECONDS),
        ]
        if origin.facts["slack_channel_type"] != "im" and self._config.follow_threads:
            kept.append(self._keep(_follow_key(origin), origin.person.id.encode(), FOLLOW_SECONDS))
        await asyncio.gather(*kept)

    async def _take_back(self, origin: Origin) -> None:
        # What was said after it is answered all the same.
        last = await self._gateway.recall(self._channel, _last_key(origin.address))
        if last == origin.facts["ts"].encode():
            await self._gateway.halt(origin)

    async def _tell_once(self, inbound: Inbound, installation: Installation, text: str) -> None:
        key = f"told:{inbound.id}"
        if await self._gateway.claim(self._channel, key, b"1", NOTICE_SECONDS):
            await self.tell(inbound.origin, installation, text)

    async def _keep(self, key: str, value: bytes, seconds: int) -> None:
        await self._gateway.remember(self._channel, key, value, seconds)


def _follow_key(origin: Origin) -> str:
    # By the person, too: what others say to each other in the thread is theirs.
    facts = origin.facts
    return f"follow:{facts['slack_channel']}:{origin.address.thread}:{facts['user']}"


def _last_key(address: Address) -> str:
    return f"last:{address.place}:{address.thread}"
