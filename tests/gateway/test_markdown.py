"""What can be shown of an answer that goes on."""

import pytest

from gateway.markdown import opened, steady


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
        ("call <", "call "),
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
