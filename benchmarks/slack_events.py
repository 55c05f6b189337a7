"""Slack's events: how soon they are acknowledged, beside a floor that only verifies them.

``python -m benchmarks.slack_events [--quick]``; README.md says how to read the result.
"""

import argparse
import asyncio
import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import uvloop
import yaml

from benchmarks.child import Child, Failed, cpu_ms
from benchmarks.client import ANSWER_SECONDS, Connection
from benchmarks.machine import Watch
from benchmarks.slack_side import SECRET, signature
from benchmarks.table import Row, render

CROWDS = (1, 20)
PEOPLE = 60
"""Of the workspace; whom the gateway does not know yet it asks Slack about."""
PATH = "/slack/slack/events"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_numbers = itertools.count(1)


class Hook(Connection):
    """A connection on which Slack posts one event after the other."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._rest = b""
        self._status: asyncio.Future[int] | None = None

    async def post(self, path: str, body: bytes) -> float:
        """Post an event; the ms until it was acknowledged. Raises Failed when it was not."""
        at = str(int(time.time()))
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: {signature(at, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._rest = b""
        self._status = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(head.encode() + body)
        async with asyncio.timeout(ANSWER_SECONDS):
            status = await self._status
        if status != 200:
            raise Failed(f"{path}: {status}")
        return 1000 * (time.perf_counter() - began)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._rest += data
        head, end, body = self._rest.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if end and self._status and len(body) >= int(length[1] if length else 0):
            self._status.set_result(int(head.split()[1]))

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        if self._status and not self._status.done():
            self._status.set_exception(Failed(f"connection lost: {error}"))


def event(**inner: str) -> bytes:
    """An event of a message, as Slack sends it; each begins a thread of its own."""
    number = next(_numbers)
    ts = f"1700000000.{number:06d}"
    said = {"type": "app_mention", "channel": "C1", "user": f"U{number % PEOPLE}", "team": "T1"}
    said |= {"text": "<@UBOT> 3 0", "ts": ts, "event_ts": ts, **inner}
    authorizations = [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}]
    envelope = {"type": "event_callback", "token": "t", "team_id": "T1", "api_app_id": "A1"}
    more = {"event_id": f"Ev{number}", "event_time": 1700000000, "authorizations": authorizations}
    return msgspec.json.encode({**envelope, **more, "event": said})


async def post_all(address: str, path: str, bodies: Sequence[bytes], crowd: int) -> list[float]:
    """Post events, so many at a time; the ms until each was acknowledged."""
    waiting = iter(bodies)
    taken: list[float] = []

    async def work() -> None:
        hook = await Hook.open(address)
        for body in waiting:
            taken.append(await hook.post(path, body))
        hook.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(crowd):
            group.create_task(work())
    return taken


async def _gateway(folder: Path, bot: str, slack: str) -> Child:
    config = {
        "server": {"port": 0},
        "redis": {"data_dir": str(folder / "data")},
        "channels": {
            "slack": {
                "kind": "slack",
                "bot_token": "xoxb-benchmark",
                "signing_secret": SECRET.decode(),
                "api_url": f"{slack}/api/",
            }
        },
        "bots": {
            "bot": {"kind": "clickai", "base_url": f"{bot}/slack/v1", "api_key": "app-benchmark"}
        },
        "routes": [{"channel": "slack", "bot": "bot"}],
        "limits": {"messages_per_minute": 0, "conversation_messages_per_minute": 0},
        "logging": {"format": "json"},
    }
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump(config))
    command = (sys.executable, "-m", "gateway", "run", "--config", str(file))
    return await Child.start(folder / "gateway.log", *command)


async def measure(folder: Path, count: int) -> list[Row]:
    """The rows of the table."""
    async with AsyncExitStack() as stack:
        children = [
            await Child.python(folder / "bot.log", "benchmarks.stand_in"),
            await Child.python(folder / "slack.log", "benchmarks.slack_side"),
        ]
        for child in children:
            stack.push_async_callback(child.stop)
        bot, slack = children
        gateway = await _gateway(folder, bot.address, slack.address)
        stack.push_async_callback(gateway.stop)
        await post_all(gateway.address, PATH, [event() for _ in range(20)], 1)
        rows = []
        for crowd in CROWDS:
            rows += await _rows(gateway, slack, crowd, count // (1 if crowd > 1 else 5))
        return rows


async def _rows(gateway: Child, slack: Child, crowd: int, count: int) -> list[Row]:
    bodies = [event() for _ in range(count)]
    others = [event(type="message", bot_id="BOTHER") for _ in range(count)]
    at_a_time = f"{crowd} at a time"
    floor = await post_all(slack.address, "/verify", bodies, crowd)
    ignored = await post_all(gateway.address, PATH, others, crowd)
    before = _cpu(gateway)
    began = time.perf_counter()
    taken = await post_all(gateway.address, PATH, bodies, crowd)
    seconds = time.perf_counter() - began
    cpu = [(now - then) / count for now, then in zip(_cpu(gateway), before, strict=True)]
    return [
        Row(f"event nobody asked for → ack, {at_a_time}, ms", floor, ignored),
        Row(f"message → ack, {at_a_time}, ms", floor, taken, "p99 ≤ 50" if crowd > 1 else "≤ 10"),
        Row(f"messages a second, {at_a_time}", (), [count / seconds]),
        Row(f"CPU per message with its answer, {at_a_time}, ms", (), cpu[:1]),
        Row(f"CPU of its store, {at_a_time}, ms", (), [sum(cpu[1:])]),
    ]


def _cpu(gateway: Child) -> list[float]:
    return [cpu_ms(pid) for pid in (gateway.pid, *gateway.children)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slack_events", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of it")
    count = 200 if parser.parse_args().quick else 1000
    watch = Watch()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = uvloop.run(measure(Path(folder), count))
    except (Failed, TimeoutError, ExceptionGroup) as error:
        print(f"slack_events: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    print(
        f"\n{os.cpu_count()} cores, of which {watch.others:.1f} were busy with something else;"
        f" Python {sys.version.split()[0]}; {watch.seconds:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
