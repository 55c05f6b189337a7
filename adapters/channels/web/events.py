"""The events of a stream, as they are described to those who build a client of their own."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from adapters.channels.web.wire import FormField, Kept

State = Literal["done", "failed", "stopped"]
Unset = UnsetType


class UserEvent(Struct, frozen=True):
    """A message of the visitor, from another tab."""

    id: str
    text: str
    at: float
    files: tuple[Kept, ...] | Unset = UNSET


class StartEvent(Struct, frozen=True):
    """An answer begins, for the first time or anew."""

    turn: str
    messages: tuple[UserEvent, ...]


class DeltaEvent(Struct, frozen=True):
    """More of the text: ``o`` is the length of what is before it, in UTF-16 units."""

    turn: str
    o: int
    t: str


class ReplaceEvent(Struct, frozen=True):
    """The whole text so far is now this."""

    turn: str
    text: str


class StatusEvent(Struct, frozen=True):
    """What the bot is doing."""

    turn: str
    kind: Literal["thought", "tool", "status"]
    text: str


class NoticeEvent(Struct, frozen=True):
    """A sentence of the gateway itself."""

    turn: str
    text: str


class Source(Struct, frozen=True):
    """A document that the answer rests on."""

    title: str
    url: str = ""
    excerpt: str = ""


class SourcesEvent(Struct, frozen=True):
    """What the answer rests on."""

    turn: str
    items: tuple[Source, ...]


class SuggestionsEvent(Struct, frozen=True):
    """Questions to offer."""

    turn: str
    items: tuple[str, ...]


class Button(Struct, frozen=True):
    """A button: ``value`` is what a press sends."""

    value: str
    label: str


class ChoicesOffered(Struct, frozen=True, kw_only=True):
    """Buttons to offer, or a form; ``expires`` is in seconds since the epoch."""

    prompt: str
    items: tuple[Button, ...]
    fields: tuple[FormField, ...] | Unset = UNSET
    expires: float | Unset = UNSET


class ChoicesEvent(ChoicesOffered, frozen=True, kw_only=True):
    """The same, of an answer that is being given."""

    turn: str


class FileEvent(Kept, frozen=True, kw_only=True):
    """A file of the answer."""

    turn: str


class EndEvent(Struct, frozen=True, kw_only=True):
    """The answer is complete. The history has the same object."""

    kind: Literal["bot"]
    turn: str
    text: str
    state: State
    at: float
    notices: tuple[str, ...] | Unset = UNSET
    sources: tuple[Source, ...] | Unset = UNSET
    suggestions: tuple[str, ...] | Unset = UNSET
    choices: ChoicesOffered | Unset = UNSET
    files: tuple[Kept, ...] | Unset = UNSET


class TypingEvent(Struct, frozen=True):
    """A person writes at the other end, until then (seconds since the epoch)."""

    on: bool
    until: float


class ResetEvent(Struct, frozen=True):
    """Ask for a new session and begin from its history."""


class ByeEvent(Struct, frozen=True):
    """Reconnect now."""


EVENTS: dict[str, type[Struct]] = {
    "start": StartEvent,
    "delta": DeltaEvent,
    "replace": ReplaceEvent,
    "status": StatusEvent,
    "notice": NoticeEvent,
    "sources": SourcesEvent,
    "suggestions": SuggestionsEvent,
    "choices": ChoicesEvent,
    "file": FileEvent,
    "end": EndEvent,
    "typing": TypingEvent,
    "user": UserEvent,
    "reset": ResetEvent,
    "bye": ByeEvent,
}
"""By the name that stands behind ``event:``."""
