"""What the sandbox remembers: its conversations, in a file if they are to outlive it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from msgspec import DecodeError, Struct, field, json

MOST_CONVERSATIONS = 10_000
MOST_TURNS = 1_000

Inputs = dict[str, object]


class Turn(Struct):
    """One question and its answer. ``error`` is why there is none; ``rating`` the person's.

    ``extras`` are what came with the answer beside its text, in the words of the vendor.
    """

    id: str
    query: str
    inputs: Inputs
    created_at: int
    answer: str = ""
    error: str | None = None
    rating: str | None = None
    extras: dict[str, object] = field(default_factory=dict)


class Conversation(Struct):
    """One person's conversation, its turns oldest first. ``name`` is empty until one is given."""

    id: str
    user: str
    created_at: int
    turns: list[Turn] = field(default_factory=list)
    name: str = ""
    variables: dict[str, object] = field(default_factory=dict)


class _Asked(Struct, tag="asked"):
    conversation: str
    user: str
    turn: Turn


class _Answered(Struct, tag="answered"):
    id: str
    answer: str
    error: str | None
    extras: dict[str, object] = {}


class _Changed(Struct, tag="changed"):
    id: str
    name: str
    variables: dict[str, object]


class _Deleted(Struct, tag="deleted"):
    id: str


class _Dropped(Struct, tag="dropped"):
    id: str


_Line = _Asked | _Answered | _Changed | _Deleted | _Dropped
_lines: json.Decoder[_Line] = json.Decoder(_Line)


class Memory:
    """The most recent conversations of all users.

    With ``path`` every turn is appended to that file, a JSON object a line, and found again when
    the file is opened anew; what no longer fits is dropped then. May raise OSError.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._conversations: dict[str, Conversation] = {}
        self._homes: dict[str, Conversation] = {}
        self._file: BinaryIO | None = None
        if path is not None:
            self._load(path)
            self._file = self._rewritten(path)

    def find(self, conversation_id: str, user: str) -> Conversation | None:
        """A user's conversation; None when there is none, or it is another user's."""
        found = self._conversations.get(conversation_id)
        return found if found and found.user == user else None

    def of(self, user: str) -> list[Conversation]:
        """A user's conversations, the latest first."""
        return [each for each in reversed(self._conversations.values()) if each.user == user]

    def turn(self, turn_id: str, user: str) -> Turn | None:
        """One turn of a user."""
        home = self._homes.get(turn_id)
        turns = home.turns if home and home.user == user else ()
        return next((turn for turn in turns if turn.id == turn_id), None)

    def ask(self, conversation_id: str, user: str, query: str, inputs: Inputs) -> Turn:
        """Write down a question, in a new conversation when ``conversation_id`` is empty."""
        turn = Turn(str(uuid4()), query, inputs, int(time.time()))
        asked = _Asked(conversation_id or str(uuid4()), user, turn)
        self._append(asked)
        self._take(asked)
        return turn

    def answer(
        self,
        turn: Turn,
        answer: str,
        error: str | None = None,
        extras: dict[str, object] | None = None,
    ) -> None:
        """Write down how a question was answered."""
        answered = _Answered(turn.id, answer, error, extras or {})
        self._append(answered)
        self._take(answered)

    def change(
        self, home: Conversation, name: str = "", variables: dict[str, object] | None = None
    ) -> None:
        """Give a conversation a name, or set some of its variables."""
        merged = {**home.variables, **(variables or {})}
        changed = _Changed(home.id, name or home.name, merged)
        self._append(changed)
        self._take(changed)

    def delete(self, home: Conversation) -> None:
        """Forget a conversation."""
        deleted = _Deleted(home.id)
        self._append(deleted)
        self._take(deleted)

    def drop(self, turn: Turn) -> None:
        """Forget one turn, and its conversation when there was no other."""
        dropped = _Dropped(turn.id)
        self._append(dropped)
        self._take(dropped)

    def home(self, turn: Turn) -> Conversation:
        """The conversation that ``turn`` belongs to. Raises KeyError once it is forgotten."""
        return self._homes[turn.id]

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()

    def _take(self, line: _Line) -> None:
        match line:
            case _Asked():
                self._take_question(line)
            case _Answered():
                if turn := self._turn(line.id):
                    turn.answer, turn.error = line.answer, line.error
                    turn.extras = line.extras
            case _Changed():
                if home := self._conversations.get(line.id):
                    home.name, home.variables = line.name, line.variables
            case _Deleted():
                if home := self._conversations.pop(line.id, None):
                    for turn in home.turns:
                        del self._homes[turn.id]
            case _Dropped():
                self._take_drop(line.id)

    def _take_question(self, asked: _Asked) -> None:
        new = Conversation(asked.conversation, asked.user, asked.turn.created_at)
        # Put last: the first are the first to be forgotten.
        conversation = self._conversations.pop(new.id, new)
        self._conversations[new.id] = conversation
        conversation.turns.append(asked.turn)
        self._homes[asked.turn.id] = conversation
        self._forget(conversation)

    def _forget(self, latest: Conversation) -> None:
        gone = latest.turns[:-MOST_TURNS]
        del latest.turns[:-MOST_TURNS]
        if len(self._conversations) > MOST_CONVERSATIONS:
            oldest = next(iter(self._conversations))
            gone += self._conversations.pop(oldest).turns
        for turn in gone:
            del self._homes[turn.id]

    def _take_drop(self, turn_id: str) -> None:
        if home := self._homes.pop(turn_id, None):
            home.turns[:] = [turn for turn in home.turns if turn.id != turn_id]
            if not home.turns:
                del self._conversations[home.id]

    def _turn(self, turn_id: str) -> Turn | None:
        home = self._homes.get(turn_id)
        turns = home.turns if home else ()
        return next((turn for turn in reversed(turns) if turn.id == turn_id), None)

    def _append(self, line: _Line) -> None:
        if self._file:
            self._file.write(json.encode(line) + b"\n")

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        for raw in path.read_bytes().splitlines():
            try:
                self._take(_lines.decode(raw))
            except DecodeError:
                # The last line of a process that was killed while it wrote.
                continue

    def _rewritten(self, path: Path) -> BinaryIO:
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(b"".join(json.encode(line) + b"\n" for line in self._all()))
        fresh.replace(path)
        return path.open("ab", buffering=0)

    def _all(self) -> Iterator[_Line]:
        for each in self._conversations.values():
            yield from (_Asked(each.id, each.user, turn) for turn in each.turns)
            if each.name or each.variables:
                yield _Changed(each.id, each.name, each.variables)
