"""What may be said about a failure."""

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.bots.ciniterflow.errors import redact

SENTENCE = st.lists(st.text("abcdé", min_size=1, max_size=6), min_size=1, max_size=8).map(" ".join)


@given(SENTENCE, SENTENCE, SENTENCE)
def test_no_word_of_the_message_is_left(before: str, query: str, after: str) -> None:
    left = redact(f"{before} '{query}' {after}", [query])
    assert not set(re.findall(r"\w+", left)) & set(re.findall(r"\w+", query))


def test_a_script_without_spaces() -> None:
    assert redact("cannot find 王小明 here", ["我叫王小明。"]) == "cannot find … here"


def test_it_is_short() -> None:
    assert len(redact("word " * 1000, [])) <= 200
