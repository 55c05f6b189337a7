"""The files that an answer has made, each once, however often its events name it. No I/O."""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct
from yarl import URL

from adapters.bots.clickai import wire

_MODEL = "dify_model_identity"
_FILE = "__dify__file__"
_IDS = ("id", "related_id", "upload_file_id")
_SIGNATURE = ("timestamp", "nonce", "sign")
"""What differs from one link to the same file to the next."""

Told = Mapping[str, object]


class Made(Struct, frozen=True):
    """One file. ``url`` is signed, short-lived and perhaps without a host."""

    url: str
    name: str = ""
    media_type: str = ""


class MadeFiles:
    """Follows the files of one answer. ``uploaded`` are the person's own, by their ids."""

    def __init__(self, uploaded: Collection[str] = ()) -> None:
        self._seen = set(uploaded)

    def take(self, event: wire.AppEvent) -> list[Made]:
        """The files that ``event`` names, and none before it has."""
        return [made for told in _told(event) if (made := self._new(told))]

    def _new(self, told: Told) -> Made | None:
        url = _text(told, "url") or _text(told, "remote_url")
        names = {_text(told, key) for key in _IDS} | {_unsigned(url)}
        names.discard("")
        known = bool(names & self._seen)
        self._seen |= names
        if known or not url or told.get("belongs_to") == "user":
            return None
        return Made(url, _text(told, "filename"), _text(told, "mime_type"))


def is_file(value: object) -> bool:
    """Whether a value of a workflow is a file."""
    return isinstance(value, dict) and value.get(_MODEL) == _FILE


def _told(event: wire.AppEvent) -> Iterator[Told]:
    match event:
        case wire.MessageFile():
            about = {"id": event.id, "url": event.url, "belongs_to": event.belongs_to}
            yield about
        case wire.MessageEnd():
            yield from event.files or ()
        case wire.WorkflowFinished(data=run) if run:
            yield from _within(run.outputs)
            yield from run.files or ()


def _within(outputs: object) -> Iterator[Told]:
    """The files in a workflow's outputs, wherever they stand."""
    waiting = [outputs]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and is_file(value):
            yield value
        elif isinstance(value, dict):
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _text(told: Told, key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""


def _unsigned(url: str) -> str:
    try:
        return str(URL(url).without_query_params(*_SIGNATURE))
    except ValueError:
        return url
