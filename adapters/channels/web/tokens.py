"""Visitor tokens: who a visitor is, signed, and good for one site only.

A token is ``<key id>.<payload>.<signature>``. It holds nothing that a visitor may not know.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

LIFETIME = 30 * 24 * 3600
"""Seconds a token is good for; each session hands out a new one."""
PERSON_LIFETIME = 12 * 3600
"""Likewise of a person whom the site has vouched for, from then on."""
LONGEST = 16 * 1024
PERSON = "user:"
"""Ids of people begin with it. Those of others are made here, and never do."""


class Visitor(Struct, frozen=True, omit_defaults=True):
    """The payload: whom the token was made for, which conversation it opens, and that a challenge
    was passed. ``name`` and ``attributes`` are what the site said of a person."""

    site: str
    id: str
    expires: int
    lang: str = ""
    conversation: str = ""
    passed: bool = False
    name: str = ""
    attributes: dict[str, str] = {}

    @property
    def is_person(self) -> bool:
        """Whether the site has vouched for them."""
        return self.id.startswith(PERSON)


class BadToken(Exception):
    """A token that does not count. ``code`` is the protocol's word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Tokens:
    """Makes and reads the tokens of one site."""

    def __init__(self, site: str, signing_keys: Sequence[bytes]) -> None:
        self._site = site
        self._keys = {_key_id(key): _derive(key) for key in signing_keys}
        self._newest = _key_id(signing_keys[0])

    def stranger(self) -> Visitor:
        """A visitor of whom nothing is known."""
        return Visitor(self._site, secrets.token_hex(16), 0)

    def person(self, subject: str, name: str, attributes: dict[str, str]) -> Visitor:
        """A visitor for whom the site has just vouched."""
        expires = int(time.time()) + PERSON_LIFETIME
        return Visitor(self._site, PERSON + subject, expires, name=name, attributes=attributes)

    def issue(self, visitor: Visitor) -> str:
        """A fresh token. A person's is not good for longer than before."""
        if not visitor.is_person:
            visitor = replace(visitor, expires=int(time.time()) + LIFETIME)
        signed = f"{self._newest}.{_b64(msgspec.json.encode(visitor))}"
        return f"{signed}.{self._sign(self._newest, signed)}"

    def read(self, token: str) -> Visitor:
        """Whom a token was made for. Raises BadToken."""
        if not token:
            raise BadToken("no_token", "Send the token that POST session gave.")
        visitor = self._verified(token)
        if visitor.site != self._site:
            raise BadToken("wrong_site", "This token is another site's: ask for a session here.")
        if visitor.expires < time.time():
            raise BadToken("expired_token", "This token has expired: ask for a new session.")
        return visitor

    def _verified(self, token: str) -> Visitor:
        signed, _, signature = token.rpartition(".")
        key_id, _, body = signed.partition(".")
        genuine = len(token) <= LONGEST and key_id in self._keys and token.isascii()
        if not genuine or not hmac.compare_digest(signature, self._sign(key_id, signed)):
            raise BadToken("bad_token", "This token is not genuine: ask for a new session.")
        try:
            return msgspec.json.decode(_unb64(body), type=Visitor)
        except (msgspec.DecodeError, binascii.Error):
            raise BadToken("bad_token", "This token is broken: ask for a new session.") from None

    def _sign(self, key_id: str, signed: str) -> str:
        return _b64(hmac.digest(self._keys[key_id], signed.encode(), hashlib.sha256))


def _derive(key: bytes) -> bytes:
    return hmac.digest(key, b"web visitor token", hashlib.sha256)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id" + key).hexdigest()[:8]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
