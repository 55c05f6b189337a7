"""How an answer comes, by what is said beside the question.

Any question may end in one or more of these: ``with a picture`` (the answer has a file),
``with sources`` (it rests on a document), ``aloud`` (it is spoken, too), ``in the old order`` (a
workflow ends as up to 1.12: before its message does) and ``namelessly`` (it fails as newer servers
do: with neither a reason nor an id, and with the connection left open).
"""

import re

from msgspec import Struct

_WORDS = {
    "picture": "with a picture",
    "sources": "with sources",
    "aloud": "aloud",
    "old_order": "in the old order",
    "nameless": "namelessly",
}
_LAST = re.compile(rf"(?:^|[\s,])\s*({'|'.join(_WORDS.values())})[\s.!?]*$", re.IGNORECASE)
_UNSAID = "hello"


class Manner(Struct, frozen=True):
    """What an answer is like beside its words."""

    picture: bool = False
    sources: bool = False
    aloud: bool = False
    old_order: bool = False
    nameless: bool = False


def heard(query: str) -> tuple[str, Manner]:
    """A question without what is said of its manner, and that."""
    words = set[str]()
    while found := _LAST.search(query):
        words.add(found[1].casefold())
        query = query[: found.start()].rstrip(" ,")
    manner = Manner(**{name: phrase in words for name, phrase in _WORDS.items()})
    return query or (_UNSAID if words else query), manner
