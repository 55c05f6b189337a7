"""What single messages show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from adapters.channels.telegram.richness import BYTES_MOST, is_rich
from adapters.channels.telegram.sheets import Sheet, below, fitted, italic, line, split
from adapters.channels.telegram.utf16 import Units, length
from gateway.model import Source

SIGNS = st.text(st.sampled_from("ab \n漢👩🇻🇳é"), max_size=300)


def sheet(text: str, spans: list[tuple[int, int]]) -> Sheet:
    """A text with entities over these characters."""
    entities = []
    for start, end in spans:
        first, last = length(text[:start]), length(text[:end])
        if first < last:
            entities.append(MessageEntity("code", first, last - first))
    return Sheet(text, tuple(entities))


@given(SIGNS, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300))), st.integers(2, 80))
def test_the_parts_of_a_sheet_are_all_of_it(
    text: str, spans: list[tuple[int, int]], most: int
) -> None:
    whole = sheet(text, spans)
    parts = split(whole, most)
    assert "".join(part.text for part in parts) == text
    assert all(length(part.text) <= most for part in parts)
    covered = 0
    for part in parts:
        for entity in part.entities:
            assert 0 <= entity.offset < entity.offset + entity.length <= length(part.text)
            covered += entity.length
    assert covered == sum(entity.length for entity in whole.entities)


def test_a_sheet_is_cut_between_words() -> None:
    assert [part.text for part in split(Sheet("one two three"), 9)] == ["one two ", "three"]
    assert [part.text for part in split(Sheet("one\ntwo three"), 7)] == ["one\n", "two ", "three"]


def test_a_link_that_is_cut_leads_there_from_both_sides() -> None:
    link = MessageEntity("text_link", 0, 8, url="https://example.com")
    parts = split(Sheet("aaaabbbb", (link,)), 4)
    assert [part.entities[0].url for part in parts] == ["https://example.com"] * 2


@given(st.lists(SIGNS, max_size=4), SIGNS)
def test_what_is_blank_is_no_message(texts: list[str], last: str) -> None:
    sheets = fitted([Sheet(text) for text in texts], Sheet(last), 60)
    assert not [part for part in sheets if part.blank]
    shown = "".join("".join(part.text for part in sheets).split())
    assert shown == "".join("".join([*texts, last]).split())


def test_what_stands_below_shares_the_last_message() -> None:
    (together,) = fitted([Sheet("漢👩")], italic("note"))
    (mark,) = together.entities
    assert Units(together.text).cut(mark.offset, mark.offset + mark.length) == "note"


def test_unless_there_would_be_too_many_entities() -> None:
    full = sheet("a" * 100, [(n, n + 1) for n in range(100)])
    link = Source("Book", "https://example.com")
    assert len(fitted([full], below("Sources", sources=[link]))) == 2
    assert len(fitted([full], italic("note"))) == 1


def test_nothing_can_stand_below_what_telegram_lays_out() -> None:
    rich = Sheet("a", source="a")
    assert fitted([rich], italic("note")) == [rich, italic("note")]


def test_nothing_stands_below_when_there_is_nothing() -> None:
    assert below("Sources", notices=["", " "], sources=[Source("", "")]).blank


@pytest.mark.parametrize("url", ["javascript:x", "http://[", "https://a b.c", "x" * 3000, "file"])
def test_a_source_that_leads_nowhere_is_named(url: str) -> None:
    shown = below("Sources", sources=[Source("Book", url), Source("", "https://example.com")])
    assert shown.text == "Sources: 1 Book · 2 https://example.com"
    assert [entity.url for entity in shown.entities] == ["https://example.com"]


def test_there_are_not_too_many_sources() -> None:
    shown = below("Sources", sources=[Source("t" * 999, "https://example.com")] * 99)
    assert len(shown.entities) == 10
    assert length(shown.text) < 1024


@given(st.text(), st.integers(1, 50))
def test_a_line_is_one_and_can_be_sent(text: str, most: int) -> None:
    made = line(text, most)
    made.encode()
    assert len(made) <= most
    assert "\n" not in made
    assert "\0" not in made


@pytest.mark.parametrize(
    ("text", "rich"),
    [
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", True),
        ("a | b\n--- | ---\n1 | 2", True),
        ("so $$x^2$$ is", True),
        (r"so \(x^2\) is", True),
        ("```\n| a | b |\n|---|---|\n```", False),
        ("`|---|---|` and `$$x$$`", False),
        ("a\n---\nb", False),
        ("it costs 5 $ or 6 $", False),
        ("| a | b |\n|---|---|\n[you](tg://user?id=1)", False),
        ("| a | b |\n|---|---|\n" + "漢" * (BYTES_MOST // 3), False),
    ],
)
def test_what_is_worth_being_laid_out(text: str, rich: bool) -> None:
    assert is_rich(text) is rich
