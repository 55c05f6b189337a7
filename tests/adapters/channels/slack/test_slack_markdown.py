"""What must be made harmless, and what of it can be shown of an answer that goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.slack.markdown import neutralised, steady

CALLS = ["<!channel>", "<!here>", "<!everyone|all>", "<!subteam^S1|@team>", "<@U123>", "<@WABC|x>"]


@pytest.mark.parametrize("call", CALLS)
def test_nobody_is_called(call: str) -> None:
    safe = neutralised(f"hi {call}!")
    assert call not in safe
    assert safe.replace("\u2060", "") == f"hi {call}!"


@pytest.mark.parametrize(
    "text",
    ["<https://x.y|z>", "[a](https://x.y)", "a < b", "<!-- note -->", "<!DOCTYPE html>", "<@foo"],
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert neutralised(text) == text


PIECES = st.sampled_from(
    ["<", "!", "channel", "chan", "nel", ">", "<!here>", "@", "U1", "a ", "\n"]
)


@given(st.lists(PIECES, max_size=12), st.integers(0, 60))
def test_what_was_shown_in_between_is_the_beginning_of_the_end(parts: list[str], at: int) -> None:
    text = "".join(parts)
    assert neutralised(text).startswith(neutralised(steady(text[:at])))


@pytest.mark.parametrize(
    ("text", "shown"), [("call <!chan", "call "), ("see <@U", "see "), ("run `ls", "run ")]
)
def test_half_a_mention_is_held_back(text: str, shown: str) -> None:
    assert steady(text) == shown
