"""The index finds what is meant, in the right order, and filters within the search."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.knowledge import analysis
from gateway.knowledge.index import TOP_MOST, Generation, Writer
from gateway.knowledge.model import Chunk, Date, Metadata, Query, Record

Make = Callable[..., Generation]


def found(generation: Generation, text: str, top_k: int = 10, **keys: object) -> list[Record]:
    return generation.search(Query(text, top_k, **keys))  # type: ignore[arg-type]


def contents(generation: Generation, text: str) -> list[str]:
    return [record.content for record in found(generation, text)]


def test_words_with_and_without_diacritics(make: Make) -> None:
    generation = make("Nghi phep nam", "Nghỉ phép năm", "Đường đi")
    assert contents(generation, "nghỉ phép năm") == ["Nghỉ phép năm", "Nghi phep nam"]
    assert set(contents(generation, "NGHI PHEP")) == {"Nghi phep nam", "Nghỉ phép năm"}
    assert contents(generation, "duong") == ["Đường đi"]


def test_one_tone_is_not_another(make: Make) -> None:
    generation = make("con ma xanh", "con mã xanh", "con má xanh")
    assert contents(generation, "mã")[0] == "con mã xanh"
    assert contents(generation, "má")[0] == "con má xanh"


def test_a_query_may_be_decomposed(make: Make) -> None:
    generation = make("Nghỉ phép", "Nghi phep")
    assert contents(generation, unicodedata.normalize("NFD", "nghỉ phép"))[0] == "Nghỉ phép"


def test_english_endings(make: Make) -> None:
    assert contents(make("installing gateways", "something else"), "install gateway")


def test_words_side_by_side_are_better(make: Make) -> None:
    generation = make("red cars and white wine here", "white cars and red wine here")
    assert contents(generation, "red wine")[0].startswith("white cars")


def test_the_title_and_the_heading_count(make: Make) -> None:
    texts = ["the port is 8080", "the port is 9090"]
    chunks = [
        Chunk("a", "Server", "Options", texts[0], {}),
        Chunk("b", "Redis", "Options", texts[1], {}),
    ]
    generation = make(*chunks)
    assert contents(generation, "redis port")[0] == texts[1]
    assert contents(generation, "server options")[0] == texts[0]


@pytest.mark.parametrize(
    "text",
    ['"red', "red AND (", "folded:red", "+red -wine", "red~ *", "re\0d wine", "[a TO b] red"],
)
def test_nothing_is_syntax(make: Make, text: str) -> None:
    assert contents(make("red wine", "blue"), text) in (["red wine"], [])


@pytest.mark.parametrize("text", ["", "  ", "?!", "\U0001f600", "\ud800", "a" * 100])
def test_what_has_no_words_finds_nothing(make: Make, text: str) -> None:
    assert found(make("wine"), text) == []


def test_a_huge_query_is_bounded(make: Make) -> None:
    words = analysis.words(" ".join(f"w{n}" for n in range(100_000)))
    assert len(words) == analysis.WORDS_MOST
    assert contents(make("w1 wine"), "wine " * 100_000) == ["w1 wine"]


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others(make: Make) -> None:
    assert analysis.words("How do I install it?") == ["install"]
    assert analysis.words("Làm thế nào để cài đặt?") == ["cài", "đặt"]
    assert contents(make("to be or not"), "to be") == ["to be or not"]


def test_scores_say_how_much_of_the_query_is_there(make: Make) -> None:
    filler = [f"filler{n} text" for n in range(20)]
    generation = make("alpha beta gamma delta", "alpha only here now", *filler)
    best, part = found(generation, "alpha beta gamma delta")
    assert 0.6 < best.score < 1.0
    assert 0.0 < part.score < 0.5


def test_scores_mean_the_same_for_one_document(make: Make) -> None:
    assert found(make("alpha beta"), "alpha beta")[0].score > 0.6
    assert found(make("alpha beta"), "alpha missing words")[0].score < 0.3


def test_the_threshold_and_the_number_are_kept(make: Make) -> None:
    generation = make("alpha beta", "alpha", *(f"filler{n}" for n in range(20)))
    scores = [record.score for record in found(generation, "alpha beta")]
    assert scores == sorted(scores, reverse=True)
    assert len(found(generation, "alpha beta", score_threshold=scores[0])) == 1
    assert found(generation, "alpha beta", score_threshold=1.0) == []
    assert len(found(generation, "alpha beta", top_k=1)) == 1
    assert found(generation, "alpha", top_k=0) == []
    assert len(found(make(*["alpha"] * 300), "alpha", top_k=10**9)) == TOP_MOST


def test_records_are_whole(make: Make) -> None:
    metadata: Metadata = {
        "tags": ("a", "b"),
        "price": (9.0,),
        "since": (Date(0),),
        "modified": (Date(1.5),),
        "sizes": (1.0, 2.5, 12345678.0),
    }
    (record,) = found(make(Chunk("1", "Wine", "A > B", "red wine", metadata)), "red")
    assert (record.content, record.title) == ("red wine", "Wine")
    assert record.metadata == {
        "tags": "a, b",
        "price": 9.0,
        "since": "1970-01-01",
        "modified": "1970-01-01T00:00:01.500000+00:00",
        "sizes": "1, 2.5, 12345678",
    }


def test_the_same_twice_is_the_same(make: Make) -> None:
    generation = make(*["same words here"] * 30)
    assert found(generation, "same words") == found(generation, "same words")


def test_what_is_removed_is_not_found(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    writer.add([Chunk("1", "T", "", "old wine", {}), Chunk("2", "T", "", "other wine", {})])
    writer.finish()
    writer = Writer(tmp_path)
    writer.remove("1")
    writer.add([Chunk("1", "T", "", "new wine", {})])
    writer.finish()
    generation = Generation(tmp_path)
    assert set(contents(generation, "wine")) == {"other wine", "new wine"}
    assert generation.chunks == 2


def test_no_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises((ValueError, OSError)):
        Generation(tmp_path)
