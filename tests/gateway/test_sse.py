"""Server-Sent Events: the parser against a plain reading of the standard."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sse import Event, Parser, TooLarge, encode

PIECES = [
    "data",
    "event",
    "id",
    "retry",
    ":",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "x",
    "é",
    "👋",
    "\0",
]
streams = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)


def reference(stream: bytes) -> list[Event]:
    """The standard, read as directly as can be: the whole stream at once, line by line."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    events, data, kind, last_id = [], "", "", ""
    for line in lines:
        field, colon, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if not line:
            if data:
                events.append(Event(kind or "message", data[:-1], last_id))
            data, kind = "", ""
        elif colon and not field:
            continue
        elif field == "event":
            kind = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def parse(chunks: list[bytes]) -> list[Event]:
    parser = Parser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@given(streams, st.lists(st.integers(min_value=0), max_size=12))
def test_any_cut_gives_what_the_standard_says(text: str, places: list[int]) -> None:
    stream = text.encode("utf-8", "surrogatepass")
    assert parse(cut(stream, places)) == reference(stream)


@given(st.binary(max_size=80), st.lists(st.integers(min_value=0), max_size=12))
def test_any_bytes_are_read_as_the_standard_says(stream: bytes, places: list[int]) -> None:
    assert parse(cut(stream, places)) == reference(stream)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        ("data: a\ndata: b\n\n", [Event("message", "a\nb")]),
        ("data:a\r\rdata:  b\r\n\r\n", [Event("message", "a"), Event("message", " b")]),
        ("\ufeffdata: a\n\n\ufeffdata: b\n\n", [Event("message", "a")]),
        ("data\n\n", [Event("message", "")]),
        ("event: ping\n\ndata: a\n\n", [Event("message", "a")]),
        (
            "event: e\nid: 7\ndata: a\n\ndata: b\n\n",
            [Event("e", "a", "7"), Event("message", "b", "7")],
        ),
        ("id: 7\ndata: a\n\nid\ndata: b\n\n", [Event("message", "a", "7"), Event("message", "b")]),
        ("id: 7\nid: 8\0\ndata: a\n\n", [Event("message", "a", "7")]),
        (": comment\nretry: 100\nunknown: x\ndata: a\n\n", [Event("message", "a")]),
        ("data: unfinished\n", []),
        # As Flowise frames its events.
        ('message:\ndata:{"event":"token"}\n\n', [Event("message", '{"event":"token"}')]),
    ],
)
def test_framing(stream: str, events: list[Event]) -> None:
    raw = stream.encode()
    assert parse([raw]) == events
    assert parse([raw[n : n + 1] for n in range(len(raw))]) == events


def test_a_line_end_split_across_reads_is_one() -> None:
    assert parse([b"data: a\r", b"", b"\ndata: b\r", b"\n\r", b"\n"]) == [Event("message", "a\nb")]


def test_a_line_of_a_mebibyte_is_fine() -> None:
    text = "é" * (512 * 1024)
    assert parse([f"data: {text}\n\n".encode()]) == [Event("message", text)]


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert Parser(max_line=10).feed(b"data: 6789\n\n") == [Event("message", "6789")]
    with pytest.raises(TooLarge):
        Parser(max_line=10).feed(b"data: 67890\n")
    parser = Parser(max_line=10)
    parser.feed(b"data: 67")
    with pytest.raises(TooLarge):
        parser.feed(b"890")


def test_an_event_of_many_lines_is_limited() -> None:
    parser = Parser(max_event=10)
    assert parser.feed(b"data: 1234\ndata: 6789\n\n") == [Event("message", "1234\n6789")]
    with pytest.raises(TooLarge):
        parser.feed(b"data: 1234\ndata: 67890\n")


def test_the_time_for_a_huge_line_in_tiny_chunks_is_linear() -> None:
    def seconds(size: int) -> float:
        parser, chunk = Parser(max_line=size + 10), b"x" * 16
        began = time.process_time()
        parser.feed(b"data: ")
        for _ in range(size // 16):
            parser.feed(chunk)
        assert [len(event.data) for event in parser.feed(b"\n\n")] == [size]
        return time.process_time() - began

    seconds(1 << 18)
    # Quadratic would be 64 times as long.
    assert seconds(1 << 21) < 32 * max(seconds(1 << 18), 0.005)


@given(
    st.text(st.characters(exclude_characters="\r", codec="utf-8")), st.sampled_from(["", "reply"])
)
def test_what_is_encoded_is_parsed(data: str, name: str) -> None:
    expected = [Event(name or "message", data, "turn-1")]
    assert parse([encode(name, data, "turn-1")]) == expected
    assert parse([encode(name, data.encode(), "turn-1")]) == expected


def test_the_encoded_bytes() -> None:
    assert encode("text", '{"a":1}', "t-1") == b'id: t-1\nevent: text\ndata: {"a":1}\n\n'
    assert encode("", "a\r\nb\rc") == b"data: a\ndata: b\ndata: c\n\n"


@pytest.mark.parametrize("field", ["a\nb", "a\rb", "a\0b"])
def test_a_field_that_would_break_the_framing_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        encode(field, "x")
    with pytest.raises(ValueError, match="one line"):
        encode("x", "x", field)
