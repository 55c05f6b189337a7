"""ChatAIBot's wire formats: what its two requests carry and what comes back.

Whatever is not named here is passed over, and all but the conversation's id may be missing.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

Scalar = str | int | float | bool
Variables = Mapping[str, Mapping[str, Scalar]]
Data = Mapping[str, object]


class File(Struct, frozen=True):
    """A file of a visitor. ``link`` leads to its bytes for whoever has it."""

    filename: str
    link: str
    mime_type: str
    extension: str


def data(text: str, files: Sequence[File] = ()) -> dict[str, object]:
    """What a visitor says. A file that comes without words has no ``body``."""
    said: dict[str, object] = {"body": text} if text or not files else {}
    return said | ({"files": files} if files else {})


def start(bot_key: str, visitor: str, data: Data, variables: Variables) -> dict[str, object]:
    """The body of ``POST /conversations``: a visitor's first message."""
    return {
        "channel": "API",
        "message": {"data": data, "type": "text"},
        "variables": variables,
        "bot_key": bot_key,
        "from": {"user_external_id": visitor, "type": "VISITOR"},
    }


def message(data: Data) -> dict[str, object]:
    """The body of ``POST /conversation/{id}/messages``: what the visitor says next.

    ``data`` is what ``data`` makes and, for a button, what the button carries.
    """
    return {"message": {"data": data, "type": "text"}, "user": {"type": "VISITOR"}}


class Begun(Struct, frozen=True):
    """The conversation that has begun."""

    id: str | int = ""


class Contact(Struct, frozen=True):
    """The visitor as the account knows them."""

    visitor_key: str | None = None


class Started(Struct, frozen=True):
    """What starting a conversation is answered with."""

    conversation: Begun = Begun()
    contact: Contact | None = None

    @property
    def id(self) -> str:
        """The conversation's id, or empty."""
        return str(self.conversation.id)

    @property
    def visitor_key(self) -> str:
        """The account's name for the visitor, or empty."""
        return (self.contact and self.contact.visitor_key) or ""


class Taken(Struct, frozen=True):
    """What sending a message is answered with."""

    message_id: str | int | None = None


class Verdict(Struct, frozen=True):
    """Whether a request was granted: ``ok`` may be false whatever the HTTP status."""

    ok: bool | None = None
    code: str | None = None
    status: int | None = None
