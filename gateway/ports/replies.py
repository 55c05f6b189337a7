"""A reply on its way to a person: what its channel reads, notes, and says of it at the end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from gateway.model import (
    Address,
    Inbound,
    ShownEvent,
)


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
    """The final answer did not go out as a whole; to send it again is safe.

    It is tried again after ``retry_after`` seconds at the earliest, later each time, for a day.
    """

    reason: str
    retry_after: float = 1.0


class Undeliverable(Struct, frozen=True):
    """The platform will never take it: the message is kept for the operator, with the reason."""

    reason: str


class Unknown(Struct, frozen=True):
    """The final answer may or may not have gone out."""

    reason: str


Outcome = Sent | NotSent | Undeliverable | Unknown


class Journal(Protocol):
    """What of an answer went out, over all attempts to deliver it.

    ``show`` comes before anything is shown. ``begin`` and ``finish`` stand around sends that
    cannot be repeated unseen: a new message, not an edit of a known one. A part is whatever the
    channel calls it. The methods raise StoreUnavailable, and then nothing was noted; or the
    delivery is cancelled, because the turn is another replica's now.
    """

    @property
    def parts(self) -> Mapping[str, str]:
        """What was begun, with the platform's name for it; empty when the outcome is unknown."""
        ...

    @property
    def shown(self) -> str:
        """What earlier attempts, or this one, have shown of the answer's text."""
        ...

    async def show(self, text: str) -> None:
        """Note all that people will see of the answer's text; show it only after this returned.

        Right before each send and each edit: a process that was frozen learns of it here.
        """
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
