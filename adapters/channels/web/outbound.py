"""A reply's events in, the widget's events out."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from adapters.channels.web.inbound import is_again
from adapters.channels.web.wire import fields
from gateway.model import (
    Attachment,
    Choices,
    End,
    EndState,
    File,
    Inbound,
    Notice,
    ShownEvent,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)
from gateway.ports import Closing, LogEntry, LogWriter

STATUS_LONGEST = 300


FilePath = Callable[[Attachment], str]


class Rendering:
    """Writes one reply to its log, and keeps what the end must repeat."""

    def __init__(
        self, turn: str, messages: tuple[Inbound, ...], log: LogWriter, file_path: FilePath
    ) -> None:
        self._file_path = file_path
        self._turn = turn
        self._messages = messages
        self._log = log
        self._started = False
        self._length = 0
        self._extras: dict[str, Any] = {}
        self._notices: list[str] = []

    def show(self, event: ShownEvent) -> None:
        """One event of the answer."""
        match event:
            case TextDelta(text):
                self._write("delta", o=self._length, t=text)
                self._length += utf16_length(text)
            case TextReplace(text):
                self._write("replace", text=text)
                self._length = utf16_length(text)
            case Thought(text):
                self._write("status", kind="thought", text=text[-STATUS_LONGEST:])
            case Status(text):
                self._write("status", kind="status", text=text[:STATUS_LONGEST])
            case ToolUse(name):
                self._write("status", kind="tool", text=name[:STATUS_LONGEST])
            case Notice(text):
                self._write("notice", text=text)
                self._notices.append(text)
            case Sources(items):
                self._keep("sources", items=items)
            case Suggestions(items):
                self._keep("suggestions", items=items)
            case Choices():
                self._keep("choices", **_choices(event))
            case File(attachment):
                file = describe(attachment, self._file_path(attachment))
                self._write("file", **file)
                self._extras.setdefault("files", []).append(file)

    def closing(self, end: End) -> Closing | None:
        """The last event, which is also what the transcript keeps; None when nothing was said."""
        if end.state is EndState.AWAITING and not self._started:
            return None
        self._start()
        said = end.state if end.state is not EndState.AWAITING else EndState.DONE
        notices = self._notices + ([end.notice] if end.notice else [])
        data = {
            "kind": "bot",
            "turn": self._turn,
            "text": end.text,
            "state": said.value,
            "at": time.time(),
            **self._extras,
        }
        return Closing("end", data | ({"notices": notices} if notices else {}))

    def _keep(self, kind: str, **data: Any) -> None:
        self._write(kind, **data)
        self._extras[kind] = data if kind == "choices" else data["items"]

    def _start(self) -> None:
        """The answer begins, for the first time or anew."""
        if not self._started:
            self._started = True
            written = [message for message in self._messages if not is_again(message)]
            messages = [said(message, self._file_path) for message in written]
            self._log.append("start", {"turn": self._turn, "messages": messages})

    def _write(self, event: str, /, **data: Any) -> None:
        self._start()
        self._log.append(event, {"turn": self._turn, **data})


def _choices(choices: Choices) -> dict[str, Any]:
    data: dict[str, Any] = {"prompt": choices.prompt, "items": choices.items}
    if choices.fields:
        data["fields"] = fields(choices.fields)
    if choices.expires:
        data["expires"] = choices.expires
    return data


def shown(entries: Sequence[LogEntry]) -> str:
    """The text that a reader of these entries has on the page."""
    text = ""
    for entry in entries:
        data = msgspec.json.decode(entry.data)
        match entry.kind:
            case "start":
                text = ""
            case "delta":
                text += data["t"]
            case "replace":
                text = data["text"]
    return text


def said(message: Inbound, file_path: FilePath) -> dict[str, object]:
    """A visitor's message, as the transcript keeps it."""
    files = [describe(file, file_path(file)) for file in message.attachments]
    base = {"id": message.id, "text": message.text, "at": message.received_at}
    return base | ({"files": files} if files else {})


def describe(attachment: Attachment, path: str) -> dict[str, object]:
    """A file as the widget's wire has it."""
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "url": path,
    }


def utf16_length(text: str) -> int:
    """The length of a text as a browser counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
