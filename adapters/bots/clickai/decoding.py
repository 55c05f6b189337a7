"""From the data of a stream's event to what it is."""

import re
from typing import get_args

from msgspec import DecodeError, Struct, ValidationError, json

from adapters.bots.clickai.wire import AppEvent, Unknown
from gateway import sse

_OF_NO_USE = frozenset(
    {
        "human_input_form_filled",
        "human_input_form_timeout",
        "iteration_completed",
        "loop_completed",
        "node_finished",
        "parallel_branch_finished",
        "parallel_branch_started",
        "ping",
    }
)
"""What is known and passed over: its effect, if any, is told by another event."""


class _Head(Struct, frozen=True):
    event: str = ""


_head = json.Decoder(_Head)
_decoders: dict[object, json.Decoder[AppEvent]] = {
    kind.__struct_config__.tag: json.Decoder(kind, strict=False) for kind in get_args(AppEvent)
}


def decode(event: sse.Event) -> AppEvent | Unknown | None:
    """One event of a stream; None when it is a heartbeat, or of another kind that is of no use.

    Never raises. An event with a field of the wrong type counts as that event without any field,
    so that an oddly formed end or error still ends the answer.
    """
    if event.event == "ping":
        return None
    data = event.data
    try:
        kind = _head.decode(data).event
        decoder = _decoders.get(kind)
        if decoder:
            return decoder.decode(data)
        return None if kind in _OF_NO_USE else Unknown(_name(kind))
    except ValidationError:
        return _bare(data)
    except DecodeError:
        return Unknown()


def _bare(data: str) -> AppEvent | Unknown:
    try:
        return _decoders[_head.decode(data).event].type()
    except (ValidationError, KeyError):
        return Unknown()


def _name(kind: str) -> str:
    return kind if re.fullmatch(r"[a-z_]{1,60}", kind) else ""
