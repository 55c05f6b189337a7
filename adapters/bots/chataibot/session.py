"""What the gateway keeps of a conversation with ChatAIBot, as its opaque reference."""

import hashlib

import msgspec
from msgspec import Struct


class Session(Struct, frozen=True, omit_defaults=True):
    """One conversation: its id (empty until ChatAIBot gave one) and the names of its visitor."""

    conversation: str = ""
    visitor: str = ""
    key: str = ""

    @property
    def aliases(self) -> tuple[str, ...]:
        """All that ChatAIBot may call the conversation."""
        return tuple(filter(None, (self.conversation, self.visitor, self.key)))

    def encode(self) -> str:
        """As a reference."""
        return msgspec.json.encode(self).decode()


def session_of(reference: str, user: str) -> Session:
    """The conversation that ``reference`` names, or one that has not begun, of ``user``."""
    try:
        known = msgspec.json.decode(reference, type=Session)
    except msgspec.DecodeError:
        known = Session()
    # The same person is always the same visitor, and the vendor is not told who they are.
    digest = hashlib.sha256(user.encode()).hexdigest()[:32]
    return msgspec.structs.replace(known, visitor=known.visitor or f"gw-{digest}")
