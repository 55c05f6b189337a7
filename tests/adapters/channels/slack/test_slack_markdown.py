"""What can be shown of an answer that goes on, and what must be made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.slack.markdown import neutralised, opened, steady

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
    ("text", "shown"),
    [
        ("see **bo", "see "),
        ("see **bold** a", "see **bold** a"),
        ("run `ls", "run "),
        ("run `` a`b", "run "),
        ("a [link](https://x", "a "),
        ("a [link](https://x) b", "a [link](https://x) b"),
        ("a <https://x", "a "),
        ("done [x] and", "done [x] and"),
        ("| a | b", ""),
        ("| a | b |\n| c", "| a | b |\n"),
        ("```py\nx = a[0", "```py\nx = a[0"),
        ("```py\nx\n``", "```py\nx\n"),
        ("``", ""),
        ("a \\* b \\[ c", "a \\* b \\[ c"),
        ("call <!chan", "call "),
        ("a *", "a "),
        ("a \\", "a "),
        ("2 < 3", "2 < 3"),
    ],
)
def test_what_has_only_begun_is_held_back(text: str, shown: str) -> None:
    assert steady(text) == shown


def test_what_stays_open_is_shown_in_the_end() -> None:
    text = "**" + "word " * 60
    assert steady(text) == text


def test_the_first_open_one_counts() -> None:
    assert opened("**a `b") == 0
    assert opened("`a` **b** [c](d)") is None
