"""Documents are cut along their structure, and nothing of them is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.knowledge.chunks import cut
from gateway.knowledge.model import Document, Section


def texts(*blocks: str, chars: int = 100, overlap: int = 0) -> list[str]:
    document = Document("T", (Section("", blocks),))
    return [chunk.content for chunk in cut(document, "id", {}, chars, overlap)]


def test_blocks_are_together_while_they_fit() -> None:
    assert texts("a" * 40 + "\n", "b" * 40 + "\n", "c" * 40) == [
        "a" * 40 + "\n\n" + "b" * 40,
        "c" * 40,
    ]


def test_items_stand_on_lines_and_paragraphs_apart() -> None:
    assert texts("- a", "- b\n", "text") == ["- a\n- b\n\ntext"]


def test_a_block_that_fits_is_whole() -> None:
    code = "```\n" + "line\n" * 15 + "```"
    assert code in texts("x" * 60, code, "y" * 60)


def test_sections_are_apart_and_named() -> None:
    sections = (Section("A > B", ("one",), {"page": (1.0,)}), Section("", ("two",)))
    first, second = cut(Document("T", sections, {"a": ("x",)}), "id", {"path": ("p",)}, 100, 20)
    assert (first.content, first.heading, first.title) == ("A > B\n\none", "A > B", "T")
    assert first.metadata == {"path": ("p",), "a": ("x",), "page": (1.0,), "heading": ("A > B",)}
    assert second.content == "two"
    assert "heading" not in second.metadata


def test_the_overlap_begins_with_a_sentence() -> None:
    first, second = texts("One is here. Two is there.", "Three " * 14, overlap=20)
    assert first == "One is here. Two is there."
    assert second.startswith("Two is there.\nThree")


def test_there_is_no_overlap_between_sections() -> None:
    sections = (Section("A", ("a " * 60,)), Section("B", ("b " * 20,)))
    chunks = cut(Document("T", sections), "id", {}, 100, 30)
    assert "a" not in chunks[-1].content.removeprefix("B")


def test_a_document_s_own_time_is_better_than_its_file_s() -> None:
    document = Document("T", (Section("", ("x",)),), {"modified": (2.0,)})
    assert cut(document, "id", {"modified": (1.0,)}, 100, 0)[0].metadata["modified"] == (2.0,)


@settings(max_examples=60)
@given(
    st.lists(st.text("ab .\n…", min_size=1, max_size=400), max_size=8),
    st.integers(50, 120),
    st.integers(0, 25),
)
def test_nothing_is_lost_and_nothing_is_too_large(
    blocks: list[str], chars: int, overlap: int
) -> None:
    chunks = texts(*blocks, chars=chars, overlap=overlap)
    assert all(len(chunk) <= chars + 1 for chunk in chunks)
    whole = "".join("".join(blocks).split())
    if overlap == 0:
        assert "".join("".join(chunks).split()) == whole
    else:
        assert len("".join("".join(chunks).split())) >= len(whole)
