"""The core, as adapters see it: what a channel and a bot are handed, and nothing more."""

import time
from collections.abc import Callable, Sequence

import structlog
from aiohttp import ClientSession, web

from gateway import commands, telemetry
from gateway.asking import Services
from gateway.config import Config
from gateway.dispatcher import Dispatcher
from gateway.model import Inbound, Introduction, Origin, Policy, ReplyEvent
from gateway.ports import (
    Admission,
    Bot,
    CanIntroduce,
    Handler,
    History,
    LogReader,
    NotRouted,
    StoreUnavailable,
)
from gateway.router import Decision, Router
from gateway.store.inbox import Item
from gateway.store.limits import Limiter

log = structlog.get_logger(__name__)


class Core:
    """GatewayForChannels and GatewayForBots."""

    def __init__(
        self,
        config: Config,
        services: Services,
        dispatcher: Dispatcher,
        limiter: Limiter,
        http: ClientSession,
        signing_keys: Sequence[bytes],
        client_ip: Callable[[web.Request], str],
    ) -> None:
        self.http = http
        self.routes: dict[tuple[str, str], Handler] = {}
        self.client_ip = client_ip
        self.public_url = config.server.public_url
        self._services = services
        self._dispatcher = dispatcher
        self._limiter = limiter
        self._router = Router(config.routes)
        self._signing_keys = tuple(signing_keys)
        self._history_most = config.limits.transcript_messages

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Serve a path. Raises ValueError when it is taken by another handler."""
        if self.routes.setdefault((method, path), handler) != handler:
            raise ValueError(f"{method} {path} is served by two channels")

    async def admit(self, inbound: Inbound, *, transcript: bool = False) -> Admission:
        """Make a message durable. Raises StoreUnavailable."""
        channel = inbound.origin.address.channel
        decision = self._router.route(inbound.origin)
        if decision is None:
            admission = Admission("refused", notice=self._say(inbound, "refused"))
        else:
            admission = await self._admit(inbound, decision, transcript)
        telemetry.MESSAGES_ADMITTED.labels(channel, admission.status).inc()
        lane = decision.lane if decision else channel
        log.info("message", status=admission.status, turn=f"{lane}#{admission.turn}")
        return admission

    async def _admit(self, inbound: Inbound, decision: Decision, transcript: bool) -> Admission:
        command = commands.parse(inbound.text)
        item = Item(inbound, decision.bot, decision.policy, decision.user, command)
        admission = await self._services.inbox.admit(decision.lane, item, transcript=transcript)
        if admission.status == "busy":
            rejecting = decision.policy is Policy.REJECT and not command
            key = "reject_busy" if rejecting else "busy"
            return Admission("busy", notice=self._say(inbound, key))
        # A duplicate too: the first copy may have been cut off right here.
        await self._follow_up(inbound, decision, command, int(admission.turn), transcript)
        return admission

    async def _follow_up(
        self, inbound: Inbound, decision: Decision, command: str, turn: int, transcript: bool
    ) -> None:
        """What a message does at once, while it waits for its turn. The message itself is safe."""
        said = {"id": inbound.id, "text": inbound.text, "at": inbound.received_at}
        try:
            if command in commands.HALTING or decision.policy is Policy.INTERRUPT:
                await self._dispatcher.halt(decision.lane, turn - 1)
            if transcript:
                await self._services.replies.announce(decision.lane, "user", said)
        except StoreUnavailable as error:
            log.warning("message admitted, but its effect waits", reason=str(error))

    async def push(self, bot: Bot, alias: str, name: str, events: Sequence[ReplyEvent]) -> bool:
        """What a bot says unasked, as a turn of its own. Raises StoreUnavailable."""
        place = await self._services.aliases.find(bot.identity, alias)
        if place is None:
            return False
        unwritten = Inbound(
            id=f"push:{bot.name}:{name}", origin=place.origin, text="", received_at=time.time()
        )
        item = Item(unwritten, bot.name, Policy.FOLLOWUP, place.user, push=tuple(events))
        admission = await self._services.inbox.admit(place.lane, item, transcript=False)
        log.info("push", status=admission.status, turn=f"{place.lane}#{admission.turn}")
        if admission.status == "busy":
            raise StoreUnavailable("too much is waiting in this conversation")
        return True

    async def halt(self, origin: Origin) -> bool:
        """Stop what is being answered there. Raises NotRouted and StoreUnavailable."""
        return await self._dispatcher.halt(self._lane(origin))

    async def history(self, origin: Origin) -> History:
        """The transcript and its cursor. Raises NotRouted and StoreUnavailable."""
        return await self._services.replies.history(self._lane(origin), self._history_most)

    async def follow(self, origin: Origin, cursor: str) -> LogReader:
        """Follow the log. Raises Behind, NotRouted and StoreUnavailable."""
        return await self._services.replies.follow(self._lane(origin), cursor)

    async def introduce(self, origin: Origin) -> Introduction:
        """What the bot there says first."""
        decision = self._router.locate(origin)
        bot = self._services.bots.get(decision.bot) if decision else None
        return await bot.introduce() if isinstance(bot, CanIntroduce) else Introduction()

    async def allow(self, bucket: str, per_minute: int) -> float:
        """Take a token; while the store is away there is no limit, for nothing is admitted."""
        try:
            return await self._limiter.take(bucket, per_minute)
        except StoreUnavailable:
            return 0

    def signing_keys(self) -> Sequence[bytes]:
        """The secrets that all replicas share."""
        return self._signing_keys

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person."""
        return self._services.texts.get(locale, key, **values)

    def _lane(self, origin: Origin) -> str:
        decision = self._router.locate(origin)
        if decision is None:
            raise NotRouted(f"no route for channel {origin.address.channel}")
        return decision.lane

    def _say(self, inbound: Inbound, key: str) -> str:
        return self.text(inbound.origin.person.locale, key)
