"""The text of an answer, as the events of any kind of app tell it. No I/O."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from adapters.bots.clickai import wire
from adapters.bots.clickai.kinds import WORKFLOW, Kind
from adapters.bots.clickai.made import is_file


class Change(Struct, frozen=True):
    """More text or, when ``replaces``, the whole text so far."""

    text: str
    replaces: bool = False


class Told:
    """Puts an answer's text together."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._parts: list[str] = []
        self._by_agent = False

    def __str__(self) -> str:
        return "".join(self._parts)

    def __bool__(self) -> bool:
        return any(self._parts)

    def take(self, event: wire.AppEvent) -> Change | None:
        """What ``event`` does to the text; None when it does nothing."""
        match event:
            case wire.Message():
                return self._message(event.answer or "")
            case wire.AgentMessage():
                self._by_agent = True
                return self.add(event.answer or "")
            case wire.MessageReplace():
                return self._replace(event.answer or "")
            case wire.TextChunk(data=data):
                return self.add((data and data.text) or "")
            case wire.TextReplaced(data=data):
                return self._replace((data and data.text) or "")
            case wire.MessageFile():
                return self.add(event.text or "")
            case wire.WorkflowFinished(data=data) if data and self._kind is WORKFLOW:
                return None if self else self.add(of_outputs(data.outputs or {}))
        return None

    def add(self, text: str) -> Change | None:
        """Append ``text``."""
        if not text:
            return None
        self._parts.append(text)
        return Change(text)

    def _message(self, text: str) -> Change | None:
        so_far = str(self) if self._by_agent else ""
        # Behind an agent's words a message is the whole answer once more.
        if text.startswith(so_far):
            return self.add(text[len(so_far) :])
        return self._replace(text) if text else None

    def _replace(self, text: str) -> Change:
        self._parts = [text]
        return Change(text, replaces=True)


def of_outputs(outputs: Mapping[str, object]) -> str:
    """What a workflow's outputs say: the only one as it is, several as a line each. Files, which
    are shown by themselves, do not count."""
    outputs = {name: value for name, value in outputs.items() if not _holds_files(value)}
    told = {name: text for name, value in outputs.items() if (text := _of_output(value))}
    if len(outputs) == 1 and all(isinstance(value, str) for value in outputs.values()):
        return "".join(told.values())
    return "\n".join(f"{name}: {text}" for name, text in told.items())


def _of_output(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    return msgspec.json.encode(value).decode()


def _holds_files(value: object) -> bool:
    return is_file(value[0] if isinstance(value, list) and value else value)
