"""What a channel is, what some can do besides, and what each is handed."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from aiohttp import ClientSession, web

from gateway.model import (
    Attachment,
    Inbound,
    Introduction,
    Origin,
    Rating,
)
from gateway.ports.admission import Abilities, Admission, History, Written
from gateway.ports.bots import Description
from gateway.ports.handlers import Handler
from gateway.ports.replies import LogEntry, LogReader, Outcome, Reply


class Channel(Protocol):
    """A door: one Slack app, one Telegram bot, one widget site."""

    name: str

    async def start(self, gateway: "GatewayForChannels") -> None:
        """Mount routes, begin to receive. Raises CannotStart when it can never work."""
        ...

    async def deliver(self, reply: Reply) -> Outcome:
        """Render one reply to its end. The only code path that sends an answer.

        Interim frames may be skipped, the final never. Called again for the same turn after
        NotSent or a crash. Cancelled when the turn was taken over by another replica: the
        reply's journal tells before anything is sent.
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


@runtime_checkable
class ShowsForms(Protocol):
    """A channel that shows the fields of Choices, and sends what was filled in as it says."""

    shows_forms: Literal[True]


@runtime_checkable
class CanFetch(Protocol):
    """A channel that takes messages before it has their files."""

    async def fetch(self, attachment: Attachment) -> Attachment:
        """Bring a file that it called ``remote`` to the gateway, with ``GatewayForChannels.keep``.

        Without content when it cannot be had. Must not raise; takes as long as the platform does,
        within limits of its own. Called again for the same file when its turn begins again.
        """
        ...


@runtime_checkable
class CanCheck(Protocol):
    """A channel that can ask its platform whether it is set up right."""

    async def check(self, http: ClientSession, public_url: str) -> Description:
        """Ask now, without having been started. Must not raise; returns within seconds.

        ``public_url`` is where the outside world reaches the gateway; it may be empty.
        """
        ...


class GatewayForChannels(Protocol):
    """What a channel may use of the gateway."""

    @property
    def http(self) -> ClientSession:
        """The shared HTTP client: no total time limit, so set one per request."""
        ...

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

    async def remember(self, channel: Channel, key: str, value: bytes, seconds: int) -> None:
        """Keep a small value for so long, for all replicas; 0 seconds are for ever.

        What is about a person holds the person's id, in the key or the value: by that it is found
        when they want to be forgotten.
        This and the next three raise StoreUnavailable.
        """
        ...

    async def recall(self, channel: Channel, key: str) -> bytes | None:
        """A value that was remembered, while it is kept."""
        ...

    async def claim(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        """Remember a value unless there is one; whether it was remembered."""
        ...

    async def extend(self, channel: Channel, key: str, value: bytes, seconds: int) -> bool:
        """Remember a value for longer, while it is still this one; whether it is."""
        ...

    async def drop(self, channel: Channel, key: str) -> bool:
        """Forget a value; whether there was one. Of many who drop it only one is told so."""
        ...

    async def introduce(self, origin: Origin) -> Introduction:
        """What the bot answering there says before it is asked anything."""
        ...

    async def allow(self, bucket: str, per_minute: int, per_day: int = 0) -> float:
        """Take one of what a name may have in a minute: 0 when there was one, else seconds to wait.

        In no 60 seconds are there more than ``per_minute``, and on no day (UTC) more than
        ``per_day``, over all replicas; 0 is no limit. Never raises: while the store is away it is
        0, and admission decides.
        """
        ...

    async def abilities(self, origin: Origin) -> Abilities:
        """What the bot answering there can do. Raises NotRouted only."""
        ...

    @property
    def conversation_seconds(self) -> int:
        """How long a conversation is kept after somebody last wrote there."""
        ...

    async def written(self, origin: Origin, most: int) -> Sequence[Written]:
        """The conversations of this channel with a transcript in which the person wrote last,
        the newest ``most`` of them. Raises StoreUnavailable."""
        ...

    async def hand_over(self, origin: Origin, before: str) -> None:
        """Make the conversation there the person's, in place of the person ``before``.

        Whoever reads it begins anew. Safe to repeat. Raises NotRouted and StoreUnavailable.
        """
        ...

    async def erase(self, origin: Origin) -> bool:
        """Stop and remove the conversation there, whoever wrote in it; False if there was none.

        Its bots are asked to forget it; one that does not is left at that. Takes seconds where
        the store is large. Raises NotRouted and StoreUnavailable.
        """
        ...

    def signing_keys(self) -> Sequence[bytes]:
        """Secrets to sign with (the first) and to verify with (all), shared by all replicas."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The languages that the gateway itself speaks, as BCP 47 tags in lower case."""
        ...

    def text(self, locale: str, key: str, **values: object) -> str:
        """A sentence for a person, in their language or the nearest there is."""
        ...
