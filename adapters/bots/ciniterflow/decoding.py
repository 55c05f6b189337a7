"""From the events of a stream to CiniterFlow's own. No I/O."""

from typing import get_args

from msgspec import DecodeError, Struct, ValidationError, json

from adapters.bots.ciniterflow import wire
from gateway import sse

_UNREAD = frozenset(
    {
        *("agentFlowExecutedData", "executionEnd", "tool"),
        *("tts_start", "tts_data", "tts_end", "tts_abort"),
    }
)
"""What is known and of no use here."""
_LONGEST_KIND = 60


class _Head(Struct, frozen=True):
    event: str


_head = json.Decoder(_Head)
_kinds: dict[object, type[wire.FlowEvent]] = {
    kind.__struct_config__.tag: kind for kind in get_args(wire.FlowEvent)
}
_decoders: dict[object, json.Decoder[wire.FlowEvent]] = {
    name: json.Decoder(kind, strict=False) for name, kind in _kinds.items()
}
_TEXTS: dict[str, type[wire.Token | wire.Thinking | wire.Error]] = {
    "token": wire.Token,
    "thinking": wire.Thinking,
    "error": wire.Error,
}


def decode(event: sse.Event) -> wire.FlowEvent | wire.Unknown | None:
    """One event of the stream; None when it is of no use, or no event of CiniterFlow's at all.

    Servers put the kind and the data into one JSON object; the vendor's guide also shows the kind
    as the event's own name. Never raises. An event with a field of the wrong type counts as that
    event without any field, so that an oddly formed end or error still ends the answer.
    """
    named = "" if event.event == "message" else event.event
    inside = _name(event.data)
    name = named if named in _kinds else inside or named
    if name in _kinds:
        return _object(name, event.data) if inside else _named(name, event.data)
    return wire.Unknown(name[:_LONGEST_KIND]) if name and name not in _UNREAD else None


def _name(data: str) -> str:
    try:
        return _head.decode(data).event
    except DecodeError:
        return ""


def _named(name: str, data: str) -> wire.FlowEvent:
    if text := _TEXTS.get(name):
        return text(data=data)
    return _object(name, f'{{"event":"{name}","data":{data}}}')


def _object(name: str, data: str) -> wire.FlowEvent:
    try:
        return _decoders[name].decode(data)
    except (ValidationError, DecodeError):
        return _kinds[name]()
