"""Identities: who a visitor is, signed by the site's own server. Nothing is taken on trust."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from adapters.channels.web.wire import Vouched
from gateway.ports import Refusal

TOKEN_LONGEST = 8192
LEEWAY = 60
"""Seconds that the clocks of the site's server and the gateway may differ."""
AHEAD_MOST = 3600
"""Seconds a token may be good for: a stolen one is of little use."""
SUBJECT_LONGEST = 200
TEXT_LONGEST = 200
ATTRIBUTES_MOST = 20
NAME_LONGEST = 40


class Header(Struct, frozen=True):
    """The header of a token."""

    alg: str = ""
    crit: Any = None


class Claims(Struct, frozen=True):
    """What a token says. Times are seconds since the epoch."""

    sub: str
    exp: float
    iat: float | None = None
    nbf: float | None = None
    name: str = ""
    email: str = ""
    attrs: dict[str, str | int | float | bool] = {}


class Identified(Struct, frozen=True):
    """A person whom the site vouches for. ``attributes`` are by the facts they are for routes.

    One that has ``expired`` proves nothing about somebody who is not known yet.
    """

    id: str
    name: str = ""
    attributes: dict[str, str] = {}
    expired: bool = False


class Identities:
    """Verifies the identities of one site."""

    def __init__(
        self, secrets: Sequence[bytes], *, hashes: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._secrets = secrets
        self._hashes = hashes
        self._clock = clock

    def verify(self, identity: str | Vouched) -> Identified:
        """Whom it is about. Raises Refusal when it is not genuine: ``bad_identity``."""
        if isinstance(identity, Vouched):
            return self._by_hash(identity)
        claims = self._claims(identity)
        self._check_times(claims)
        longest = max(map(len, claims.attrs), default=0)
        if len(claims.attrs) > ATTRIBUTES_MOST or longest > NAME_LONGEST:
            raise _bad(f"{ATTRIBUTES_MOST} attrs at most, their names {NAME_LONGEST} characters")
        attributes = {"email": claims.email} if claims.email else {}
        attributes |= {f"attr.{name}": _text(value) for name, value in claims.attrs.items()}
        expired = claims.exp < self._clock() - LEEWAY
        return _identified(claims.sub, claims.name, attributes, expired=expired)

    def _by_hash(self, vouched: Vouched) -> Identified:
        given = vouched.hash.lower().encode()
        if not self._hashes or not self._is_signed(vouched.id.encode(), given, bytes.hex):
            raise _bad("the hash is not the HMAC-SHA256 of the id")
        return _identified(vouched.id, "", {})

    def _claims(self, token: str) -> Claims:
        signed, _, signature = token.rpartition(".")
        head, _, body = signed.partition(".")
        if len(token) > TOKEN_LONGEST or not token.isascii():
            raise _bad("it is no token")
        # The algorithm is ours, never the token's: it only has to say the same.
        if not self._is_signed(signed.encode(), signature.encode(), _b64):
            raise _bad("its signature is of none of the secrets")
        try:
            header = msgspec.json.decode(_unb64(head), type=Header)
            claims = msgspec.json.decode(_unb64(body), type=Claims)
        except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError):
            raise _bad("it needs sub and exp; see docs/widget-protocol.md") from None
        if header.alg != "HS256" or header.crit is not None:
            raise _bad("it must be signed with HS256")
        return claims

    def _is_signed(self, data: bytes, signature: bytes, write: Callable[[bytes], str]) -> bool:
        right = [
            hmac.compare_digest(signature, write(hmac.digest(key, data, hashlib.sha256)).encode())
            for key in self._secrets
        ]
        return any(right)

    def _check_times(self, claims: Claims) -> None:
        now = self._clock()
        if max(claims.iat or 0, claims.nbf or 0) > now + LEEWAY:
            raise _bad("it begins in the future")
        if not claims.exp <= now + AHEAD_MOST + LEEWAY:
            raise _bad("exp must be an hour ahead at most")
        if claims.iat is not None and not claims.exp <= claims.iat + AHEAD_MOST:
            raise _bad("exp must be an hour behind iat at most")


def expired() -> Refusal:
    """What is said to whoever brings an identity of before, and is not known."""
    message = "This identity has expired: sign a new one with each page view."
    return Refusal(401, "expired_identity", message)


def _identified(
    subject: str, name: str, attributes: dict[str, str], *, expired: bool = False
) -> Identified:
    if not subject.strip() or len(subject) > SUBJECT_LONGEST or not subject.isprintable():
        raise _bad(f"the id must have 1 to {SUBJECT_LONGEST} printable characters")
    kept = {key: value[:TEXT_LONGEST] for key, value in attributes.items()}
    return Identified(subject, name.strip()[:TEXT_LONGEST], kept, expired)


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _bad(why: str) -> Refusal:
    return Refusal(401, "bad_identity", f"This identity does not count: {why}.")


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
