"""What a bot is, what some can do besides, and what each is handed."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

from aiohttp import ClientSession
from msgspec import Struct

from gateway.model import (
    Answered,
    Ask,
    Attachment,
    Introduction,
    Rating,
    Reference,
    ReplyEvent,
)
from gateway.ports.handlers import Handler


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
class CanForget(Protocol):
    """A bot whose vendor can be asked to forget."""

    async def forget(self, conversation: str, user: str) -> bool:
        """Remove a conversation at the vendor. Must not raise; False when it could not."""
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
    """What a bot or a channel can do, as far as its server says, and what is wrong with it.

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

    async def typing(self, bot: Bot, alias: str, *, on: bool) -> bool:
        """Show now that a person writes in the conversation that the bot knows as ``alias``.

        It ends by itself within seconds: say it again while it goes on. Nothing is kept, and only
        channels that keep their replies in the gateway show it. False when no conversation has
        that alias. Raises StoreUnavailable.
        """
        ...
