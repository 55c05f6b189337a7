"""The core, as bots see it: what a bot is handed, and nothing more."""

import time
from collections.abc import Sequence

import structlog
from aiohttp import ClientSession

from gateway import telemetry
from gateway.model import Attachment, Inbound, Policy, ReplyEvent
from gateway.ports import Bot, Handler, StoreUnavailable
from gateway.routes import Routes
from gateway.services import Services
from gateway.store.work import Item

TYPING_SECONDS = 10
"""How long it is shown that somebody writes, unless that is said again."""
UNKNOWN_MOST = 1000
"""Kinds of events that are remembered as logged."""

log = structlog.get_logger(__name__)


class ForBots:
    """GatewayForBots."""

    def __init__(
        self, services: Services, http: ClientSession, routes: Routes, public_url: str
    ) -> None:
        self.http = http
        self.public_url = public_url
        self._services = services
        self._routes = routes
        self._unknown: set[tuple[str, str]] = set()

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Serve a path. Raises ValueError when it is taken by another handler."""
        self._routes.mount(method, path, handler)

    async def push(self, bot: Bot, alias: str, name: str, events: Sequence[ReplyEvent]) -> bool:
        """What a bot says unasked, as a turn of its own. Raises StoreUnavailable."""
        place = await self._services.aliases.find(bot.identity, alias)
        if place is None:
            return False
        unwritten = Inbound(
            id=f"push:{bot.name}:{name}", origin=place.origin, text="", received_at=time.time()
        )
        item = Item(unwritten, bot.name, Policy.FOLLOWUP, place.user, push=tuple(events))
        admission = await self._services.inbox.admit(place.lane, item)
        log.info("push", status=admission.status, turn=f"{place.lane}#{admission.turn}")
        if admission.status == "busy":
            raise StoreUnavailable("too much is waiting in this conversation")
        return True

    async def typing(self, bot: Bot, alias: str, *, on: bool) -> bool:
        """Show that a person writes. Raises StoreUnavailable."""
        place = await self._services.aliases.find(bot.identity, alias)
        if place is None:
            return False
        until = round(time.time() + TYPING_SECONDS * on, 3)
        await self._services.replies.announce(place.lane, "typing", {"on": on, "until": until})
        return True

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person."""
        return self._services.texts.get(locale, key, **values)

    def ignored(self, bot: Bot, event: str) -> None:
        """Count an event that the bot does not know; say so in the log the first time."""
        telemetry.UNKNOWN_EVENTS.labels(bot.name).inc()
        kind = (bot.name, event)
        if kind not in self._unknown and len(self._unknown) < UNKNOWN_MOST:
            self._unknown.add(kind)
            log.info("the bot sent an event of an unknown kind", bot=bot.name, event_kind=event)

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone and StoreUnavailable."""
        return await self._services.files.read(attachment)

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file; without content when that cannot be."""
        return await self._services.files.keep_or_note(name, media_type, data)

    async def collect(
        self, url: str, *, name: str = "", media_type: str = "", home: str = "", token: str = ""
    ) -> Attachment:
        """Fetch a file and keep it; without content when that cannot be."""
        return await self._services.files.collect(
            url, name=name, media_type=media_type, home=home, token=token
        )

    def file_path(self, attachment: Attachment) -> str:
        """Where the gateway serves a kept file."""
        return self._services.files.path(attachment)

    async def remember(self, bot: Bot, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for all replicas. Raises StoreUnavailable."""
        await self._services.memory.keep(bot.identity, key, value, seconds)

    async def recall(self, bot: Bot, key: str) -> bytes | None:
        """A value that was remembered. Raises StoreUnavailable."""
        return await self._services.memory.find(bot.identity, key)
