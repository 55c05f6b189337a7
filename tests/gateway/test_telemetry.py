"""Log lines carry what helps and nothing private; metrics stay bounded."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from gateway import telemetry

SECRET = 'app-s3cr3t/ke"y'
log = structlog.get_logger("gateway.somewhere")

Lines = Callable[[], list[dict[str, Any]]]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, ours = logging.getLogger(), [logging.getLogger(n) for n in ("gateway", "adapters")]
    handlers, levels = root.handlers[:], [logger.level for logger in (root, *ours)]
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    for logger, level in zip((root, *ours), levels, strict=True):
        logger.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    stream = StringIO()
    # pytest puts its own stream into the real module between setup and call.
    monkeypatch.setattr(telemetry, "sys", SimpleNamespace(stderr=stream))
    return stream


@pytest.fixture
def lines(stderr: StringIO) -> Lines:
    telemetry.configure_logging("info", "json", [SECRET, "hunter2"])
    return lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_and_event(lines: Lines) -> None:
    log.info("turn sealed", state="done", seconds=0.25)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "turn sealed",
        "level": "info",
        "logger": "gateway.somewhere",
        "state": "done",
        "seconds": 0.25,
    }


def test_lines_of_libraries_look_the_same_and_follow_the_turn(lines: Lines) -> None:
    with telemetry.bound(turn="12"):
        logging.getLogger("aiohttp.server").warning("odd request from %s", "10.0.0.1")
        log.info("inside")
    log.info("outside")
    library, inside, outside = lines()
    assert library["event"] == "odd request from 10.0.0.1"
    assert (library["level"], library["logger"]) == ("warning", "aiohttp.server")
    assert library["turn"] == inside["turn"] == "12"
    assert "turn" not in outside


def test_the_level_is_kept(stderr: StringIO) -> None:
    telemetry.configure_logging("warning", "json", [])
    log.info("quiet")
    logging.getLogger("aiohttp").info("quiet")
    log.warning("loud")
    assert [json.loads(line)["event"] for line in stderr.getvalue().splitlines()] == ["loud"]


def test_debug_is_for_our_own_lines_only(stderr: StringIO) -> None:
    telemetry.configure_logging("debug", "json", [])
    log.debug("ours")
    logging.getLogger("adapters.bots").debug("ours too")
    logging.getLogger("some.library").debug("everything people write")
    assert "ours too" in stderr.getvalue()
    assert "people write" not in stderr.getvalue()
    assert len(stderr.getvalue().splitlines()) == 2


def test_configuring_again_does_not_double_lines(stderr: StringIO) -> None:
    telemetry.configure_logging("info", "json", [])
    telemetry.configure_logging("info", "json", [])
    log.info("once")
    assert len(stderr.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    "leak",
    [
        SECRET,
        f"before{SECRET}after",
        "https://x/?key=app-s3cr3t%2Fke%22y",
        repr({"key": SECRET}),
        json.dumps({"key": SECRET}),
        {"deep": [{"er": SECRET}]},
        (SECRET, 1),
        {SECRET: "as a key"},
        SECRET.encode(),
        ValueError(SECRET),
    ],
)
def test_a_known_secret_is_masked_wherever_it_is(
    lines: Lines, stderr: StringIO, leak: object
) -> None:
    log.info("leaking", detail=leak)
    logging.getLogger("library").warning("leaking %s", leak)
    assert "s3cr3t" not in stderr.getvalue()
    assert all("(hidden)" in json.dumps(line) for line in lines())


def test_longer_secrets_are_masked_before_shorter_ones(stderr: StringIO) -> None:
    telemetry.configure_logging("info", "json", ["abc", "abcdef"])
    log.info("abcdef")
    assert json.loads(stderr.getvalue())["event"] == "(hidden)"


def test_an_empty_secret_masks_nothing(stderr: StringIO) -> None:
    telemetry.configure_logging("info", "json", [""])
    log.info("as it is")
    assert json.loads(stderr.getvalue())["event"] == "as it is"


def test_a_bearer_token_nobody_knows_is_masked(lines: Lines) -> None:
    log.info("refused", header="Authorization: Bearer eyJhbGci.OiJ-IUzI_1", scheme="bearer")
    log.info("Authorization: Basic dXNlcjpwYXNz")
    first, second = lines()
    assert first["header"] == "Authorization: Bearer (hidden)"
    assert first["scheme"] == "bearer"
    assert second["event"] == "Authorization: Basic (hidden)"


@pytest.mark.parametrize("key", ["text", "query", "answer", "body", "payload", "token", "Text"])
def test_what_people_write_is_dropped_by_its_key(lines: Lines, key: str) -> None:
    log.info("got it", **{key: "my diary"}, frame={key: ["my diary"]}, state="fine")
    (line,) = lines()
    assert "diary" not in json.dumps(line)
    assert (line[key], line["frame"], line["state"]) == ("(hidden)", {key: "(hidden)"}, "fine")


def _fail(password: str) -> None:
    raise ConnectionError(f"cannot log in with {password}")


def test_an_exception_is_rendered_once_structured_and_without_locals(
    lines: Lines, stderr: StringIO
) -> None:
    try:
        _fail("hunter2")
    except ConnectionError:
        log.exception("bot failed")
        logging.getLogger("library").exception("library failed")
    ours, library = lines()
    for line in (ours, library):
        (error,) = line["exception"]
        assert error["exc_type"] == "ConnectionError"
        assert error["exc_value"] == "cannot log in with (hidden)"
        assert [frame["name"] for frame in error["frames"]][-1] == "_fail"
        assert "exc_info" not in line
    assert '"locals"' not in stderr.getvalue()
    assert stderr.getvalue().count("cannot log in") == 2


def test_an_exception_given_as_a_value_is_rendered(lines: Lines) -> None:
    log.error("lane failed", exc_info=ValueError("odd"))
    assert lines()[0]["exception"][0]["exc_value"] == "odd"


def test_warnings_are_lines_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
    assert "old ways" in lines()[0]["event"]


def test_auto_is_for_people_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(telemetry, "sys", SimpleNamespace(stderr=terminal))
    telemetry.configure_logging("info", "auto", ["hunter2"])
    try:
        _fail("hunter2")
    except ConnectionError:
        log.exception("bot failed")
    assert not terminal.getvalue().startswith("{")
    assert "bot failed" in terminal.getvalue()
    assert "ConnectionError: cannot log in with (hidden)" in terminal.getvalue()
    assert terminal.getvalue().count("Traceback") == 1


def test_auto_is_json_elsewhere(stderr: StringIO) -> None:
    telemetry.configure_logging("info", "auto", [])
    log.info("xin chào")
    assert json.loads(stderr.getvalue())["event"] == "xin chào"
    assert "xin chào" in stderr.getvalue()


def test_metrics_are_exposed_as_prometheus_text() -> None:
    telemetry.RETRIES.labels("exposed").inc()
    telemetry.TURN_SECONDS.labels("exposed").observe(2)
    families = {f.name: f for f in text_string_to_metric_families(telemetry.render().decode())}
    retries = {s.name: s for s in families["chat_gateway_retries"].samples}
    assert retries["chat_gateway_retries_total"].labels == {"bot": "exposed"}
    assert retries["chat_gateway_retries_total"].value == 1
    sums = [
        s.value
        for s in families["chat_gateway_turn_seconds"].samples
        if s.name.endswith("sum") and s.labels == {"bot": "exposed"}
    ]
    assert sums == [2]


def test_the_metrics_are_these_and_their_labels_are_bounded() -> None:
    described = {
        metric._name: metric._labelnames
        for metric in vars(telemetry).values()
        if hasattr(metric, "_labelnames")
    }
    assert described == {
        "chat_gateway_messages_admitted": ("channel", "status"),
        "chat_gateway_turns": ("channel", "bot", "state"),
        "chat_gateway_turn_seconds": ("bot",),
        "chat_gateway_first_word_seconds": ("bot",),
        "chat_gateway_turns_running": (),
        "chat_gateway_recoveries": ("bot", "outcome"),
        "chat_gateway_unknown_sends": ("channel",),
        "chat_gateway_bot_unknown_events": ("bot",),
        "chat_gateway_bot_quota_left": ("bot", "period"),
        "chat_gateway_bot_wait_seconds": ("bot",),
        "chat_gateway_bot_breaker_open": ("bot",),
        "chat_gateway_files": ("outcome",),
        "chat_gateway_file_bytes_reserved": (),
        "chat_gateway_streams_open": ("channel",),
        "chat_gateway_http_requests": ("route", "status"),
        "chat_gateway_leases_lost": (),
        "chat_gateway_redis_unavailable": (),
        "chat_gateway_retries": ("bot",),
        "chat_gateway_dead_letters": (),
    }
