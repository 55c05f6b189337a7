"""The JSON of the protocol: what a command takes and what it gives."""

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from gateway.model import Field


class Vouched(Struct, frozen=True):
    """An identity without a token: ``hash`` is the hex HMAC-SHA256 of ``id``."""

    # A page that has neither is refused like one that has the wrong ones.
    id: str = ""
    hash: str = ""


class Command(Struct, frozen=True):
    """The body of every command: which fields count depends on the command."""

    token: str = ""
    conversation: str = ""
    id: str = ""
    text: str = ""
    cursor: str = ""
    lang: str = ""
    page: str = ""
    files: tuple[str, ...] = ()
    turn: str = ""
    rating: str = ""
    comment: str = ""
    identity: str | Vouched = ""
    merge: bool = False
    inputs: dict[str, str] | None = None
    challenge: str = ""


class Limits(Struct, frozen=True):
    """The most characters of a message and bytes of a file."""

    text: int
    file: int


class FilesTaken(Struct, frozen=True):
    """What files are taken: how large, how many with a message, and of which kinds."""

    bytes: int
    count: int
    accept: tuple[str, ...]


class Features(Struct, frozen=True):
    """What the widget may offer."""

    voice: bool
    feedback: bool
    regenerate: bool
    files: FilesTaken | UnsetType = UNSET


class FormField(Struct, frozen=True, omit_defaults=True):
    """One field of a form."""

    name: str
    label: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()
    value: str = ""
    max: int = 0


class Form(Struct, frozen=True):
    """What is asked before the first message."""

    title: str
    fields: tuple[FormField, ...]


class Proactive(Struct, frozen=True, omit_defaults=True):
    """A message to show unasked, ``after`` seconds on a ``page``."""

    id: str
    text: str
    after: float
    page: str = ""


class Theme(Struct, frozen=True, omit_defaults=True):
    """How the widget looks on this site."""

    accent: str = ""
    css: dict[str, str] = {}


class User(Struct, frozen=True):
    """Who the visitor is, when that was verified."""

    name: str


class Transcript(Struct, frozen=True, kw_only=True):
    """A conversation at one instant."""

    history: tuple[Raw, ...]
    cursor: str
    waiting: bool


class Session(Transcript, frozen=True, kw_only=True):
    """All that a widget needs to begin."""

    token: str
    visitor: str
    conversation: str
    title: str
    opening: str
    suggestions: tuple[str, ...]
    limits: Limits
    conversations: bool
    features: Features
    images: tuple[str, ...]
    user: User | UnsetType = UNSET
    form: Form | UnsetType = UNSET
    proactive: tuple[Proactive, ...] | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET
    texts: dict[str, str] | UnsetType = UNSET


class Accepted(Struct, frozen=True):
    """What became of a message."""

    status: str
    turn: str


class Stopped(Struct, frozen=True):
    """Whether anything was running."""

    stopped: bool


class Taken(Struct, frozen=True):
    """Whether the bot took the feedback."""

    taken: bool


class Deleted(Struct, frozen=True):
    """Whether there was such a conversation."""

    deleted: bool


class Read(Struct, frozen=True):
    """It was noted."""


class Listed(Struct, frozen=True):
    """One conversation; ``at`` is in seconds since the epoch."""

    id: str
    title: str
    at: float
    unread: bool


class Listing(Struct, frozen=True):
    """A visitor's conversations."""

    items: tuple[Listed, ...]


class Kept(Struct, frozen=True):
    """A file that was taken."""

    name: str
    media_type: str
    size: int
    url: str


class Error(Struct, frozen=True):
    """Why a request was refused. ``challenge`` and ``field`` come with those that name them."""

    error: str
    message: str
    challenge: dict[str, str] | UnsetType = UNSET
    field: str | UnsetType = UNSET


def field(asked: Field) -> FormField:
    """A field as the wire has it."""
    kind = asked.kind.value
    return FormField(
        asked.name, asked.label, kind, asked.required, asked.options, asked.value, asked.max
    )


def fields(asked: tuple[Field, ...]) -> list[dict[str, Any]]:
    """Fields as the reply log keeps them."""
    return [
        {
            name: value
            for name in FormField.__struct_fields__
            if (value := getattr(field(each), name)) or name == "required"
        }
        for each in asked
    ]
