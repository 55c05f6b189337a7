"""Speakers: what Slack knows of the people who write: their name and their language."""

import asyncio
import time

import msgspec
import structlog
from msgspec import Struct

from adapters.channels.slack.api import Api, Refused, Unreached, Unsure
from gateway.model import Origin, Person
from gateway.ports import Channel, GatewayForChannels

KNOWN_SECONDS = 24 * 3600
UNKNOWN_SECONDS = 3600
"""Who could not be looked up is not looked up again for so long."""
NEAR_SECONDS = 600
NEAR_MOST = 10_000
"""How long, and how many, are kept in this process as well."""
PATIENCE = 1.0
"""Seconds that a message may wait for this; Slack wants to hear of it within three."""

log = structlog.get_logger(__name__)


class Speaker(Struct, frozen=True):
    """One of them. ``id`` is the person's; what is not known is empty."""

    id: str
    name: str = ""
    locale: str = ""


class Speakers:
    """Looks people up, once a day each."""

    def __init__(self, channel: Channel, gateway: GatewayForChannels) -> None:
        self._channel = channel
        self._gateway = gateway
        self._near: dict[str, tuple[float, Speaker]] = {}

    async def introduce(self, origin: Origin, api: Api) -> Origin:
        """The origin with what is known of the person. Raises StoreUnavailable."""
        id_, now = origin.person.id, time.monotonic()
        until, speaker = self._near.get(id_, (0.0, Speaker(id_)))
        if until < now:
            speaker = await self._find(origin, api)
            if len(self._near) >= NEAR_MOST:
                self._near.clear()
            self._near[id_] = now + NEAR_SECONDS, speaker
        return _known(origin, speaker)

    async def _find(self, origin: Origin, api: Api) -> Speaker:
        key = f"speaker:{origin.person.id}"
        if kept := await self._gateway.recall(self._channel, key):
            return msgspec.json.decode(kept, type=Speaker)
        speaker = await self._look_up(origin, api)
        seconds = KNOWN_SECONDS if speaker.locale else UNKNOWN_SECONDS
        await self._gateway.remember(self._channel, key, msgspec.json.encode(speaker), seconds)
        return speaker

    async def _look_up(self, origin: Origin, api: Api) -> Speaker:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await api.call("users.info", user=origin.facts["user"], include_locale=True)
        except (Refused, Unreached, Unsure, TimeoutError) as error:
            log.info("a person's language is not known", reason=str(error) or "timeout")
            return Speaker(origin.person.id)
        return _speaker(origin.person.id, found.get("user"))


def _speaker(id_: str, user: object) -> Speaker:
    if not isinstance(user, dict):
        return Speaker(id_)
    name, locale = user.get("real_name"), user.get("locale")
    return Speaker(
        id_,
        name if isinstance(name, str) else "",
        locale if isinstance(locale, str) else "",
    )


def _known(origin: Origin, speaker: Speaker) -> Origin:
    person = origin.person
    name, locale = person.name or speaker.name, person.locale or speaker.locale
    return msgspec.structs.replace(origin, person=Person(person.id, name, locale))
