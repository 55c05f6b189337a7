"""Every Redis key of the gateway, its time to live, and why.

Keys of one lane carry its shard as their hash tag, so one script can touch them all, on a single
server and on a cluster alike. Parts that come from outside are percent-encoded and readable:
nothing is hashed with a secret that could be lost.
"""

from urllib.parse import quote, unquote
from zlib import crc32

SCHEMA = "1"
"""Stored under META; a gateway refuses a store that was written with another one."""

SHARDS = 16
"""How many independent queues there are. Part of the schema: changing it would orphan lanes."""

GROUP = "workers"
"""The consumer group of every ready stream. A pending entry is the lease of its lane."""

SECOND = 1
HOUR = 3600 * SECOND
DAY = 24 * HOUR

SEEN_TTL = 1 * DAY
"""How long a sealed message is recognised when it is delivered again."""
PENDING_TTL = 7 * DAY
"""How long one that is not sealed yet is: longer than any queue."""
LOG_TTL = 5 * 60 * SECOND
"""How long a sealed answer can be resumed from events; then its reader begins from the history."""
LOG_TURNS = 40
"""How many answers back a reader can resume; one that is further behind begins anew."""
LOG_ENTRIES = 2 * LOG_TURNS
"""Of a sealed answer its start and its end are kept."""
RUNNING_LOG_TTL = 1 * DAY
"""A running answer's events; only a gateway that never comes back lets this run out."""
JOURNAL_TTL = 7 * DAY
"""What was noted for the next attempt at a turn, which may be parked for long."""
TRACE_TTL = 1 * DAY
"""How long a turn's checkpoints are kept: for the operator who is asked what became of it."""
TRACE_MOST = 64
"""How many checkpoints of one turn there are at most, the newest."""
LANES_MOST = 1000
"""How many conversations of one person are known at most, the newest."""
DEAD_LETTERS = 1000
"""How many messages that could never be answered are kept for the operator."""

META = "gw:meta"
"""Hash: the schema and the generated signing secret. Never expires."""
PROBE = "gw:probe"
"""String, written to find out whether anything can be written; PROBE_TTL."""
PROBE_TTL = 60 * SECOND
BLOBS_HELD = "gw:{blobs}:held"
"""Sorted set of the room that files have, by when it is given back. Until the last one is."""
BLOBS_TOTAL = "gw:{blobs}:total"
"""How many bytes that is; lives as long."""
UNFINISHED_TTL = 60 * SECOND
"""How long a file that is still being written has its room: longer than writing may take."""
CONTROL = "gw:control"
"""Pub/sub: what every replica must hear at once (a halted lane)."""


def part(value: str) -> str:
    """One component of a key, unambiguous beside the others."""
    return quote(value, safe="")


def lane_name(channel: str, *parts: str) -> str:
    """The name of a lane; empty parts at the end are left out."""
    while parts and not parts[-1]:
        parts = parts[:-1]
    return ":".join(part(p) for p in (channel, *parts))


def parts_of(lane: str) -> list[str]:
    """What a lane's name was made of."""
    return [unquote(each) for each in lane.split(":")]


def channel_of(lane: str) -> str:
    """The name of the channel a lane belongs to."""
    return unquote(lane.partition(":")[0])


def shard_of(lane: str) -> int:
    """The queue a lane belongs to, for ever."""
    return crc32(lane.encode()) % SHARDS


def _tagged(shard: int, kind: str, *rest: str) -> str:
    return ":".join((f"gw:{{{shard:02}}}", kind, *rest))


def ready(shard: int) -> str:
    """Stream of lanes with work. Entries are deleted when their lane is drained; no TTL."""
    return _tagged(shard, "ready")


def later(shard: int) -> str:
    """Sorted set of parked lanes by the time (ms) they are due. Emptied as they become due."""
    return _tagged(shard, "later")


def dead(shard: int) -> str:
    """Stream of messages given up on, the newest DEAD_LETTERS of them."""
    return _tagged(shard, "dead")


def inbox(lane: str) -> str:
    """List of a lane's messages, oldest first, until each is sealed. No TTL: nothing is lost."""
    return _tagged(shard_of(lane), "inbox", lane)


def lane(lane: str) -> str:
    """Hash of a lane: counters, its ready entry, its conversations. Conversation TTL, sliding."""
    return _tagged(shard_of(lane), "lane", lane)


def seen(lane: str, message: str) -> str:
    """What became of a message, by its identity. PENDING_TTL, then SEEN_TTL once sealed."""
    return _tagged(shard_of(lane), "seen", lane, part(message))


def log(lane: str) -> str:
    """Stream of a lane's reply events. RUNNING_LOG_TTL, then LOG_TTL once sealed."""
    return _tagged(shard_of(lane), "log", lane)


def transcript(lane: str) -> str:
    """List of what was said, for channels that do not remember. Conversation TTL, capped."""
    return _tagged(shard_of(lane), "transcript", lane)


def events(lane: str) -> str:
    """Pub/sub channel of a lane's reply events, for readers on other replicas."""
    return _tagged(shard_of(lane), "events", lane)


def trace(lane: str, turn: str) -> str:
    """List of a turn's checkpoints. TRACE_TTL from the latest, the newest TRACE_MOST of them."""
    return _tagged(shard_of(lane), "trace", lane, part(turn))


def people(lane: str) -> str:
    """Sorted set of the people who wrote in a lane, by when they last did. Conversation TTL."""
    return _tagged(shard_of(lane), "people", lane)


def person(channel: str, id: str) -> str:  # noqa: A002
    """Sorted set of a person's lanes, by when they last wrote there. Conversation TTL, sliding."""
    return f"gw:person:{part(channel)}:{part(id)}"


_ONE_PER_LANE = frozenset({"events", "inbox", "lane", "log", "people", "transcript"})
"""Kinds of keys that end with the name of their lane; in all others one component follows."""


def lane_of(key: str) -> str:
    """The lane a key belongs to; empty for one of no lane."""
    if not key.startswith("gw:{"):
        return ""
    _, _, kind, rest = [*key.split(":", 3), "", ""][:4]
    return rest if kind in _ONE_PER_LANE else rest.rpartition(":")[0]


def is_journal(key: str) -> bool:
    """Whether it is the journal of a turn."""
    return key.split(":", 3)[2:3] == ["journal"]


ALL = "gw:*"
ALL_ALIASES = "gw:alias:"
ALL_BUCKETS = "gw:bucket:"
ALL_MEMORIES = "gw:memory:"
"""How the keys of a kind begin; ALL is a pattern for SCAN."""


def name_of(key: str) -> str:
    """What the last component of a key stands for, such as the name of an alias or a memory."""
    return unquote(key.rpartition(":")[2])


def identity_of(key: str) -> str:
    """Whose an alias or a memory is."""
    return unquote(key.split(":")[2])


def lane_of_events(channel: str) -> str:
    """The lane whose events a pub/sub channel carries."""
    return channel.split(":", 3)[3]


def alias(identity: str, name: str) -> str:
    """Where a bot's own name for a conversation leads: JSON. Conversation TTL."""
    return f"gw:alias:{part(identity)}:{part(name)}"


def bucket(name: str) -> str:
    """Token bucket of a rate limit; expires when it would be full again."""
    return f"gw:bucket:{name}"


def answer(lane: str, turn: str) -> str:
    """Whose answer a turn's was: JSON. Conversation TTL."""
    return _tagged(shard_of(lane), "answer", lane, part(turn))


def journal(lane: str, turn: int) -> str:
    """Hash: what of a turn's answer went out, and the answer itself. JOURNAL_TTL, until sealed."""
    return _tagged(shard_of(lane), "journal", lane, str(turn))


def owner_of_channel(channel: str) -> str:
    """As whom a channel's adapter keeps things. No bot's identity begins like it."""
    return f"channel/{channel}"


def memory(identity: str, name: str) -> str:
    """What a bot's adapter keeps for itself, for as long as it says."""
    return f"gw:memory:{part(identity)}:{part(name)}"


def quota_minute(name: str) -> str:
    """List of the times (ms) a vendor was, or will be, asked at; expires a minute after the last.

    Both keys of a quota have its name as their hash tag: they are counted in one step.
    """
    return f"gw:{{quota:{part(name)}}}:minute"


def quota_day(name: str) -> str:
    """Hash of a quota's day: its number and what of it is used. Expires when the day ends."""
    return f"gw:{{quota:{part(name)}}}:day"


def blob(id: str) -> str:  # noqa: A002
    """Hash of a file: its chunks, and last what it is. UNFINISHED_TTL until then, then days."""
    return f"gw:blob:{id}"
