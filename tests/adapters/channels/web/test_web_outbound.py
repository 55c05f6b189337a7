"""What the widget is told of an answer."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.adapters import inbound

from adapters.channels.web.outbound import Rendering, utf16_length
from gateway.model import (
    Attachment,
    Choice,
    Choices,
    End,
    EndState,
    File,
    Notice,
    ShownEvent,
    Source,
    Sources,
    Status,
    Suggestions,
    TextDelta,
    TextReplace,
    Thought,
    ToolUse,
)


def path(attachment: Attachment) -> str:
    return f"/files/{attachment.content}/{attachment.name}"


class Log:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def append(self, kind: str, data: object) -> None:
        self.events.append((kind, msgspec.json.decode(msgspec.json.encode(data))))


def shown(event: ShownEvent) -> tuple[str, dict[str, Any]]:
    log = Log()
    Rendering("7", (), log, path).show(event)
    assert log.events[0] == ("start", {"turn": "7", "messages": []})
    kind, data = log.events[1]
    assert data.pop("turn") == "7"
    return kind, data


@pytest.mark.parametrize(
    ("event", "kind", "data"),
    [
        (TextDelta("a"), "delta", {"o": 0, "t": "a"}),
        (TextReplace("a"), "replace", {"text": "a"}),
        (Thought("hm"), "status", {"kind": "thought", "text": "hm"}),
        (ToolUse("search"), "status", {"kind": "tool", "text": "search"}),
        (Status("node"), "status", {"kind": "status", "text": "node"}),
        (Notice("n"), "notice", {"text": "n"}),
        (Suggestions(("a", "b")), "suggestions", {"items": ["a", "b"]}),
        (
            Sources((Source("T", "https://x", "e"),)),
            "sources",
            {"items": [{"title": "T", "url": "https://x", "excerpt": "e"}]},
        ),
        (
            Choices("which?", (Choice("v", "l"),)),
            "choices",
            {"prompt": "which?", "items": [{"value": "v", "label": "l"}]},
        ),
        (
            File(Attachment("a.pdf", "application/pdf", "k", 9)),
            "file",
            {
                "name": "a.pdf",
                "media_type": "application/pdf",
                "url": "/files/k/a.pdf",
                "size": 9,
            },
        ),
    ],
)
def test_events(event: ShownEvent, kind: str, data: dict[str, Any]) -> None:
    assert shown(event) == (kind, data)


@given(st.lists(st.text()))
def test_offsets_are_what_a_browser_counts(texts: list[str]) -> None:
    log = Log()
    rendering = Rendering("1", (), log, path)
    for text in texts:
        rendering.show(TextDelta(text))
    before = ""
    for (_, data), text in zip(log.events[1:], texts, strict=True):
        assert data["o"] == utf16_length(before) == len(before.encode("utf-16-le")) // 2
        before += text


def test_the_start_names_the_messages() -> None:
    log = Log()
    Rendering("1", (inbound("hello", "id-1"),), log, path).show(TextDelta("a"))
    start = {"turn": "1", "messages": [{"id": "id-1", "text": "hello", "at": 1000.0}]}
    assert log.events == [("start", start), ("delta", {"turn": "1", "o": 0, "t": "a"})]


def test_an_answer_that_comes_later_shows_nothing() -> None:
    log = Log()
    assert Rendering("1", (), log, path).closing(End("", EndState.AWAITING)) is None
    assert log.events == []


def test_an_answer_without_words_still_begins_and_ends() -> None:
    log = Log()
    assert Rendering("1", (), log, path).closing(End("", EndState.FAILED, "why"))
    assert [kind for kind, _ in log.events] == ["start"]


def test_the_end_repeats_what_lasts() -> None:
    rendering = Rendering("1", (), Log(), path)
    rendering.show(Sources((Source("T"),)))
    rendering.show(Suggestions(("a",)))
    rendering.show(Choices("p", (Choice("v", "l"),)))
    rendering.show(File(Attachment("a", "b", "c")))
    rendering.show(Notice("beside"))
    closing = rendering.closing(End("whole", EndState.FAILED, "why"))
    assert closing
    assert closing.kind == "end"
    data = msgspec.json.decode(msgspec.json.encode(closing.data))
    assert {k: data[k] for k in ("kind", "turn", "text", "state", "notices")} == {
        "kind": "bot",
        "turn": "1",
        "text": "whole",
        "state": "failed",
        "notices": ["beside", "why"],
    }
    assert data["sources"][0]["title"] == "T"
    assert data["suggestions"] == ["a"]
    assert data["choices"]["items"] == [{"value": "v", "label": "l"}]
    assert data["files"][0]["name"] == "a"
