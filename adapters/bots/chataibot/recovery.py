"""Taking up a message that may have gone out: ChatAIBot answers it by itself, or never will."""

import msgspec
from msgspec import Struct

from adapters.bots.chataibot.quiet import Quiet
from adapters.bots.chataibot.session import session_of
from adapters.bots.chataibot.uploads import uploads_of
from gateway.model import Answered, Ask, Awaiting, Reference, ReplyEvent
from gateway.ports import GatewayForBots


class Asked(Struct, frozen=True, omit_defaults=True):
    """A message that is about to go out or, when ``withdrawn``, certainly has not.

    ``heard`` is what had been heard of its conversation before.
    """

    turn: str
    heard: frozenset[bytes] = frozenset()
    withdrawn: bool = False

    def encode(self) -> str:
        """As the name of its answer, which ChatAIBot has none for."""
        return msgspec.json.encode(self).decode()


def asked_of(answered: Answered | None) -> Asked | None:
    """The message that may have gone out; None when it certainly has not."""
    try:
        asked = msgspec.json.decode(answered.answer if answered else "", type=Asked)
    except msgspec.DecodeError:
        return None
    return None if asked.withdrawn else asked


class Recovery:
    """Awaits what a message is answered with, instead of sending it a second time."""

    def __init__(self, gateway: GatewayForBots, quiet: Quiet) -> None:
        self._gateway = gateway
        self._quiet = quiet

    def events(self, ask: Ask, answered: Answered | None) -> list[ReplyEvent]:
        """The end of its turn; nothing when it has not gone out."""
        asked = asked_of(answered)
        if asked is None:
            return []
        session = session_of(ask.conversation.reference, ask.user)
        self._quiet.watch(ask, session.aliases, asked.heard)
        reference = Reference(session.encode(), aliases=session.aliases)
        return [reference, *uploads_of(ask, self._gateway).notices, Awaiting()]
