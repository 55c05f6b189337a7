"""A reply's events in, the widget's events out."""

import time
from typing import Any

from msgspec import to_builtins

from gateway.model import (
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
from gateway.ports import Closing, LogWriter

STATUS_LONGEST = 300


class Rendering:
    """Writes one reply to its log, and keeps what the end must repeat."""

    def __init__(self, turn: str, messages: tuple[Inbound, ...], log: LogWriter) -> None:
        self._turn = turn
        self._messages = messages
        self._log = log
        self._started = False
        self._length = 0
        self._extras: dict[str, Any] = {}

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
            case Sources(items):
                self._keep("sources", items=items)
            case Suggestions(items):
                self._keep("suggestions", items=items)
            case Choices(prompt, items):
                self._keep("choices", prompt=prompt, items=items)
            case File(attachment):
                self._write("file", **to_builtins(attachment))
                self._extras.setdefault("files", []).append(to_builtins(attachment))

    def closing(self, end: End) -> Closing | None:
        """The last event, which is also what the transcript keeps; None when nothing was said."""
        if end.state is EndState.AWAITING:
            return None
        self._start()
        data = {
            "kind": "bot",
            "turn": self._turn,
            "text": end.text,
            "state": end.state.value,
            "at": time.time(),
            **self._extras,
        }
        return Closing("end", data | ({"notice": end.notice} if end.notice else {}))

    def _keep(self, kind: str, **data: Any) -> None:
        self._write(kind, **data)
        self._extras[kind] = data if kind == "choices" else data["items"]

    def _start(self) -> None:
        """The answer begins, for the first time or anew."""
        if not self._started:
            self._started = True
            said = [{"id": m.id, "text": m.text, "at": m.received_at} for m in self._messages]
            self._log.append("start", {"turn": self._turn, "messages": said})

    def _write(self, event: str, /, **data: Any) -> None:
        self._start()
        self._log.append(event, {"turn": self._turn, **data})


def utf16_length(text: str) -> int:
    """The length of a text as a browser counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
