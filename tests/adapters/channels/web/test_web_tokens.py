"""Visitor tokens."""

import time

import pytest
from msgspec.structs import replace

from adapters.channels.web.tokens import LIFETIME, PERSON_LIFETIME, BadToken, Tokens

KEYS = [b"k" * 32]


def why(tokens: Tokens, token: str) -> str:
    with pytest.raises(BadToken) as error:
        tokens.read(token)
    return error.value.code


def test_a_token_names_its_visitor() -> None:
    tokens = Tokens("site", KEYS)
    visitor = replace(tokens.stranger(), lang="vi", conversation="12345678", passed=True)
    read = tokens.read(tokens.issue(visitor))
    assert replace(read, expires=0) == visitor
    assert not read.is_person


def test_a_person_s_token_says_so_and_is_not_prolonged(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens("site", KEYS)
    first = tokens.read(tokens.issue(tokens.person("ann", "Ann", {"plan": "pro"})))
    assert (first.id, first.name, first.attributes) == ("user:ann", "Ann", {"plan": "pro"})
    assert first.is_person
    now = time.time()
    monkeypatch.setattr("adapters.channels.web.tokens.time.time", lambda: now + 3600)
    token = tokens.issue(first)
    assert tokens.read(token).expires == first.expires <= now + PERSON_LIFETIME
    monkeypatch.setattr("adapters.channels.web.tokens.time.time", lambda: now + PERSON_LIFETIME + 1)
    assert why(tokens, token) == "expired_token"


def test_visitors_are_all_different() -> None:
    tokens = Tokens("site", KEYS)
    assert len({tokens.stranger().id for _ in range(100)}) == 100


def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens("site", KEYS)
    token = tokens.issue(tokens.stranger())
    assert why(tokens, "") == "no_token"
    assert why(Tokens("other", KEYS), token) == "wrong_site"
    assert why(Tokens("site", [b"x" * 32]), token) == "bad_token"
    later = time.time() + LIFETIME + 1
    monkeypatch.setattr("adapters.channels.web.tokens.time.time", lambda: later)
    assert why(tokens, token) == "expired_token"


def test_no_byte_of_a_token_may_change() -> None:
    tokens = Tokens("site", KEYS)
    token = tokens.issue(tokens.stranger())
    for n in range(len(token)):
        swapped = "A" if token[n] != "A" else "B"
        changed = token[:n] + swapped + token[n + 1 :]
        # The last character of the signature carries two bits that mean nothing.
        if n < len(token) - 1:
            assert why(tokens, changed) == "bad_token"


@pytest.mark.parametrize("token", [".", "..", "a.b.c", "é.b.c", "x" * 10_000, "a.b"])
def test_nonsense_is_a_bad_token(token: str) -> None:
    assert why(Tokens("site", KEYS), token) == "bad_token"


def test_keys_rotate() -> None:
    old, new = b"o" * 32, b"n" * 32
    visitor = Tokens("site", [old]).stranger()
    token = Tokens("site", [old]).issue(visitor)
    assert Tokens("site", [new, old]).read(token).id == visitor.id
    token = Tokens("site", [new, old]).issue(visitor)
    assert Tokens("site", [new]).read(token).id == visitor.id
