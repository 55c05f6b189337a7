"""What the operator sees: log lines on stderr, and metrics.

Neither ever carries a secret or a word of what people write. The labels of metrics are bounded:
they take the names of the configuration, the routes of the HTTP server, HTTP statuses and the
states of this code, never anything that a request brings along.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor, WrappedLogger

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)

_OURS: dict[str, Any] = {"namespace": "chat_gateway", "registry": REGISTRY}

MESSAGES_ADMITTED = Counter(
    "messages_admitted",
    "Messages that arrived, by what became of them.",
    ["channel", "status"],
    **_OURS,
)
TURNS = Counter(
    "turns", "Turns that ended, by how they ended.", ["channel", "bot", "state"], **_OURS
)
TURN_SECONDS = Histogram(
    "turn_seconds",
    "From the claim of a turn to its end.",
    ["bot"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600),
    **_OURS,
)
FIRST_WORD_SECONDS = Histogram(
    "first_word_seconds",
    "From asking a bot to the first word of its answer.",
    ["bot"],
    buckets=(0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30, 60),
    **_OURS,
)
TURNS_RUNNING = Gauge("turns_running", "Turns that this replica is answering now.", **_OURS)
STREAMS_OPEN = Gauge("streams_open", "Event streams that people have open.", ["channel"], **_OURS)
HTTP_REQUESTS = Counter(
    "http_requests",
    "HTTP requests by route (its pattern, never the path) and status.",
    ["route", "status"],
    **_OURS,
)
REDIS_UNAVAILABLE = Counter(
    "redis_unavailable", "Times that Redis could not be reached or refused.", **_OURS
)
RETRIES = Counter("retries", "Times that a bot was asked again.", ["bot"], **_OURS)
RECOVERIES = Counter(
    "recoveries",
    "Turns taken up after a worker died in the middle: found, kept or asked_again.",
    ["bot", "outcome"],
    **_OURS,
)
LEASES_LOST = Counter(
    "leases_lost",
    "Turns that another worker took over from this one, which had stood still.",
    **_OURS,
)
UNKNOWN_SENDS = Counter(
    "unknown_sends",
    "Parts of answers of which a worker that died left unknown whether they went out.",
    ["channel"],
    **_OURS,
)
UNKNOWN_EVENTS = Counter(
    "bot_unknown_events", "Events of a kind that the bot's adapter does not know.", ["bot"], **_OURS
)
BOT_QUOTA_LEFT = Gauge(
    "bot_quota_left",
    "Questions that a bot's quota has left, as this replica last saw it.",
    ["bot", "period"],
    **_OURS,
)
BOT_WAIT_SECONDS = Histogram(
    "bot_wait_seconds",
    "How long questions wait for their place in a bot's quota.",
    ["bot"],
    buckets=(0, 0.25, 1, 2.5, 5, 10, 20, 30, 60, 120, 300),
    **_OURS,
)
BOT_BREAKER_OPEN = Gauge(
    "bot_breaker_open",
    "1 while a bot is not asked because it keeps failing, else 0.",
    ["bot"],
    **_OURS,
)
DEAD_LETTERS = Counter(
    "dead_letters", "Messages given up on after their last attempt; people were told.", **_OURS
)
FILES = Counter("files", "Files to be kept, by what became of them.", ["outcome"], **_OURS)
FILE_BYTES_RESERVED = Gauge(
    "file_bytes_reserved",
    "Room that all kept files have in the store, as this replica last saw it.",
    **_OURS,
)

HIDDEN = "(hidden)"
PRIVATE = frozenset(
    {
        "answer",
        "api_key",
        "attachments",
        "authorization",
        "body",
        "content",
        "cookie",
        "data",
        "delta",
        "headers",
        "html",
        "inputs",
        "message",
        "messages",
        "password",
        "payload",
        "prompt",
        "query",
        "question",
        "response",
        "secret",
        "text",
        "token",
    }
)
"""Keys whose values are secrets or what people write, wherever in a log line they are."""

_BEARER = re.compile(r"(?i)\b(bearer|authorization\W+basic)\s+[\w.~+/=-]{8,}")
_LOCALS = ExceptionDictTransformer(show_locals=False)

bound = structlog.contextvars.bound_contextvars
"""``with bound(turn=…)``: every log line of this task and its children carries the values."""


def render() -> bytes:
    """All metrics as Prometheus text (``CONTENT_TYPE``)."""
    return generate_latest(REGISTRY)


def configure_logging(level: str, format: str, secrets: Iterable[str]) -> None:  # noqa: A002
    """Send every log line of the process to stderr, one object or one line each.

    ``format`` is ``json``, ``console``, or ``auto``: console on a terminal, else JSON. Libraries
    never log below ``info``: on ``debug`` they print what people write. May be called again.
    """
    console = format == "console" or (format == "auto" and sys.stderr.isatty())
    context: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*context, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    _route_everything(level, _formatter(console, context, secrets))


def _formatter(
    console: bool, context: list[Processor], secrets: Iterable[str]
) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=context,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info
            if console
            else structlog.processors.ExceptionRenderer(_LOCALS),
            structlog.processors.StackInfoRenderer(),
            Redaction(secrets),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
            if console
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _route_everything(level: str, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(number, logging.INFO))
    for ours in ("gateway", "adapters"):
        logging.getLogger(ours).setLevel(number)
    logging.captureWarnings(True)


class Redaction:
    """A structlog processor that leaves nothing in an event that must not be logged."""

    def __init__(self, secrets: Iterable[str]) -> None:
        shapes = {shape for secret in secrets for shape in _shapes(secret)}
        longest_first = sorted(shapes, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first))) if shapes else None
        self._hide: Callable[[str], str] = (
            (lambda text: pattern.sub(HIDDEN, text)) if pattern else lambda text: text
        )

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: self._clean(key, value) for key, value in event.items()}

    def _clean(self, key: str, value: Any) -> Any:
        if key.lower() in PRIVATE and value is not None:
            return HIDDEN
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._text(k): self._clean(str(k), v) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean("", item) for item in value]
        return self._text(value)

    def _text(self, value: Any) -> str:
        # Anything else becomes text here: a renderer's own repr would come after the masking.
        text = value if isinstance(value, str) else repr(value)
        return _BEARER.sub(rf"\1 {HIDDEN}", self._hide(text))


def _shapes(secret: str) -> set[str]:
    """A secret as it is, and as it looks inside an address, a JSON text or a repr."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]} - {""}
