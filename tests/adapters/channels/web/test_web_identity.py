"""Who a visitor is: what the site's server signs, and what is made of it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from adapters.channels.web.identity import Identities
from adapters.channels.web.wire import Vouched
from gateway.ports import Refusal

SECRET = "a secret of 32 characters or more"
OTHER = "another secret, also long enough!"
NOW = 1_800_000_000.0


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(
    claims: object, secret: str = SECRET, header: object = None, digest: Any = hashlib.sha256
) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"} if header is None else header, claims]
    head = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{head}.{b64(hmac.digest(secret.encode(), head.encode(), digest))}"


def identities(*, hashes: bool = False) -> Identities:
    secrets = [SECRET.encode(), OTHER.encode()]
    return Identities(secrets, hashes=hashes, clock=lambda: NOW)


def why(given: str | Vouched, *, hashes: bool = False) -> str:
    with pytest.raises(Refusal) as refusal:
        identities(hashes=hashes).verify(given)
    assert refusal.value.status == 401
    return refusal.value.code


def test_what_a_token_says() -> None:
    claims = {
        "sub": "ann",
        "exp": NOW + 3600,
        "iat": NOW,
        "name": " Ann ",
        "email": "a@x.example",
        "attrs": {"plan": "pro", "seats": 2, "paid": True},
    }
    found = identities().verify(signed(claims))
    assert (found.id, found.name) == ("ann", "Ann")
    wanted = {"email": "a@x.example", "attr.plan": "pro", "attr.seats": "2", "attr.paid": "yes"}
    assert found.attributes == wanted


def test_either_secret_counts() -> None:
    claims = {"sub": "ann", "exp": NOW + 60}
    for secret in (SECRET, OTHER):
        assert identities().verify(signed(claims, secret)).id == "ann"


def test_clocks_may_differ_by_a_minute() -> None:
    claims = {"sub": "ann", "exp": NOW - 59, "iat": NOW - 3600, "nbf": NOW + 59}
    found = identities().verify(signed(claims))
    assert (found.id, found.expired) == ("ann", False)
    assert identities().verify(signed({"sub": "ann", "exp": NOW - 61})).expired


GOOD = {"sub": "ann", "exp": NOW + 60}


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.b.c",
        "é.b.c",
        "x" * 10_000,
        signed(GOOD, "a secret that nobody was ever told"),
        signed(GOOD, header={"alg": "none"}),
        signed(GOOD, header={"alg": "HS512"}),
        signed(GOOD, digest=hashlib.sha512, header={"alg": "HS512"}),
        signed(GOOD, header={"alg": "RS256"}),
        signed(GOOD, header={"typ": "JWT"}),
        signed(GOOD, header={"alg": "HS256", "crit": ["exp"]}),
        signed(GOOD, header=[]),
        signed(GOOD).rpartition(".")[0] + ".",
        b64(b'{"alg":"none"}') + "." + b64(json.dumps(GOOD).encode()) + ".",
        signed("text"),
        signed({"sub": "ann"}),
        signed({"exp": NOW + 60}),
        signed({**GOOD, "exp": "never"}),
        signed({**GOOD, "exp": NOW + 3700}),
        signed({**GOOD, "exp": 1e300}),
        signed({**GOOD, "iat": NOW - 3600}),
        signed({**GOOD, "iat": NOW + 61}),
        signed({**GOOD, "nbf": NOW + 61}),
        signed({**GOOD, "sub": ""}),
        signed({**GOOD, "sub": " "}),
        signed({**GOOD, "sub": "a\nb"}),
        signed({**GOOD, "sub": "x" * 201}),
        signed({**GOOD, "sub": 7}),
        signed({**GOOD, "attrs": {"x": [1]}}),
        signed({**GOOD, "attrs": {str(n): "x" for n in range(21)}}),
        signed({**GOOD, "attrs": {"x" * 41: "y"}}),
    ],
)
def test_what_does_not_count(token: str) -> None:
    assert why(token) == "bad_identity"


def test_no_part_may_be_another_token_s() -> None:
    one, other = signed(GOOD).split("."), signed({**GOOD, "sub": "eve"}).split(".")
    assert why(".".join((one[0], other[1], one[2]))) == "bad_identity"


def test_a_hash_counts_only_where_it_is_let() -> None:
    right = hmac.digest(SECRET.encode(), b"ann", hashlib.sha256).hex()
    vouched = Vouched("ann", right.upper())
    assert why(vouched) == "bad_identity"
    assert identities(hashes=True).verify(vouched).id == "ann"
    assert why(Vouched("bob", right), hashes=True) == "bad_identity"
    assert why(Vouched("ann", ""), hashes=True) == "bad_identity"
