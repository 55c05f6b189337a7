"""What may be said about a failure."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.bots.clickai.errors import redact

SENTENCE = st.lists(st.text("abcdé", min_size=1, max_size=6), min_size=1, max_size=8).map(" ".join)


@given(SENTENCE, SENTENCE, SENTENCE)
def test_no_word_of_the_message_is_left(before: str, query: str, after: str) -> None:
    left = redact(f"{before} '{query}' {after}", [query])
    assert not set(re.findall(r"\w+", left)) & set(re.findall(r"\w+", query))


def test_a_script_without_spaces() -> None:
    assert redact("cannot find 王小明 here", ["我叫王小明。"]) == "cannot find … here"


def test_what_might_be_a_key_is_not_repeated() -> None:
    said = "Incorrect API key provided: sk-proj-4f9a8b7c6d5e4f3a2b1c"
    assert redact(said, []) == "Incorrect API key provided: …"


def test_it_is_short() -> None:
    assert len(redact("word " * 1000, [])) <= 200


def test_what_helps_an_operator_stays() -> None:
    assert redact("language is required in input form", ["hi"]) == (
        "language is required in input form"
    )
