"""The words of the gateway: what travels from a channel to a bot and back.

Everything here is frozen, typed and free of I/O. No platform and no vendor word appears: what a
channel or a bot needs to remember travels as an opaque string that its adapter wrote and reads.
"""

from enum import StrEnum

from msgspec import Struct


class Scope(StrEnum):
    """What makes two messages part of one conversation."""

    PER_THREAD = "per_thread"
    PER_CHAT = "per_chat"
    PER_USER = "per_user"


class Policy(StrEnum):
    """What happens to a message that arrives while its conversation is being answered."""

    FOLLOWUP = "followup"
    """It waits and is answered next, in order."""
    COLLECT = "collect"
    """It waits, and all that wait are answered together once the person has paused."""
    INTERRUPT = "interrupt"
    """The running answer is stopped and the new message is answered."""
    REJECT = "reject"
    """It is refused, and the person is told to wait."""


class Address(Struct, frozen=True):
    """Where a reply goes. ``place`` and ``thread`` are the channel's own words, opaque here."""

    channel: str
    place: str
    thread: str = ""


class Person(Struct, frozen=True):
    """Who wrote. ``id`` is unique within the channel; ``locale`` is a BCP 47 tag or empty."""

    id: str
    name: str = ""
    locale: str = ""


class Attachment(Struct, frozen=True):
    """A file that travels with a message or an answer. ``size`` is in bytes.

    ``content`` leads to its bytes and is read by the gateway only; empty when they could not be
    had, and then the person is told so. ``remote`` is what its channel calls a file that is still
    at the platform, and is fetched when the message's turn comes. ``limit_mb`` is set on one that
    was left there because it is larger than that.
    """

    name: str
    media_type: str
    content: str = ""
    size: int = 0
    remote: str = ""
    limit_mb: int = 0

    @property
    def family(self) -> str:
        """``image``, ``audio``, ``video``, or ``document`` for everything else."""
        family = self.media_type.partition("/")[0]
        return family if family in {"image", "audio", "video"} else "document"


class Origin(Struct, frozen=True):
    """Who writes from where. ``facts`` are what routes may ask about (``page``, ``workspace``…)."""

    address: Address
    person: Person
    facts: dict[str, str] = {}


class Inbound(Struct, frozen=True, kw_only=True):
    """One message from one person.

    ``id`` is its identity within the channel: a second copy with the same id is the same message.
    ``received_at`` is in seconds since the epoch. ``more`` says that what the person sent goes on
    in another message, within a moment: the next of an album's pictures, the rest of a text that
    was cut. They are answered together. ``inputs`` become inputs of the conversation.
    """

    id: str
    origin: Origin
    text: str
    received_at: float
    attachments: tuple[Attachment, ...] = ()
    more: bool = False
    inputs: dict[str, str] = {}


# Reply events: what a bot yields. Each is one JSON object with its kind under "type".


class TextDelta(Struct, frozen=True, tag="text"):
    """More of the answer, to be appended."""

    text: str


class TextReplace(Struct, frozen=True, tag="replace"):
    """The whole answer so far is now this (moderation, or an attempt begun anew)."""

    text: str


class Thought(Struct, frozen=True, tag="thought"):
    """What an agent says it is thinking: shown as status, never part of the answer."""

    text: str


class ToolUse(Struct, frozen=True, tag="tool"):
    """An agent called a tool, or has the tool's answer."""

    name: str
    finished: bool = False


class Status(Struct, frozen=True, tag="status"):
    """What the bot is doing, in a few words (a workflow's node, an iteration)."""

    text: str


class File(Struct, frozen=True, tag="file"):
    """A file that belongs to the answer."""

    attachment: Attachment


class Source(Struct, frozen=True):
    """One document the answer rests on."""

    title: str
    url: str = ""
    excerpt: str = ""


class Sources(Struct, frozen=True, tag="sources"):
    """All the documents the answer rests on; a later one replaces an earlier one."""

    items: tuple[Source, ...]


class Suggestions(Struct, frozen=True, tag="suggestions"):
    """Questions the person may want to ask next; a later one replaces an earlier one."""

    items: tuple[str, ...]


class Choice(Struct, frozen=True):
    """One button: ``label`` is read by the person, ``value`` goes back to the bot."""

    value: str
    label: str


class FieldKind(StrEnum):
    """What a field of a form holds."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    SELECT = "select"
    CHECKBOX = "checkbox"
    EMAIL = "email"
    TEL = "tel"
    URL = "url"


class Field(Struct, frozen=True):
    """One field of a form. ``options`` are those of a select, ``value`` is what it holds at first,
    and ``max`` how many characters it takes, 0 any number."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    options: tuple[str, ...] = ()
    value: str = ""
    max: int = 0


class Choices(Struct, frozen=True, tag="choices"):
    """The bot asks the person to choose, or with ``fields`` to fill in a form.

    A filled form comes back as a message: a line ``label: value`` for each field, and below them
    the value of the pressed button. A channel that shows no forms is given ``words`` in their
    place, which ask for the same; without words the fields keep what they hold. ``expires``
    (seconds since the epoch, 0 never) is when it is too late.
    """

    prompt: str
    items: tuple[Choice, ...]
    fields: tuple[Field, ...] = ()
    expires: float = 0
    words: str = ""


class Usage(Struct, frozen=True, tag="usage"):
    """What the answer cost, as the bot counts it."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: str = ""
    currency: str = ""


class Reference(Struct, frozen=True, tag="reference"):
    """The bot's own names for things: saved the moment they are known, handed back unread.

    ``conversation`` continues the conversation, ``answer`` names this answer (feedback, history),
    ``task`` is what stops it, ``aliases`` are what the bot will call the conversation when it
    speaks unasked. A later event's empty field leaves the earlier value as it was; of
    ``conversation`` only None does, for an empty one is a conversation that is over.
    """

    conversation: str | None = None
    answer: str = ""
    task: str = ""
    aliases: tuple[str, ...] = ()


class Notice(Struct, frozen=True, tag="notice"):
    """A sentence of the gateway itself, in the person's language, beside the answer."""

    text: str


class Forgotten(Struct, frozen=True, tag="forgotten"):
    """The bot no longer knew the conversation and has begun a new one."""


class Done(Struct, frozen=True, tag="done"):
    """The answer is complete. Always the last event."""


class Awaiting(Struct, frozen=True, tag="awaiting"):
    """The bot took the message and will answer by itself, with pushes. Always the last event."""


class Failure(StrEnum):
    """Why an answer failed, in the terms a person can be told."""

    UNAVAILABLE = "unavailable"
    """The bot could not be reached or answered with a server error."""
    BUSY = "busy"
    """The bot has too many requests."""
    MISCONFIGURED = "misconfigured"
    """The bot refused the gateway: wrong key, wrong address, app switched off."""
    REJECTED = "rejected"
    """The bot would not take this message."""
    TIMEOUT = "timeout"
    """Nothing came for longer than the bot's limit."""
    INTERRUPTED = "interrupted"
    """The answer broke off before its end."""
    EMPTY = "empty"
    """The bot finished without saying anything."""
    TOO_LONG = "too_long"
    """The answer is larger than the gateway carries."""
    INTERNAL = "internal"
    """The gateway itself is at fault."""


class Failed(Struct, frozen=True, tag="failed"):
    """The answer ends here. Always the last event; what was shown stays shown.

    ``detail`` is for the operator's log: never a secret, never a message's text.
    ``retry_after`` (seconds) says that asking again later may help; None says that it will not.
    """

    failure: Failure
    detail: str = ""
    retry_after: float | None = None


ReplyEvent = (
    TextDelta
    | TextReplace
    | Thought
    | ToolUse
    | Status
    | File
    | Sources
    | Suggestions
    | Choices
    | Usage
    | Notice
    | Reference
    | Forgotten
    | Done
    | Awaiting
    | Failed
)


# What a channel sees of an answer: a bot's events without its references, and one End in place
# of Done and Failed.


class EndState(StrEnum):
    """How an answer ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    AWAITING = "awaiting"
    """Nothing was said: the answer comes later, by itself."""


class End(Struct, frozen=True, tag="end"):
    """The answer is final: ``text`` is all of it.

    ``notice`` says in the person's language why it failed or stopped, and is empty otherwise.
    """

    text: str
    state: EndState = EndState.DONE
    notice: str = ""


ShownEvent = (
    TextDelta
    | TextReplace
    | Thought
    | ToolUse
    | Status
    | File
    | Sources
    | Suggestions
    | Choices
    | Usage
    | Notice
    | End
)


class Conversation(Struct, frozen=True):
    """What is kept of a conversation for one bot, between turns.

    ``reference`` is the bot's own name for it (empty: none yet), ``inputs`` are sent every turn.
    """

    reference: str = ""
    inputs: dict[str, str] = {}
    turns: int = 0


class Ask(Struct, frozen=True, kw_only=True):
    """What a bot is asked in one turn.

    ``turn`` names the turn in logs and to the bot; ``user`` is derived from the conversation's
    scope, so a bot that binds conversations to users always sees the same one. ``name`` is the
    person's, and ``facts`` are what the channel knows (``page``, ``site``, ``workspace``…).
    """

    turn: str
    text: str
    user: str
    conversation: Conversation
    attachments: tuple[Attachment, ...] = ()
    locale: str = ""
    name: str = ""
    facts: dict[str, str] = {}


class Rating(StrEnum):
    """What a person thinks of an answer."""

    LIKE = "like"
    DISLIKE = "dislike"
    NONE = "none"
    """They take back what they said before."""


class Answered(Struct, frozen=True):
    """A bot's answer after it was given: what it takes to speak about it with the bot.

    ``conversation`` and ``answer`` are the bot's own references, ``user`` is who asked.
    """

    bot: str
    identity: str
    user: str
    conversation: str
    answer: str


class Introduction(Struct, frozen=True):
    """What a bot says before it is asked anything."""

    opening: str = ""
    suggestions: tuple[str, ...] = ()
