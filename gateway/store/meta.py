"""What a store says about itself: whether it can be used, and the secret that replicas share."""

import re
import secrets
from collections.abc import Iterator, Mapping

import structlog
from redis.exceptions import ResponseError

from gateway.store import keys
from gateway.store.connection import Connection

OLDEST = {"redis": (7, 0), "valkey": (7, 2)}

_LOSING = ("appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write")

log = structlog.get_logger(__name__)


class StoreError(Exception):
    """The store cannot be used; the text says what to do."""


async def check(connection: Connection) -> None:
    """Refuse a server that is too old or data of another schema.

    Raises StoreError, and StoreUnavailable when there is no server.
    """
    refuse_old(await connection.execute("INFO", "server"))
    await connection.execute("HSETNX", keys.META, "schema", keys.SCHEMA)
    schema = (await connection.execute("HGET", keys.META, "schema")).decode()
    if schema != keys.SCHEMA:
        raise StoreError(
            f"redis.url holds data of schema {schema}, this gateway writes {keys.SCHEMA}:"
            " use the gateway it was written with, or another database"
        )


def refuse_old(info: Mapping[str, object]) -> None:
    """Raise StoreError for a server that is too old, going by what it says of itself."""
    product = "valkey" if "valkey_version" in info else "redis"
    version = str(info.get(f"{product}_version", "0"))
    if _numbers(version) < OLDEST[product]:
        wanted = ".".join(map(str, OLDEST[product]))
        raise StoreError(f"redis.url is {product} {version}: {product} {wanted} or newer is needed")


async def warn_of_loss(connection: Connection, durability: str) -> None:
    """Log what in the server's own configuration could lose messages.

    ``durability`` is the gateway's: ``async`` or ``wait``.
    """
    try:
        settings = await connection.execute("CONFIG GET", *_LOSING)
    except ResponseError:
        # Managed servers do not show their configuration.
        return
    replicas = (await connection.execute("INFO", "replication"))["connected_slaves"]
    for warning in _losses(settings, durability, replicas):
        log.warning(warning)


def _losses(settings: Mapping[str, str], durability: str, replicas: int) -> Iterator[str]:
    if settings["appendonly"] == "no":
        yield "redis has no append-only file: a restart of it loses messages"
    elif settings["appendfsync"] == "no":
        yield "redis leaves its file to the system: a power cut loses messages of half a minute"
    if settings["maxmemory-policy"] != "noeviction":
        yield "redis may evict messages when it is full: set maxmemory-policy noeviction"
    if replicas and durability == "async" and settings["min-replicas-to-write"] == "0":
        yield (
            "redis may fail over to a replica that lacks the latest messages: set redis.durability"
            " wait, or min-replicas-to-write 1"
        )


async def generated_secret(connection: Connection) -> bytes:
    """The secret all replicas sign with when none is configured. Made once, kept for ever."""
    await connection.execute("HSETNX", keys.META, "secret", secrets.token_hex(32))
    secret: bytes = await connection.execute("HGET", keys.META, "secret")
    return secret


async def probe(connection: Connection) -> None:
    """Write something as a message is written. Raises StoreUnavailable when that cannot be."""
    await connection.send("SET", keys.PROBE, "1", "EX", keys.PROBE_TTL, replicated=True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
