"""Who speaks: tokens, identities, challenges, and what a site asks of its visitors."""

from msgspec import Struct
from msgspec.structs import replace

from adapters.channels.web import inbound
from adapters.channels.web.challenge import Challenge
from adapters.channels.web.config import Config
from adapters.channels.web.conversations import FIRST, Conversations
from adapters.channels.web.identity import Identities, expired
from adapters.channels.web.limits import Limits
from adapters.channels.web.tokens import PERSON, BadToken, Tokens, Visitor
from adapters.channels.web.wire import Command
from gateway.model import Origin
from gateway.ports import GatewayForChannels, Refusal


class Caller(Struct, frozen=True):
    """Where a request comes from: its site, the network address, and whether it has an API key."""

    site: str
    address: str
    trusted: bool = False


class Speaker(Struct, frozen=True):
    """A visitor in one of their conversations."""

    visitor: Visitor
    origin: Origin
    conversation: str


class Visitors:
    """The visitors of one site. What raises Refusal may raise StoreUnavailable too."""

    def __init__(
        self,
        channel: str,
        config: Config,
        gateway: GatewayForChannels,
        conversations: Conversations,
        limits: Limits,
    ) -> None:
        self._channel = channel
        self._config = config
        self._gateway = gateway
        self._conversations = conversations
        self._limits = limits
        self._tokens = Tokens(config.key, gateway.signing_keys())
        secrets = [each.get_secret_value().encode() for each in config.identity_secrets]
        self._identities = Identities(secrets, hashes=config.identity_hash)
        challenge = config.challenge
        self.challenge = Challenge(challenge, gateway.http) if challenge else None

    async def authenticate(self, command: Command, caller: Caller) -> Speaker:
        """Whose token it is. Raises Refusal."""
        try:
            visitor = self._tokens.read(command.token)
        except BadToken as error:
            raise Refusal(401, error.code, error.message) from None
        if not visitor.is_person:
            self._check_anonymous()
            if await self._has_left(visitor):
                raise Refusal(401, "expired_token", "This visitor has signed in since.")
        return await self.speaker(visitor, command, caller)

    async def speaker(self, visitor: Visitor, command: Command, caller: Caller) -> Speaker:
        """A visitor in the conversation that a command means. Raises Refusal."""
        name = command.conversation or visitor.conversation or FIRST
        address = await self._conversations.address(visitor, name)
        locale = visitor.lang or self._config.locale
        facts = visitor.attributes | inbound.facts(caller.site, command.page)
        return Speaker(visitor, inbound.origin(address, visitor, locale, facts), name)

    async def admit(self, command: Command, caller: Caller) -> tuple[Speaker, str]:
        """Who opens a session, and their token. Raises Refusal."""
        known = await self._known(command)
        visitor = await self._identified(command, known, caller)
        visitor = replace(visitor, lang=inbound.language(command))
        visitor = await self._challenged(visitor, command, caller)
        speaker = await self.speaker(visitor, command, caller)
        if known and self._adopts(known, visitor, command):
            name = await self._conversations.adopt(known, speaker.origin)
            opening = replace(command, conversation=name or command.conversation)
            speaker = await self.speaker(visitor, opening, caller)
        # The first one is what a token means that says nothing.
        kept = "" if speaker.conversation == FIRST else speaker.conversation
        visitor = replace(visitor, conversation=kept)
        return replace(speaker, visitor=visitor), self._tokens.issue(visitor)

    async def _known(self, command: Command) -> Visitor | None:
        try:
            visitor = self._tokens.read(command.token)
        except BadToken:
            return None
        return None if await self._has_left(visitor) else visitor

    async def _identified(self, command: Command, known: Visitor | None, caller: Caller) -> Visitor:
        if not command.identity:
            if not (known and known.is_person):
                self._check_anonymous()
            if known:
                return known
            await self._limits.opened(caller.address, trusted=caller.trusted)
            return self._tokens.stranger()
        if not known:
            await self._limits.opened(caller.address, trusted=caller.trusted)
        person = self._identities.verify(command.identity)
        visitor = self._tokens.person(person.id, person.name, person.attributes)
        if person.expired:
            # A page that is open for hours has no other; the token still says who it is.
            if known and known.id == visitor.id:
                return known
            raise expired()
        if known and known.id == visitor.id:
            return replace(visitor, conversation=known.conversation, passed=known.passed)
        return replace(visitor, passed=bool(known and known.passed))

    def _check_anonymous(self) -> None:
        if self._config.require_identity:
            message = "This site lets in only those it vouches for: send an identity."
            raise Refusal(401, "identity_required", message)

    def _adopts(self, known: Visitor, visitor: Visitor, command: Command) -> bool:
        wanted = command.merge and self._config.identity_merge == "adopt"
        return wanted and visitor.is_person and not known.is_person

    async def _has_left(self, visitor: Visitor) -> bool:
        if visitor.id.startswith(PERSON) or self._config.identity_merge != "adopt":
            return False
        return await self._conversations.has_left(visitor)

    async def _challenged(self, visitor: Visitor, command: Command, caller: Caller) -> Visitor:
        if not self.challenge or visitor.passed or caller.trusted:
            return visitor
        if command.challenge and await self.challenge.verify(command.challenge, caller.address):
            return replace(visitor, passed=True)
        if command.challenge or not self.challenge.after_messages:
            raise self._stopped(self.challenge, visitor)
        return visitor

    async def check_challenge(self, speaker: Speaker, caller: Caller) -> None:
        """Raises Refusal when a visitor has sent all the messages there are without passing."""
        if not self.challenge or speaker.visitor.passed or caller.trusted:
            return
        if await self._conversations.count(speaker.visitor) > self.challenge.after_messages:
            raise self._stopped(self.challenge, speaker.visitor)

    def _stopped(self, challenge: Challenge, visitor: Visitor) -> Refusal:
        locale = visitor.lang or self._config.locale
        return challenge.required(self._gateway.text(locale, "web.challenge"))
