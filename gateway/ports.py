"""The two ports of the gateway, and what each adapter is handed.

A channel is a door people write through; a bot is what answers. Both are small: whatever only
some of them can do is a protocol of its own beside the required one, and the core asks with
``isinstance``.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from aiohttp import ClientSession, web
from msgspec import Struct

from gateway.model import (
    Address,
    Answered,
    Ask,
    Attachment,
    Inbound,
    Introduction,
    Origin,
    Rating,
    Reference,
    ReplyEvent,
    ShownEvent,
)


class Bot(Protocol):
    """An answerer: one configured app of one vendor."""

    name: str
    identity: str
    """Names the app behind the bot (vendor, address, app): conversations belong to it. Pointing
    the bot at another app changes it; a new key for the same app must not."""

    async def start(self, gateway: "GatewayForBots") -> None:
        """Get ready. Must not need the vendor's server to be up. Called once."""
        ...

    def answer(self, ask: Ask) -> AsyncGenerator[ReplyEvent, None]:
        """Ask and stream the answer.

        Yields any number of events and ends with exactly one Done, Awaiting or Failed; faults of
        the vendor are Failed, never an exception. An exception is a defect: the turn fails as
        INTERNAL.
        Closing the iterator early must let go of the connection at once. The core never retries
        inside one call; it may call again when Failed has ``retry_after``.
        """
        ...

    async def stop(self) -> None:
        """Let go of everything. No answer is running any more."""
        ...


@runtime_checkable
class CanStop(Protocol):
    """A bot whose running answer can be stopped on the vendor's side."""

    async def stop_answer(self, ask: Ask, reference: Reference) -> None:
        """Ask the vendor to stop. Best effort: must not raise, returns within seconds."""
        ...


@runtime_checkable
class CanIntroduce(Protocol):
    """A bot that knows an opening statement and first questions."""

    async def introduce(self) -> Introduction:
        """What to show before the first message. Must not raise: empty when unknown."""
        ...


@runtime_checkable
class CanTakeFeedback(Protocol):
    """A bot that wants to know what people think of its answers."""

    async def take_feedback(self, answered: Answered, rating: Rating, comment: str) -> bool:
        """Pass on what a person thinks of one answer; a later rating replaces an earlier one.

        False when the vendor did not take it. Must not raise; returns within seconds.
        """
        ...


@runtime_checkable
class CanTranscribe(Protocol):
    """A bot that can turn speech into text."""

    async def transcribe(self, audio: Attachment, user: str) -> str:
        """What is said in a recording; empty when that cannot be found out. Must not raise.

        Takes as long as the vendor does, within the bot's own limits.
        """
        ...


@runtime_checkable
class CanRecover(Protocol):
    """A bot that can tell what became of a question whose asker died."""

    def recover(
        self, ask: Ask, answered: Answered | None, since: float
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Find the answer to a question that was asked before, without asking it again.

        ``answered`` is what the bot had called it, None when it had named nothing yet; it was
        asked after ``since`` (seconds since the epoch, by the gateway's clock). Like ``answer``
        it ends with Done, Awaiting or Failed, waiting as long as the vendor may take to finish;
        or it yields nothing: then there is no answer, and none is to come.
        """
        ...


@runtime_checkable
class CanListBots(Protocol):
    """A bot whose vendor says which others there are."""

    def list_bots(self, mode: str) -> AsyncIterator["Listed"]:
        """Every bot there is, or those of one ``mode``. Raises ValueError with what to mend."""
        ...


class Listed(Struct, frozen=True):
    """One of a vendor's bots: its id, its name and its kind, as the vendor says them."""

    id: str
    name: str
    mode: str = ""


class Quota(Struct, frozen=True):
    """How often a vendor lets itself be asked with one key, across everything that uses it.

    ``key`` names whose quota it is, and is no secret. 0 means that there is no such limit.
    """

    key: str
    per_minute: int = 0
    per_day: int = 0


@runtime_checkable
class HasQuota(Protocol):
    """A bot whose vendor counts."""

    quota: Quota
    """Known before ``start``; the gateway keeps within it."""


class Description(Struct, frozen=True):
    """What a bot can do, as far as its server says, and what is wrong with it.

    ``abilities`` are words and values for an operator; ``problem`` is empty when all is well.
    """

    abilities: dict[str, str] = {}
    problem: str = ""


@runtime_checkable
class CanDescribe(Protocol):
    """A bot whose server can be asked what it can do."""

    async def describe(self) -> Description:
        """Ask it now. Must not raise; returns within seconds."""
        ...


class GatewayForBots(Protocol):
    """What a bot may use of the gateway."""

    @property
    def http(self) -> ClientSession:
        """The shared HTTP client: no total time limit, so set one per request."""
        ...

    @property
    def public_url(self) -> str:
        """Where the outside world reaches the gateway, without a slash at the end; may be empty."""
        ...

    def mount(self, method: str, path: str, handler: "Handler") -> None:
        """Serve ``path``, such as a webhook. Only during ``start``."""
        ...

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person, in their language or the nearest there is."""
        ...

    def ignored(self, bot: Bot, event: str) -> None:
        """The vendor sent an event that the bot does not know: counted, and logged once."""
        ...

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone, and StoreUnavailable."""
        ...

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file's bytes for whoever is shown it. Never raises: what cannot be kept (too
        large, no room) is an attachment without content, and the log says why."""
        ...

    async def collect(
        self, url: str, *, name: str = "", media_type: str = "", home: str = "", token: str = ""
    ) -> Attachment:
        """Fetch a file that a bot named, and keep it. Never raises, like ``keep``.

        Only public addresses are fetched, and those of ``home``, the vendor's own origin, which
        alone is sent ``token`` as a bearer token. Without ``name`` or ``media_type`` the
        vendor's headers and the address decide.
        """
        ...

    def file_path(self, attachment: Attachment) -> str:
        """The path of a kept file on this gateway, for those who were given it; unguessable."""
        ...

    async def remember(self, bot: Bot, key: str, value: bytes, seconds: int) -> None:
        """Keep something for all replicas, for so long. Raises StoreUnavailable."""
        ...

    async def recall(self, bot: Bot, key: str) -> bytes | None:
        """What was remembered, while it is kept. Raises StoreUnavailable."""
        ...

    async def push(self, bot: Bot, alias: str, name: str, events: Sequence[ReplyEvent]) -> bool:
        """Say something unasked in the conversation that the bot knows as ``alias``.

        Durable when it returns: acknowledge the vendor only then. It is delivered in its turn
        like any answer; a second push with the same ``name`` is the same one. ``events`` have no
        Done at their end. False when no conversation has that alias (yet: one whose Reference is
        still on its way is known in a moment). Raises StoreUnavailable.
        """
        ...


class Closing(Struct, frozen=True):
    """The last event of a reply log, and its entry in the transcript. ``data`` encodes to JSON."""

    kind: str
    data: object


class Sent(Struct, frozen=True):
    """The whole answer is with the channel.

    A channel that keeps its replies in the gateway's own log has not written the end yet: it is
    ``closing``, written in the same atomic step that seals the turn.
    """

    closing: Closing | None = None


class NotSent(Struct, frozen=True):
    """Nothing of the final answer went out; to send it again is safe."""

    reason: str
    retry_after: float = 1.0


class Unknown(Struct, frozen=True):
    """The final answer may or may not have gone out."""

    reason: str


Outcome = Sent | NotSent | Unknown


class Journal(Protocol):
    """What of an answer went out, over all attempts to deliver it.

    For sends that cannot be repeated unseen: a new message, not an edit of a known one. A part is
    whatever the channel calls it. The methods raise StoreUnavailable, and then nothing was noted;
    or the delivery is cancelled, because the turn is another replica's now.
    """

    @property
    def parts(self) -> Mapping[str, str]:
        """What was begun, with the platform's name for it; empty when the outcome is unknown."""
        ...

    async def begin(self, part: str) -> None:
        """Note that a part is about to be sent. Send it only after this returned."""
        ...

    async def finish(self, part: str, name: str) -> None:
        """Note under which name (not empty) the platform took a part."""
        ...

    async def withdraw(self, part: str) -> None:
        """Note that a part was certainly not sent after all."""
        ...


class Reply(Protocol):
    """One answer on its way to a person, as its channel sees it."""

    @property
    def turn(self) -> str:
        """Names the turn within its conversation."""
        ...

    @property
    def address(self) -> Address:
        """Where the reply goes: below the last of the messages, if there are any."""
        ...

    @property
    def locale(self) -> str:
        """The person's language, a BCP 47 tag or empty."""
        ...

    @property
    def messages(self) -> tuple[Inbound, ...]:
        """The messages it answers, oldest first; none when the bot speaks unasked."""
        ...

    def events(self) -> AsyncIterator[ShownEvent]:
        """Every event so far, then each as it comes; the last is End."""
        ...

    @property
    def journal(self) -> Journal:
        """Where a channel that sends notes what it sent."""
        ...

    @property
    def log(self) -> "LogWriter":
        """Where a channel that keeps its replies in the gateway writes what it shows."""
        ...


class Channel(Protocol):
    """A door: one Slack app, one Telegram bot, one widget site."""

    name: str

    async def start(self, gateway: "GatewayForChannels") -> None:
        """Mount routes, begin to receive. Raises only when it can never work."""
        ...

    async def deliver(self, reply: Reply) -> Outcome:
        """Render one reply to its end. The only code path that sends an answer.

        Interim frames may be skipped, the final never. Called again for the same turn after
        NotSent or a crash. Cancelled when the turn was taken over by another replica.
        """
        ...

    async def stop(self) -> None:
        """Stop receiving and tell open streams to come back. Turns are already drained."""
        ...


@runtime_checkable
class LogsReplies(Protocol):
    """A channel that shows its answers from the gateway's reply log."""

    def shown(self, entries: Sequence["LogEntry"]) -> str:
        """The text that people were shown by the entries of one turn, all its attempts."""
        ...


class Admission(Struct, frozen=True):
    """What became of a message.

    ``status`` is one of ``accepted`` (durable: acknowledge it), ``duplicate`` (already here:
    acknowledge it), ``busy`` (not taken: too much is waiting) and ``refused`` (no route lets this
    person in). ``notice`` is a sentence for the person in their language, when there is one.
    """

    status: str
    turn: str = ""
    notice: str = ""


class LogEntry(Struct, frozen=True):
    """One event of a reply log: ``data`` is a JSON object, ``(turn, n)`` grows along the log.

    An entry without a turn is said beside the log: it has no id and is not repeated.
    """

    kind: str
    data: bytes
    turn: int = 0
    n: int = 0

    @property
    def id(self) -> str:
        """What a reader hands back to continue behind this entry; empty when it has no place."""
        return f"{self.turn}-{self.n}" if self.turn else ""


class LogWriter(Protocol):
    """Writes one turn's events to the reply log of its conversation."""

    def append(self, kind: str, data: object) -> None:
        """Show an event now to local readers and within 20 ms to all others. Never blocks.

        ``data`` is anything that encodes to a JSON object.
        """
        ...


class LogReader(Protocol):
    """Follows one conversation's reply log. Close it when the reader is gone."""

    async def next(self) -> Sequence[LogEntry]:
        """The next entries, in order and without gap or repeat; waits until there are some.

        Empty is a heartbeat. Raises ``Behind`` when the log no longer holds what the reader has
        not seen, or the reader is too slow; ``ShuttingDown`` when the gateway goes away;
        ``StoreUnavailable`` when the log cannot be read now.
        """
        ...

    def close(self) -> None:
        """Let go of the subscription."""
        ...


class Behind(Exception):
    """The reader must begin anew from the history."""


class ShuttingDown(Exception):
    """The gateway is going away; the reader should reconnect, to any replica."""


class Refusal(Exception):
    """A request that is answered with a 4xx or 5xx and an explanation, in JSON.

    ``code`` is for programs, ``message`` tells a person what to do. ``headers`` go along.
    """

    def __init__(self, status: int, code: str, message: str, retry_after: float = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}


class FileGone(Exception):
    """The file is no longer kept."""


class FileRefused(Exception):
    """The file cannot be kept. ``code`` is ``too_large`` or ``no_room``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotRouted(Exception):
    """No route of the configuration leads anywhere from here."""


class StoreUnavailable(Exception):
    """The message could not be made durable. The platform should send it again."""


class History(Struct, frozen=True):
    """A conversation as it was at one instant.

    ``messages`` are JSON objects, oldest first; following the log from ``cursor`` continues
    exactly behind them. ``waiting`` says that an answer is running or a message is queued.
    """

    messages: tuple[bytes, ...]
    cursor: str
    waiting: bool


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class GatewayForChannels(Protocol):
    """What a channel may use of the gateway."""

    @property
    def public_url(self) -> str:
        """Where the outside world reaches the gateway, without a slash at the end; may be empty."""
        ...

    def mount(self, method: str, path: str, handler: Handler) -> None:
        """Serve ``path``. Only during ``start``; the same handler twice is once."""
        ...

    def client_ip(self, request: web.Request) -> str:
        """The person's address, seen through the trusted proxies only."""
        ...

    async def admit(
        self, inbound: Inbound, *, said: Mapping[str, object] | None = None
    ) -> Admission:
        """Make a message durable. Acknowledge the platform only after this returned.

        ``said``, a JSON object, enters the conversation's transcript in the same step, and is
        announced to its other readers.
        Raises StoreUnavailable after about two seconds of trying.
        """
        ...

    async def halt(self, origin: Origin) -> bool:
        """Stop what is being answered there. False when nothing was running or waiting.

        This and all that follows raises StoreUnavailable, and NotRouted where no route leads.
        """
        ...

    async def history(self, origin: Origin) -> History:
        """The transcript and the cursor behind it, as one atomic snapshot."""
        ...

    async def follow(self, origin: Origin, cursor: str) -> LogReader:
        """Follow the reply log behind ``cursor`` (empty: from where it begins)."""
        ...

    async def rate(self, origin: Origin, turn: str, rating: Rating, comment: str = "") -> bool:
        """Tell the bot what a person thinks of the answer of a turn; False if it will not hear.

        ``comment`` may be empty. A turn that nobody remembers is False too.
        """
        ...

    async def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        """Keep a file's bytes, so that whatever replica runs the turn finds them.

        Raises FileRefused, and StoreUnavailable.
        """
        ...

    async def read(self, attachment: Attachment) -> bytes:
        """All of a file. Raises FileGone, and StoreUnavailable."""
        ...

    async def find_file(self, path: str) -> Attachment | None:
        """A kept file by its path; None when there is none.

        Raises StoreUnavailable.
        """
        ...

    def file_path(self, attachment: Attachment) -> str:
        """The path of a kept file on this gateway, for those who were given it; unguessable."""
        ...

    async def introduce(self, origin: Origin) -> Introduction:
        """What the bot answering there says before it is asked anything."""
        ...

    async def allow(self, bucket: str, per_minute: int) -> float:
        """Take one token from a named bucket: 0 when there was one, else seconds to wait.

        Never raises: while the store is away it is 0, and admission decides.
        """
        ...

    def signing_keys(self) -> Sequence[bytes]:
        """Secrets to sign with (the first) and to verify with (all), shared by all replicas."""
        ...

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person, in their language or the nearest there is."""
        ...
