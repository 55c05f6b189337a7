"""What every vendor's settings have in common, and what is said of mistakes."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.bots.settings import Key, Token, address

EXAMPLE = "https://bot.example.com/v1"


def at(**how):
    return TypeAdapter(Annotated[str, address(EXAMPLE, **how)])


@pytest.mark.parametrize("written", ["http://x.io/v1/", " http://x.io/v1 ", "http://x.io/v1"])
def test_an_address_may_be_written_in_several_ways(written):
    assert at().validate_python(written) == "http://x.io/v1"
    assert at(api="/v1").validate_python(written) == "http://x.io"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("x.io", f"must be an address such as {EXAMPLE}"),
        ("ftp://x.io", f"must be an address such as {EXAMPLE}"),
        ("http://", f"must be an address such as {EXAMPLE}"),
        ("http://me@x.io", "must have neither a user, a query nor a fragment"),
        ("http://x.io?a=b", "must have neither a user, a query nor a fragment"),
        ("http://x.io#a", "must have neither a user, a query nor a fragment"),
    ],
)
def test_what_is_no_address(written, said):
    with pytest.raises(ValidationError, match=said):
        at().validate_python(written)


@pytest.mark.parametrize("written", ["", "Bearer x", "x\n", "ключ"])
@pytest.mark.parametrize(("kind", "word"), [(Key, "key"), (Token, "token")])
def test_a_secret_stands_alone(kind, word, written):
    with pytest.raises(ValidationError, match=f"must be the {word} alone: no spaces"):
        TypeAdapter(kind).validate_python(written)
