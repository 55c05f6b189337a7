"""``POST /retrieval``: the External Knowledge API, as bots' servers call it."""

import asyncio
import hmac
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

import structlog
from aiohttp import web

from gateway.config import KnowledgeConfig
from gateway.knowledge import metrics, wire
from gateway.knowledge.model import NotReady, Query, Record
from gateway.knowledge.refusals import (
    BAD_BODY,
    BAD_HEADER,
    BAD_KEY,
    BAD_METHOD,
    FAILED,
    NO_KNOWLEDGE,
    NOT_READY,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
    Refusal,
)
from gateway.ports import Quota, StoreUnavailable
from gateway.store.limits import bucket_name
from gateway.store.quotas import Exceeded, Reserved

PATHS = ("/retrieval", "//retrieval", "/retrieval/", "//retrieval/")
"""The second is what an address that is registered with a slash at its end becomes."""
BODY_MOST = 256 * 1024
ANSWER_SECONDS = 4.0
"""For all of an answer: callers hang up after five."""
PATIENCE = 0.5
"""Seconds that counting a request may take; a store that is away refuses nobody."""
CLOCKS = 1.0
"""Seconds by which the clocks of replicas may differ, so that none refuses what another counted."""
RETRY_SECONDS = 2

log = structlog.get_logger(__name__)


class Searchable(Protocol):
    """What is searched: a Library."""

    async def search(self, query: Query) -> list[Record]:
        """The best records, best first. Raises NotReady."""
        ...


class Counts(Protocol):
    """What keeps to a number of requests a minute: Quotas."""

    async def reserve(self, quota: Quota, most_wait: float) -> Reserved | Exceeded:
        """Take one. Raises StoreUnavailable."""
        ...


class Shelf:
    """One knowledge as callers see it: its name, its keys and what is searched."""

    def __init__(self, name: str, config: KnowledgeConfig, library: Searchable) -> None:
        self.name = name
        self.id = config.id
        self.per_minute = config.requests_per_minute
        self.library = library
        self._keys = [_digest(key.get_secret_value()) for key in config.api_keys]

    def opens_with(self, key: str) -> bool:
        """Whether a key is one of its own, in a time that tells nothing of them."""
        given = _digest(key)
        return any([hmac.compare_digest(given, known) for known in self._keys])  # noqa: C419


class Retrieval:
    """Answers retrievals, each within ANSWER_SECONDS, whatever is sent."""

    def __init__(self, shelves: Sequence[Shelf], counts: Counts) -> None:
        self._shelves = shelves
        self._counts = counts

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any method at any of PATHS. Raises nothing."""
        began, name = time.monotonic(), ""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                shelf, query = await self._read(request)
                name = shelf.name
                response = await self._search(shelf, query)
        except Refusal as refusal:
            response = _refused(refusal, name)
        except TimeoutError:
            response = _refused(Refusal(TOO_SLOW, retry_after=RETRY_SECONDS), name)
        metrics.REQUESTS.labels(name, response.status).inc()
        metrics.SECONDS.labels(name).observe(time.monotonic() - began)
        return response

    async def _read(self, request: web.Request) -> tuple[Shelf, Query]:
        if request.method != "POST":
            raise Refusal(BAD_METHOD)
        key = _key(request)
        shelves = [shelf for shelf in self._shelves if shelf.opens_with(key)]
        if not shelves:
            raise Refusal(BAD_KEY)
        asked = wire.decode(await _body(request))
        for shelf in shelves:
            if shelf.id == asked.knowledge_id:
                return shelf, asked.query
        raise Refusal(NO_KNOWLEDGE)

    async def _search(self, shelf: Shelf, query: Query) -> web.Response:
        await self._count(shelf)
        try:
            answer = wire.encode(await shelf.library.search(query))
        except NotReady:
            raise Refusal(NOT_READY, retry_after=RETRY_SECONDS) from None
        except Exception as error:
            # Its text may quote the query.
            log.error("search failed", knowledge=shelf.name, reason=type(error).__name__)
            raise Refusal(FAILED, retry_after=RETRY_SECONDS) from None
        return web.Response(body=answer, content_type="application/json")

    async def _count(self, shelf: Shelf) -> None:
        if not shelf.per_minute:
            return
        quota = Quota(bucket_name("knowledge", shelf.name), shelf.per_minute)
        try:
            async with asyncio.timeout(PATIENCE):
                place = await self._counts.reserve(quota, CLOCKS)
        except (StoreUnavailable, TimeoutError):
            return
        if isinstance(place, Exceeded):
            raise Refusal(TOO_MANY, retry_after=place.retry_after)


def _key(request: web.Request) -> str:
    header = request.headers.get("Authorization")
    if header is None:
        raise Refusal(BAD_KEY)
    scheme, _, key = header.partition(" ")
    if scheme.casefold() != "bearer" or not key.strip():
        raise Refusal(BAD_HEADER)
    return key.strip()


def _digest(key: str) -> bytes:
    """All of one length, so that comparing them does not tell a key's."""
    return sha256(key.encode("utf-8", "surrogateescape")).digest()


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise Refusal(BAD_BODY)
    body = bytearray()
    try:
        async for data in request.content.iter_any():
            body += data
            if len(body) > BODY_MOST:
                raise Refusal(TOO_LARGE)
    except web.RequestPayloadError:
        raise Refusal(BAD_BODY) from None
    return bytes(body)


def _refused(refusal: Refusal, name: str) -> web.Response:
    log.info(
        "retrieval refused",
        knowledge=name,
        status=refusal.code.status,
        error=refusal.code.number,
    )
    return refusal.answer()
