"""The core, as channels see it: what a channel is handed, and nothing more."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence

import structlog
from aiohttp import ClientSession, web
from msgspec.structs import replace

from gateway import commands, telemetry
from gateway.config import Config
from gateway.conversations import Conversations
from gateway.dispatcher import Dispatcher
from gateway.keeping import Keeping
from gateway.model import Inbound, Introduction, Origin, Policy, Rating
from gateway.ports import (
    Abilities,
    Admission,
    CanIntroduce,
    CanTakeFeedback,
    CanTranscribe,
    History,
    LogReader,
    NotRouted,
    Quota,
    StoreUnavailable,
    Written,
)
from gateway.router import Decision, Router
from gateway.routes import Routes
from gateway.services import Services
from gateway.store import keys
from gateway.store.limits import Limiter, bucket_name
from gateway.store.quotas import Exceeded, Quotas
from gateway.store.work import Item

ALLOWED_SECONDS = 0.25
"""A place so near is as good as here: clocks differ, and the minute of a quota is 61 s long."""

log = structlog.get_logger(__name__)
Said = Mapping[str, object] | None


class Core(Keeping):
    """GatewayForChannels."""

    def __init__(
        self,
        config: Config,
        services: Services,
        dispatcher: Dispatcher,
        limiter: Limiter,
        quotas: Quotas,
        http: ClientSession,
        routes: Routes,
        conversations: Conversations,
        signing_keys: Sequence[bytes],
        client_ip: Callable[[web.Request], str],
    ) -> None:
        self.http = http
        self.mount = routes.mount
        self.client_ip = client_ip
        self.public_url = config.server.public_url
        super().__init__(services.files, services.memory)
        self._services = services
        self._dispatcher = dispatcher
        self._limiter = limiter
        self._quotas = quotas
        self._conversations = conversations
        self._router = Router(config.routes)
        self._signing_keys = tuple(signing_keys)
        self._history_most = config.limits.transcript_messages

    async def admit(self, inbound: Inbound, *, said: Said = None) -> Admission:
        """Make a message durable. Raises StoreUnavailable."""
        channel = inbound.origin.address.channel
        decision = self._router.route(inbound.origin)
        if decision is None:
            status = "refused"
            admission = Admission("refused", notice=self._say(inbound, "refused"))
        else:
            status, admission = await self._admit(inbound, decision, said)
        telemetry.MESSAGES_ADMITTED.labels(channel, status).inc()
        lane = decision.lane if decision else channel
        log.info("message", status=status, turn=f"{lane}#{admission.turn}")
        return admission

    async def _admit(
        self, inbound: Inbound, decision: Decision, said: Said
    ) -> tuple[str, Admission]:
        """What became of a message, as the operator counts it and as its channel is told."""
        command = commands.parse(inbound.text)
        item = Item(inbound, decision.bot, decision.policy, decision.user, command)
        tokens = await self._limiter.take_all(self._buckets(inbound, decision, command))
        # One over a limit goes on to a closed inbox: it may be a copy, and those are never refused.
        closed = tokens.wait > 0
        admission = await self._take(item, decision.lane, said, closed)
        if admission.status != "accepted":
            await self._limiter.give_back(tokens)
        if admission.status in ("accepted", "duplicate"):
            # A duplicate too: the first copy may have been cut off right here.
            await self._follow_up(decision, command, int(admission.turn), said)
            return admission.status, admission
        if closed:
            return "limited", self._slow_down(inbound, tokens.wait)
        rejects = decision.policy is Policy.REJECT and not command
        key = "reject_busy" if rejects and admission.status == "busy" else admission.status
        return admission.status, Admission("busy", notice=self._say(inbound, key))

    async def _take(self, item: Item, lane: str, said: Said, closed: bool) -> Admission:
        origin = item.inbound.origin
        admitting = self._services.inbox.admit(lane, item, said=said, closed=closed)
        if closed:
            return await admitting
        # A person who is not known by the lane could not be forgotten.
        noting = self._services.people.note(origin.address.channel, origin.person.id, lane)
        admission, _ = await asyncio.gather(admitting, noting)
        if admission.status == "accepted":
            self._services.traces.note(lane, admission.turn, "admitted", bot=item.bot)
        return admission

    def _slow_down(self, inbound: Inbound, wait: float) -> Admission:
        notice = self._say(inbound, "slow_down", seconds=math.ceil(wait))
        return Admission("busy", notice=notice, retry_after=wait)

    def _buckets(self, inbound: Inbound, decision: Decision, command: str) -> dict[str, int]:
        """What a message counts for, with how many a minute there may be."""
        limits, channel = self._services.limits, inbound.origin.address.channel
        buckets = {bucket_name("channel", channel): limits.channel_messages_per_minute}
        if command in commands.HALTING:
            # They ask no bot anything, and end what has become too much.
            return buckets
        return buckets | {
            bucket_name("person", channel, inbound.origin.person.id): limits.messages_per_minute,
            bucket_name("conversation", decision.lane): limits.conversation_messages_per_minute,
            bucket_name("bot", decision.bot): limits.bot_messages_per_minute,
        }

    async def _follow_up(self, decision: Decision, command: str, turn: int, said: Said) -> None:
        """What a message does at once, while it waits for its turn. The message itself is safe."""
        try:
            if command in commands.HALTING or decision.policy is Policy.INTERRUPT:
                await self._dispatcher.halt(decision.lane, turn - 1)
            if said:
                await self._services.replies.announce(decision.lane, "user", said)
        except StoreUnavailable as error:
            log.warning("message admitted, but its effect waits", reason=str(error))

    async def halt(self, origin: Origin) -> bool:
        """Stop what is being answered there. Raises NotRouted and StoreUnavailable."""
        return await self._dispatcher.halt(self._lane(origin))

    async def history(self, origin: Origin) -> History:
        """The transcript and its cursor. Raises NotRouted and StoreUnavailable."""
        return await self._services.replies.history(self._lane(origin), self._history_most)

    async def follow(self, origin: Origin, cursor: str) -> LogReader:
        """Follow the log. Raises Behind, NotRouted and StoreUnavailable."""
        return await self._services.replies.follow(self._lane(origin), cursor)

    async def rate(self, origin: Origin, turn: str, rating: Rating, comment: str = "") -> bool:
        """Pass a rating on to the bot. Raises NotRouted and StoreUnavailable."""
        answered = await self._services.answers.find(self._lane(origin), turn)
        bot = self._services.bots.get(answered.bot) if answered else None
        if not answered or not isinstance(bot, CanTakeFeedback):
            return False
        # Another app has the bot's name by now, and would not know the answer.
        if bot.identity != answered.identity:
            return False
        taken = await bot.take_feedback(answered, rating, comment)
        log.info("feedback", bot=bot.name, rating=rating.value, taken=taken)
        return taken

    async def introduce(self, origin: Origin) -> Introduction:
        """What the bot there says first."""
        decision = self._router.locate(origin)
        bot = self._services.bots.get(decision.bot) if decision else None
        return await bot.introduce() if isinstance(bot, CanIntroduce) else Introduction()

    async def abilities(self, origin: Origin) -> Abilities:
        """What the bot there can do. Raises NotRouted."""
        lane, decision = self._lane(origin), self._router.locate(origin)
        bot = self._services.bots.get(decision.bot) if decision else None
        address = replace(origin.address, thread=f"{origin.address.thread}+")
        return Abilities(
            voice=isinstance(bot, CanTranscribe),
            feedback=isinstance(bot, CanTakeFeedback),
            threads=self._lane(replace(origin, address=address)) != lane,
        )

    @property
    def conversation_seconds(self) -> int:
        """How long a conversation is kept."""
        return self._services.limits.conversation_days * keys.DAY

    async def written(self, origin: Origin, most: int) -> Sequence[Written]:
        """A person's conversations. Raises StoreUnavailable."""
        channel, person = origin.address.channel, origin.person.id
        return await self._conversations.written(channel, person, most)

    async def hand_over(self, origin: Origin, before: str) -> None:
        """Make a conversation another person's. Raises NotRouted and StoreUnavailable."""
        lane, channel = self._lane(origin), origin.address.channel
        await self._conversations.hand_over(channel, lane, before, origin.person.id)

    async def erase(self, origin: Origin) -> bool:
        """Remove a conversation. Raises NotRouted and StoreUnavailable."""
        lane = self._lane(origin)
        await self._dispatcher.halt(lane)
        return await self._conversations.erase(origin.address.channel, lane)

    async def allow(self, bucket: str, per_minute: int, per_day: int = 0) -> float:
        """Take one of a minute and a day; while the store is away there is no limit."""
        quota = Quota(bucket_name("allowed", bucket), per_minute, per_day)
        try:
            place = await self._quotas.reserve(quota, ALLOWED_SECONDS)
        except StoreUnavailable:
            return 0
        return place.retry_after if isinstance(place, Exceeded) else 0

    def signing_keys(self) -> Sequence[bytes]:
        """The secrets that all replicas share."""
        return self._signing_keys

    @property
    def languages(self) -> Sequence[str]:
        """Those that the gateway itself speaks."""
        return sorted(self._services.texts.catalogues)

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person."""
        return self._services.texts.get(locale, key, **values)

    def _lane(self, origin: Origin) -> str:
        decision = self._router.locate(origin)
        if decision is None:
            raise NotRouted(f"no route for channel {origin.address.channel}")
        return decision.lane

    def _say(self, inbound: Inbound, key: str, **values: object) -> str:
        return self.text(inbound.origin.person.locale, key, **values)
