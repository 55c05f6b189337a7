"""What the bot remembers of a conversation between turns: its reference, opaque to the gateway."""

import secrets

from msgspec import DecodeError, Raw, Struct, json
from msgspec.structs import replace

from adapters.bots.ciniterflow import wire
from adapters.bots.ciniterflow.forms import Form

_LARGEST_MAPPING = 16_000


class Pending(Struct, frozen=True, omit_defaults=True):
    """What the flow asked a person to decide: the two labels, and what takes the answer back.

    That is a node of an agentflow, or, for sequential agents, the action itself: ``mapping`` is
    JSON that goes back as it came.
    """

    proceed: str = ""
    reject: str = ""
    node: str = ""
    id: str = ""
    mapping: str = ""

    def reply(self, text: str) -> dict[str, object] | None:
        """What to send when ``text`` is one of the labels, perhaps with a reason behind it."""
        for kind, label in (("proceed", self.proceed), ("reject", self.reject)):
            reason = _behind(text, label)
            if reason is not None:
                return self._resumption(kind, label, reason)
        return None

    def _resumption(self, kind: str, label: str, reason: str) -> dict[str, object]:
        if not self.node:
            return {"question": label, "action": {"id": self.id, "mapping": Raw(self.mapping)}}
        feedback = {"feedback": reason} if reason else {}
        return {"humanInput": {"type": kind, "startNodeId": self.node, **feedback}}


class Session(Struct, frozen=True, omit_defaults=True):
    """One conversation.

    ``id`` is what the flow's memory goes by; whoever knows it can read the conversation. ``chat``
    names the predictions of the conversation at the server; it is ``id`` until one of them was
    left before its end. ``running``: a prediction was begun, for ``turn``, and has not been seen to
    end; ``last`` names the last answer that was heard to its end.
    ``form`` holds the fields a person has given so far, ``filled`` says that the flow has them.
    """

    id: str
    chat: str
    running: bool = False
    turn: str = ""
    last: str = ""
    pending: Pending | None = None
    form: dict[str, str] | None = None
    filled: bool = False

    def encode(self) -> str:
        """As a reference."""
        return json.encode(self).decode()

    def step(self, text: str, form: Form | None) -> tuple["Session", dict[str, object]]:
        """The conversation as ``text`` leaves it, and what to send; nothing while the form is not
        filled in."""
        if self.pending and (reply := self.pending.reply(text)):
            return self, reply
        if form is None or self.filled:
            return self, {"question": text}
        given = form.read(text, self.form or {})
        if form.missing(given):
            return replace(self, form=given), {}
        return replace(self, form=self.form or {}), {"form": form.values(given)}

    def begun(self, turn: str, *, busy: bool = False) -> "Session":
        """As it is while the next prediction runs, for a ``turn``.

        The server keeps one listener per chat: what is left of an answer that was not heard to
        its end would run into the next one. So that one gets a chat of its own.
        """
        chat = _unguessable() if self.running or busy else self.chat
        return replace(self, chat=chat, running=True, turn=turn)

    def ended(self, pending: Pending | None, answer: str) -> "Session":
        """As it is once the server has ended a prediction, and named its ``answer`` or not."""
        filled = self.filled or self.form is not None
        done = replace(self, running=False, turn="", last=answer or self.last)
        return replace(done, pending=pending, form=None, filled=filled)


def new() -> Session:
    """A conversation nobody knows yet, and whose name nobody can guess."""
    name = _unguessable()
    return Session(name, name)


def decode(reference: str) -> Session | None:
    """The conversation of a reference; None when it is none of this bot's."""
    try:
        return json.decode(reference, type=Session)
    except DecodeError:
        return None


def pending(action: wire.Action) -> Pending:
    """What is to be remembered of a question to a person."""
    labels = dict(choices(action))
    place = action.data or wire.Place()
    if place.node_id:
        return Pending(labels.get("proceed", ""), labels.get("reject", ""), place.node_id)
    mapping = bytes(action.mapping).decode()
    return Pending(
        labels.get("proceed", ""),
        labels.get("reject", ""),
        id=action.id or "",
        mapping=mapping if len(mapping) <= _LARGEST_MAPPING else "{}",
    )


def choices(action: wire.Action) -> list[tuple[str, str]]:
    """The buttons as (``proceed`` or ``reject``, label), in order."""
    found = [(_kind(each.type or ""), each.label) for each in action.elements or () if each]
    return [(kind, label) for kind, label in found if kind and label]


def _kind(element: str) -> str:
    if "approve" in element:
        return "proceed"
    return "reject" if "reject" in element else ""


def _unguessable() -> str:
    return secrets.token_hex(16)


def _behind(text: str, label: str) -> str | None:
    """What stands behind ``label:``; None when the text is not that label."""
    said, _, reason = text.strip().partition(":")
    if label and text.strip().casefold() == label.casefold():
        return ""
    return reason.strip() if label and said.strip().casefold() == label.casefold() else None
