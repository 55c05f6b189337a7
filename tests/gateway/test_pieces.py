"""Where an answer is cut."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.pieces import Layout, Piece

WORDS = [
    "word ", "Hello. ", "chữ Việt ", "漢字。", "日本語", "👩‍💻", "🇻🇳🇫🇷", "e\u0301", "\n", "\n\n",
    "- item\n", "  1. sub\n", "`code` ", "**bold** ", "[link](https://x.y/z) ", "```py\nx = 1\n",
    "```\n", "~~~\n", "| a | b |\n", "    deep\n", "a" * 40,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=150).map("".join)
MOST = 300


def size(text: str, code: bool) -> int:
    return len(text.encode(errors="surrogatepass"))


def pieces(text: str, most: int) -> list[Piece]:
    return Layout(most, size).cut(text)


def slices(text: str, cut: list[Piece]) -> str:
    return "".join(text[piece.start : piece.end] for piece in cut)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
@example("x" * 5000)
@example("👩‍💻" * 300)
@example("```" + "y" * 900)
def test_the_slices_are_the_text_and_none_is_too_large(text: str) -> None:
    cut = pieces(text, MOST)
    assert slices(text, cut) == text
    assert all(len(piece.text.encode()) <= MOST for piece in cut)
    assert all(piece.end > piece.start for piece in cut)


@given(TEXTS, st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_growing_answer_is_cut_like_the_whole(text: str, seed: int) -> None:
    chance, layout, at = random.Random(seed), Layout(MOST, size), 0
    while at < len(text):
        at += chance.randint(1, 80)
        growing = layout.cut(text[:at])
    assert not text or growing == pieces(text, MOST)


def test_an_open_block_of_code_is_closed_and_opened_again() -> None:
    text = "intro\n\n```python\n" + "value = 1\n" * 100 + "```\nafter\n"
    first, second, *rest = pieces(text, MOST)
    assert first.text.endswith("value = 1\n```")
    assert second.text.startswith("```python\nvalue")
    assert rest[-1].text.endswith("```\nafter\n")


def test_paragraphs_are_cut_between() -> None:
    text = ("A sentence of words. " * 3 + "\n\n") * 20
    for piece in pieces(text, MOST)[:-1]:
        assert piece.text.endswith("\n\n")


def test_a_list_is_cut_between_its_items() -> None:
    text = "".join(f"- item {n} with words\n  and more of it\n" for n in range(300))
    cut = pieces(text, 3000)
    assert len(cut) > 3
    assert all(piece.text.startswith("- item") for piece in cut)


def test_a_table_is_cut_between_its_rows() -> None:
    text = "".join(f"| row {n} | {'word ' * 50}|\n" for n in range(30))
    cut = pieces(text, 3000)
    assert len(cut) > 2
    assert all(piece.text.startswith("| row") for piece in cut)


@pytest.mark.parametrize("span", ["[a long link](https://example.com/a/b/c/d)", "`some code here`"])
def test_links_and_code_stay_whole(span: str) -> None:
    text = " ".join([span] * 60)
    assert all(
        piece.text.count(span) * len(span) > 0.8 * len(piece.text) for piece in pieces(text, MOST)
    )
    assert sum(piece.text.count(span) for piece in pieces(text, MOST)) == 60


@pytest.mark.parametrize("sign", ["👩‍💻", "🇻🇳", "e\u0301", "👍🏽", "한"])
def test_signs_stay_whole(sign: str) -> None:
    whole = {sign * (len(piece.text) // len(sign)) for piece in pieces(sign * 300, MOST)}
    assert whole == {piece.text for piece in pieces(sign * 300, MOST)}


def test_what_is_no_text_is_no_fault() -> None:
    assert slices("\ud800" * 500, pieces("\ud800" * 500, MOST)) == "\ud800" * 500


def test_another_answer_is_cut_anew() -> None:
    layout = Layout(MOST, size)
    layout.cut("a b c " * 200)
    assert slices("sorry", layout.cut("sorry")) == "sorry"


def test_a_split_ends_what_was_open() -> None:
    layout, text = Layout(MOST, size), "```sh\nls\npwd"
    layout.split(text, 9)
    assert [piece.text for piece in layout.cut(text)] == ["```sh\nls\n```", "```sh\npwd"]


def test_what_is_measured_otherwise_is_cut_otherwise() -> None:
    text = "a`b` " * 200

    def dear(part: str, code: bool) -> int:
        return len(part) + (0 if code else 10 * part.count("`"))

    cut = Layout(MOST, dear).cut(text)
    assert slices(text, cut) == text
    assert all(dear(piece.text, False) <= MOST for piece in cut)
    fenced = Layout(MOST, dear).cut(f"```\n{text}")
    assert len(fenced) < len(cut)
