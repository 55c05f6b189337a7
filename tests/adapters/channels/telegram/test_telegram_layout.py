"""An answer becomes messages that Telegram takes, while it grows and in the end, and is whole."""

import random
import re
from collections import Counter

import pytest
from support.documents import Document
from support.telegram.parser import judge, unwise

from adapters.channels.telegram.entities import Rendered, clean, counted, rendered
from adapters.channels.telegram.layout import Layout, Piece, interim
from adapters.channels.telegram.utf16 import length

DOCUMENTS = 500
LOTS = 10
WORD = re.compile(r"[^\W_]+|[^\x00-\x7f\s]")


def check(markdown: str) -> Rendered:
    """Telegram takes what a piece is rendered to."""
    message = rendered(markdown)
    sent = [entity.to_dict() for entity in message.entities]
    judge(message.text, sent)
    assert not unwise(message.text, sent)
    assert length(message.text) <= 4096
    assert counted(message.entities) <= 100
    return message


def letters(text: str) -> Counter[str]:
    return Counter("".join(WORD.findall(clean(text))))


UNREAD = re.compile(
    r"(?m)&amp;|<br>|\(tg://user\?id=12\)|^[ >]*(?:`{3,}|~{3,}).*"
    r"|^(?:[ >]*(?:[-*]|\d+\.) )*(?:\[[ x]\])?"
)
"""What is in no message: the name of a sign, the address of a person, what is said where code
begins, and the sign of an item."""


def lost(markdown: str, message: Rendered) -> Counter[str]:
    """The letters that are neither to be read nor behind what can be touched."""
    behind = (entity.url or "" for entity in message.entities)
    return letters(UNREAD.sub("", markdown)) - letters(message.text + "".join(behind))


def streamed(text: str, seed: int) -> list[Piece]:
    """The pieces of a text that comes in chunks of any size; a few frames are checked."""
    chance, layout, at = random.Random(seed), Layout(), 0
    closed: list[Piece] = []
    pieces: list[Piece] = []
    while at < len(text):
        at = min(len(text), at + chance.choice((3, 90, 900, 4000)))
        pieces = layout.cut(interim(text[:at]) if at < len(text) else text)
        assert pieces[: len(closed)] == closed
        closed = [piece for piece in pieces if piece.closed]
        if pieces and chance.random() < 0.05:
            check(pieces[-1].markdown)
    return pieces


@pytest.mark.parametrize("lot", range(LOTS))
def test_every_document_arrives_whole(lot: int) -> None:
    for seed in range(lot, DOCUMENTS, LOTS):
        text = Document(seed).written()
        pieces = streamed(text, seed)
        assert "".join(text[piece.start : piece.end] for piece in pieces) == text
        for piece in pieces:
            assert not lost(piece.markdown, check(piece.markdown)), f"document {seed}"


def test_what_is_cut_while_it_grows_is_cut_like_the_whole() -> None:
    for seed in range(20):
        text = Document(seed).written()
        assert streamed(text, seed) == Layout().cut(text)


def test_a_block_of_code_is_closed_and_opened_again() -> None:
    first, second = Layout().cut("intro\n\n```python\n" + "value = a[0]\n" * 400 + "```\nend")
    assert first.closed
    assert first.markdown.endswith("value = a[0]\n```")
    assert second.markdown.startswith("```python\nvalue")
    assert [entity.language for entity in rendered(second.markdown).entities] == ["python"]


def test_the_head_of_a_table_is_repeated() -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| row {n} | x |\n" for n in range(300))
    pieces = Layout().cut(table)
    assert len(pieces) > 2
    for piece in pieces:
        assert piece.markdown.startswith("| a | b |\n|---|---|\n| row")
        assert check(piece.markdown).text.startswith("a ")


def test_a_head_that_has_no_room_is_not_repeated() -> None:
    head = f"| {'name ' * 200}| b |\n|---|---|\n"
    pieces = Layout().cut(head + f"| {'row ' * 90}| x |\n" * 40)
    assert len(pieces) > 2
    for piece in pieces:
        assert length(piece.markdown) <= 4096
        check(piece.markdown)


def test_signs_of_links_and_code_take_no_room_within_code() -> None:
    (piece,) = Layout().cut("```\n" + "a[0] = `b`\n" * 300 + "```\n")
    assert piece.markdown.count("a[0]") == 300


def test_lines_with_pipes_that_are_no_table_have_no_head() -> None:
    pieces = Layout().cut("| so | what |\n" * 600)
    assert "".join(piece.markdown for piece in pieces) == "| so | what |\n" * 600


def test_all_of_many_codes_are_code() -> None:
    messages = [check(piece.markdown) for piece in Layout().cut("`c` " * 300)]
    assert len(messages) > 2
    assert sum(counted(message.entities) for message in messages) == 300


def test_signs_of_two_units_are_counted_as_two() -> None:
    pieces = Layout().cut("👍🏽" * 3000)
    assert len(pieces) > 2
    assert all(piece.markdown == "👍🏽" * (len(piece.markdown) // 2) for piece in pieces)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("a **b", "a "),
        ("a\n\n| x | y |\n", "a\n\n"),
        ("a\n\n| x | y |\n|--", "a\n\n"),
        ("| x | y |\n|---|---|\n", "| x | y |\n|---|---|\n"),
        ("| x |\n|---|\n| 1 |\n| 2", "| x |\n|---|\n| 1 |\n"),
        ("```\n| x |\n", "```\n| x |\n"),
        ("", ""),
    ],
)
def test_what_may_become_something_else_is_held_back(text: str, held: str) -> None:
    assert interim(text) == held
