"""What a channel is told of messages, of conversations, and of the bot behind them."""

from msgspec import Struct

from gateway.model import Address


class Admission(Struct, frozen=True):
    """What became of a message.

    ``status`` is one of ``accepted`` (durable: acknowledge it), ``duplicate`` (already here:
    acknowledge it), ``busy`` (not taken: too much is waiting or was written) and ``refused`` (no
    route lets this person in). ``notice`` is a sentence for the person in their language, when
    there is one. ``retry_after`` (seconds) is set when a limit of messages a minute was reached.
    """

    status: str
    turn: str = ""
    notice: str = ""
    retry_after: float = 0.0


class History(Struct, frozen=True):
    """A conversation as it was at one instant.

    ``messages`` are JSON objects, oldest first; following the log from ``cursor`` continues
    exactly behind them. ``waiting`` says that an answer is running or a message is queued.
    """

    messages: tuple[bytes, ...]
    cursor: str
    waiting: bool


class Written(Struct, frozen=True):
    """A conversation that a person took part in. ``newest`` is the last JSON object of its
    transcript."""

    address: Address
    newest: bytes


class Abilities(Struct, frozen=True):
    """What the bot answering somewhere can do besides, and whether a thread is a conversation of
    its own there."""

    voice: bool = False
    feedback: bool = False
    threads: bool = False
